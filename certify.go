package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers/deployment"
	"tristore/reports/render"
	"tristore/reports/result"
	"tristore/scenarios/judge"
	"tristore/suites"
)

func certifyCommand(to streams) *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "certify",
		Short: "Try every claim on every engine, judge what was seen, and write the report",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			plan, err := f.plan(c.Context())
			if err != nil {
				return err
			}
			if err := plan.checkMigrations(); err != nil {
				return err
			}
			return certify(c.Context(), plan, to)
		},
	}
	f.declareCertify(c)
	return c
}

// checkMigrations reads the user's own schema folder before anything is started.
func (p Plan) checkMigrations() error {
	if p.Migrations == "" {
		return nil
	}
	for _, e := range p.Engines {
		if family := e.Engine.Family(); family != p.Engines[0].Engine.Family() {
			return fmt.Errorf("--migrations %s holds files of one engine family, but %s and %s are of two: name engines of one with --engines", p.Migrations, p.Engines[0].Engine, e.Engine)
		}
	}
	if err := deployment.CheckMigrations(os.DirFS(p.Migrations), p.Engines[0].Engine.Family()); err != nil {
		return fmt.Errorf("--migrations %s: %w", p.Migrations, err)
	}
	return nil
}

// certify is the whole road of one certification: lanes, facts, findings, pages.
func certify(ctx context.Context, plan Plan, to streams) error {
	run := newRun(kindCertify, plan)
	dir, err := makeRunDir(plan.Out, run)
	if err != nil {
		return err
	}
	plan.print(to.out, run.ID)
	run.NotRun = notRun(plan)
	lanes := lanesOf(plan, run.ID, dir)
	board := newLaneBoard(lanes, to.out)
	all := &fleet{slots: plan.Lanes, lanes: lanes, show: board}
	all.run(ctx)
	board.close()

	run.Ended = time.Now().UTC()
	if ctx.Err() != nil {
		run.Interrupted = "stopped by a signal"
	}
	for i, lane := range lanes {
		var unmet unmetError
		if errors.As(all.ends[i], &unmet) {
			return errors.Join(all.ends[i], os.RemoveAll(dir))
		}
		gather(run, lane, all.ends[i])
	}
	judgeRun(run, plan.Gate)
	if err := render.Write(dir, run); err != nil {
		return troubleError{fmt.Errorf("writing the report: %w", err)}
	}
	return conclude(run, dir, to)
}

// sameIDs bounds how many runs of one kind and seed may begin in one second.
const sameIDs = 100

// makeRunDir makes the run's own folder with its logs below. Of two runs whose ids are
// the same, the later one gets another id: they must not read each other's facts.
func makeRunDir(out string, run *result.Run) (string, error) {
	id, err := run.ID, os.MkdirAll(out, 0o755)
	for n := 2; err == nil; n++ {
		dir := filepath.Join(out, run.ID)
		if err = os.Mkdir(dir, 0o755); err == nil {
			if err = os.Mkdir(filepath.Join(dir, "logs"), 0o755); err == nil {
				return dir, nil
			}
		} else if errors.Is(err, os.ErrExist) && n < sameIDs {
			run.ID, err = fmt.Sprintf("%s-%d", id, n), nil
		}
	}
	return "", fmt.Errorf("the report's folder %s cannot be made; name another with --out: %w", filepath.Join(out, run.ID), err)
}

// newRun begins the facts of one invocation. Its id sorts by time; makeRunDir makes it
// this run's alone.
func newRun(kind string, plan Plan) *result.Run {
	now := time.Now().UTC()
	return &result.Run{
		Schema: result.Schema, ID: fmt.Sprintf("%s-%s-%08x", now.Format("20060102-150405"), kind, uint32(plan.Seed)), Kind: kind,
		Seed: plan.Seed, Command: repeatCommand(plan), Fault: plan.Fault, Tool: result.Tool{Version: version(), Go: runtime.Version()}, Began: now, Plan: plan.raw(),
		Environment: result.Environment{
			Host:  hostFacts(),
			Asked: map[string]map[string]string{}, InForce: map[string]map[string]string{},
		},
	}
}

// repeatCommand is the command line that asks for the same run again; the external
// cluster's URL is left to a file, since it holds a password.
func repeatCommand(p Plan) string {
	words := []string{"tristore", "certify", "--seed", fmt.Sprint(p.Seed), "--depth", string(p.Depth)}
	var engines []string
	for _, e := range p.Engines {
		engines = append(engines, e.Engine.String())
	}
	words = append(words, given("--engines", strings.Join(engines, ","))...)
	if len(p.Engines) > 0 {
		words = append(words, "--reach", string(commonReach(p.Engines)))
	}
	words = append(words, given("--claims", strings.Join(p.Claims, ","), "--fault", p.Fault, "--migrations", p.Migrations, "--bounds", p.boundsPath)...)
	if p.Gate == judge.GateAll {
		words = append(words, "--gate", string(p.Gate))
	}
	if p.Split == nil {
		words = append(words, "--no-split")
	}
	return strings.Join(append(words, p.reachWords()...), " ")
}

// reachWords ask for the same images, or the same external cluster, again.
func (p Plan) reachWords() []string {
	words := given("--registry", p.Images.Registry)
	if p.URL.Zero() {
		return words
	}
	words = append(words, given("--url-file", "FILE", "--ca-file", p.CAFile)...)
	if p.SelfSigned {
		words = append(words, "--self-signed")
	}
	return words
}

// given are the options, in pairs of name and value, that have one.
func given(pairs ...string) (words []string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			words = append(words, pairs[i:i+2]...)
		}
	}
	return words
}

// lanesOf makes one lane per engine, and the split measurement as the last.
func lanesOf(plan Plan, id, dir string) []*laneProcess {
	var lanes []*laneProcess
	for _, e := range plan.Engines {
		at := filepath.Join(dir, "logs", strings.ReplaceAll(e.Engine.String(), ":", "-"))
		specs := &suites.LanePlan{Head: plan.head(e), Depth: plan.Depth, Claims: plan.Claims, Fault: plan.Fault, Seed: plan.Seed, Migrations: plan.Migrations, Bounds: plan.Bounds}
		specs.RunID, specs.Dir = id, at
		lanes = append(lanes, &laneProcess{name: e.Engine.String(), dir: at, order: orderOf(specsJob(specs), plan)})
	}
	if plan.Split != nil {
		lanes = append(lanes, splitLane(plan, id, dir))
	}
	return lanes
}

// gather adds a lane's facts to the run. A lane that left none, or ended badly, is
// there all the same, with its trouble, so that its claims are INCONCLUSIVE.
func gather(run *result.Run, lane *laneProcess, end error) {
	plan, is := lane.order.Plan.(*suites.LanePlan)
	if !is {
		gatherSplit(run, lane, end)
		return
	}
	facts, err := result.Read(lane.dir)
	if err != nil || len(facts.Engines) != 1 || facts.Engines[0].Engine != plan.Engine.String() {
		facts = &result.Run{Engines: []result.Engine{{Engine: plan.Engine.String(), Title: plan.Engine.Title(), Reach: string(plan.Reach), Why: plan.Why,
			StandIn: plan.Engine.Support().StandIn, Trouble: "the lane left no facts"}}}
		rows, _ := suites.Select(plan.Depth, plan.Claims, plan.Beside()...) // read once already
		for _, row := range rows {
			facts.Claims = append(facts.Claims, row.Claim)
		}
	}
	for i := range facts.Engines {
		if end != nil && facts.Engines[i].Trouble == "" {
			facts.Engines[i].Trouble = end.Error()
		}
		run.Engines = append(run.Engines, facts.Engines[i])
	}
	if len(run.Claims) == 0 {
		run.Claims = facts.Claims
	}
	run.Observations = append(run.Observations, facts.Observations...)
	run.Measurements = append(run.Measurements, facts.Measurements...)
	for engine, settings := range facts.Environment.Asked {
		run.Environment.Asked[engine] = settings
	}
	for engine, settings := range facts.Environment.InForce {
		run.Environment.InForce[engine] = settings
	}
	_ = os.Remove(filepath.Join(lane.dir, result.FileName)) // merged; left behind it would only be read by mistake
}
