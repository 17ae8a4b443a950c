package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"tristore/scenarios"
	"tristore/scenarios/capacity"
)

// readBounds reads the saved boundary that a certification looks at again. It is of one
// engine and one reach, and nothing of it can be told of another.
func (f *flags) readBounds(_ context.Context, p *Plan) error {
	if f.bounds == "" {
		return nil
	}
	run, _, err := savedRun(f.bounds)
	if err != nil {
		return fmt.Errorf("--bounds: %w", err)
	}
	known, err := capacity.KnownOf(run)
	if err != nil {
		return fmt.Errorf("--bounds: %w", err)
	}
	engine, reach := known.Plan.Engine.String(), string(known.Plan.Reach)
	switch {
	case f.depth == string(scenarios.Smoke):
		return fmt.Errorf("--bounds %s is looked at from --depth nightly on: two loads take about as long as ten of its windows", f.bounds)
	case len(f.engines) > 0 && !slices.Equal(f.engines, []string{engine}):
		return fmt.Errorf("--bounds %s is of %s: give --engines %s, or leave it out", f.bounds, engine, engine)
	case f.reach != "auto" && f.reach != reach:
		return fmt.Errorf("--bounds %s was measured with --reach %s, and --reach %s was asked for", f.bounds, reach, f.reach)
	case f.fault != "":
		return fmt.Errorf("--bounds %s says nothing of a store with a fault: drop --fault %s", f.bounds, f.fault)
	}
	f.engines, f.reach, p.Bounds = []string{engine}, reach, known
	if p.boundsPath, err = filepath.Abs(f.bounds); err != nil {
		return err
	}
	return known.Plan.Check()
}
