package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"tristore/reports/advice"
	"tristore/reports/result"
	"tristore/scenarios/capacity"
)

// readResumed takes the plan and the facts of a saved run to go on from. Only its time and
// what was told of the future may change: all else is what was measured.
func (w *capacityWords) readResumed(c *cobra.Command) (plan Plan, before *result.Split, err error) {
	free := map[string]bool{"budget": true, "out": true, "cache": true, "search-two": true, "interference": true, "remedies": true, "costs": true,
		"growth": true, "growth-file": true, "observed": true, "horizon": true, "lead-time": true, "headroom": true, "pods": true, "workers": true, "pool-max": true, "max-connections": true}
	words := wordsOf(c)
	for name := range words {
		if !free[name] {
			return plan, nil, fmt.Errorf("--%s is the saved run's own: drop it, or measure anew without --resume", name)
		}
	}
	for _, name := range []string{"engine", "reach", "depth", "seed"} {
		if c.Flags().Changed(name) {
			return plan, nil, fmt.Errorf("--%s is the saved run's own: drop it, or measure anew without --resume", name)
		}
	}
	run, dir, err := savedRun(w.resume)
	if err != nil {
		return plan, nil, err
	}
	if run.Kind != kindCapacity || json.Unmarshal(run.Plan, &plan) != nil || plan.Split == nil {
		return plan, nil, fmt.Errorf("%s is no run of tristore capacity: only such a run can be resumed", w.resume)
	}
	if before = leftBy(run, dir); before == nil {
		return plan, nil, fmt.Errorf("%s holds no window that a search could go on from: measure anew", w.resume)
	}
	if plan.Out, err = filepath.Abs(w.out); err != nil {
		return plan, nil, err
	}
	if plan.Cache, err = filepath.Abs(w.dir); err != nil {
		return plan, nil, err
	}
	if plan.Words == nil {
		plan.Words = map[string]string{}
	}
	maps.Copy(plan.Words, words)
	if err := w.changed(c, &plan); err != nil {
		return plan, nil, err
	}
	if advice.Found(before.Boundary) && (!plan.Search.Two || before.TwoBoundary != nil && before.TwoBoundary.Regular) && advice.NextRemedy(before, plan.Search.Remedies, capacity.RemedyOver) == nil {
		return plan, nil, fmt.Errorf("the search of %s is finished: judge its facts again with tristore judge, or name what it should go on with, such as --search-two or --remedies all", w.resume)
	}
	return plan, before, nil
}

// changed takes over what may differ from the saved run.
func (w *capacityWords) changed(c *cobra.Command, plan *Plan) error {
	outlook, err := w.outlook.read(c, plan.Seed)
	if err != nil {
		return err
	}
	if outlook != nil {
		outlook.Seed, plan.Outlook = plan.Seed, outlook
	}
	if plan.Search == nil {
		return errors.New("the saved run searched no boundary: measure anew with --search")
	}
	if c.Flags().Changed("budget") {
		plan.Search.Budget = w.search.budget
	}
	plan.Search.Two = plan.Search.Two || w.search.two
	return w.moreRemedies(c, plan)
}

// moreRemedies takes over remedies that are to be tried as well, and another table of costs.
func (w *capacityWords) moreRemedies(c *cobra.Command, plan *Plan) error {
	tried := plan.Search.Remedies
	if len(tried) > 0 && len(w.remedies.asked) == 0 {
		if w.remedies.asked = tried; !c.Flags().Changed("costs") {
			return nil
		}
	}
	costs, err := w.remedies.read(c)
	if err != nil || costs == nil {
		return err
	}
	for _, name := range w.remedies.names {
		if !slices.Contains(tried, name) {
			tried = append(tried, name)
		}
	}
	for _, name := range tried {
		if _, told := costs.Of[name]; !told {
			return fmt.Errorf("--costs %s has no row for %s, which the saved run tried", w.remedies.costs, name)
		}
	}
	plan.Search.Remedies, plan.Costs = tried, costs
	return nil
}

// leftBy is what a run measured: its own facts, else those that its lane had saved when
// the whole was killed.
func leftBy(run *result.Run, dir string) *result.Split {
	found := run.Split
	if lane, err := result.Read(filepath.Join(dir, "logs", splitName)); err == nil && lane.Split != nil {
		found = lane.Split
	}
	if found == nil || len(found.Windows) == 0 {
		return nil
	}
	return found
}
