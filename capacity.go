package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/reports/advice"
	"tristore/reports/result"
	"tristore/scenarios/capacity"
	"tristore/scenarios/road"
)

// splitName is the lane of the split measurement on the board and in the folder names.
const splitName = "split"

// capacityCommand makes the split measurement alone, or searches the boundary of a
// simulated cluster.
func capacityCommand(to streams) *cobra.Command {
	var f flags
	var engine string
	var simulated simulation
	var searched searchWords
	c := &cobra.Command{
		Use:   "capacity",
		Short: "Measure what sharing one cluster costs the auth path, and what a second cluster of the same total hardware gives",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asked, err := simulated.asked(c); err != nil || asked {
				if err != nil {
					return err
				}
				return simulatedCapacity(c.Context(), simulated, f.seed, to.out)
			}
			if err := splittable(engine, f.reach); err != nil {
				return err
			}
			search, err := searched.read(c)
			if err != nil {
				return err
			}
			f.engines, f.gate = []string{engine}, "supported"
			plan, err := f.plan(c.Context())
			if err != nil {
				return err
			}
			if plan.Split == nil {
				return fmt.Errorf("the split is measured on PostgreSQL with --reach embedded or container: asked for %s", engine)
			}
			plan.Engines, plan.Search = nil, search
			return measureSplit(c.Context(), plan, to)
		},
	}
	f.declareCommon(c)
	c.Flags().StringVar(&engine, "engine", "postgres:16", "the PostgreSQL major to measure on")
	c.Flags().StringVar(&f.depth, "depth", "smoke", "how long: smoke, nightly, release")
	searched.declare(c)
	simulated.declare(c)
	return c
}

// splittable refuses what could not be measured, before anything is looked for.
func splittable(word, reach string) error {
	if reach == string(drivers.External) {
		return fmt.Errorf("the split divides the cores and the memory of its clusters: choose --reach embedded or container")
	}
	engine, err := drivers.ParseEngine(word)
	if err == nil && engine.Product != drivers.Postgres {
		err = fmt.Errorf("the split is measured on PostgreSQL, and %s was asked for: name a major such as postgres:16", engine.Title())
	}
	return err
}

// measureSplit runs the one lane and saves its facts. The advice stands in the report;
// the exit code says whether there was enough to advise on.
func measureSplit(ctx context.Context, plan Plan, to streams) error {
	run := newRun(kindCapacity, plan)
	run.Command = fmt.Sprintf("tristore capacity --engine %s --reach %s --depth %s --seed %d%s", plan.Split.Engine, plan.Split.Reach, plan.Depth, plan.Seed, repeats(plan.Search))
	if err := splitPlan(plan).Check(); err != nil {
		return err
	}
	dir, err := makeRunDir(plan.Out, run)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(to.out, "seed %d · run %s · depth %s · split on %s (%s)\n", plan.Seed, run.ID, plan.Depth, plan.Split.Engine, plan.Split.Reach)
	lane := splitLane(plan, run.ID, dir)
	return alone{run: run, dir: dir, gate: plan.Gate, lane: lane, gather: gatherSplit}.carryOut(ctx, to)
}

// splitPlan is what the split measurement of a run does.
func splitPlan(plan Plan) capacity.Plan {
	split := capacity.For(plan.Depth, plan.Split.Engine, plan.Split.Reach)
	split.Search = plan.Search
	if plan.Search != nil && plan.Search.Quantile == "p99" {
		split.SLO.AuthP99Ms = plan.Search.LimitMs // one promise for the cells and the search
	}
	return split
}

// splitLane is the lane of the split measurement, which starts when all others have ended.
func splitLane(plan Plan, id, dir string) *laneProcess {
	split := splitPlan(plan)
	split.Head, split.Seed = plan.head(*plan.Split), plan.Seed
	split.RunID, split.Dir = id, filepath.Join(dir, "logs", splitName)
	return &laneProcess{name: splitName, dir: split.Dir, order: laneOrder{Split: &split}, last: true}
}

// runSplit is the child's half: it waits for a quiet machine, measures and saves.
func runSplit(ctx context.Context, order laneOrder) error {
	plan := *order.Split
	done, err := plan.Quiet()
	if err != nil {
		return troubleError{err}
	}
	defer done()
	plan.Say(road.Progress{Current: "starting three clusters and loading them"})
	split, err := capacity.Measure(ctx, plan)
	if split != nil {
		if saveErr := result.Write(plan.Dir, &result.Run{Schema: result.Schema, Split: split}); saveErr != nil {
			return troubleError{errors.Join(err, saveErr)}
		}
	}
	if err != nil {
		return troubleError{err}
	}
	return nil
}

// gatherSplit adds the split's facts to the run, or says why there are none.
func gatherSplit(run *result.Run, lane *laneProcess, end error) {
	facts, err := result.Read(lane.dir)
	if err == nil && facts.Split != nil {
		run.Split = facts.Split
		if end != nil && run.Split.Trouble == "" {
			run.Split.Trouble = end.Error()
		}
		_ = os.Remove(filepath.Join(lane.dir, result.FileName)) // merged
		return
	}
	why := "it left no facts"
	if end != nil {
		why = end.Error()
	}
	run.NotRun = append(run.NotRun, result.NotRun{What: "split measurement", Why: why})
}

// splitVerdict: advice that was given passes, whatever it advises. None is inconclusive,
// and so is one from a measurement that was not finished, or whose search did not find
// the boundary: what was asked and is not known is no pass.
func splitVerdict(run *result.Run) result.Verdict {
	given := advice.Of(run.Split)
	verdict := result.Verdict{Sentence: fmt.Sprintf("%s: %s", given.Verdict, given.Sentence)}
	lost := false
	if given.Boundary != "" {
		lost = !advice.Found(run.Split.Boundary)
		verdict.Sentence += " " + given.Boundary
	}
	why := run.Interrupted
	if why == "" && run.Split != nil {
		why = run.Split.Trouble
	}
	switch {
	case given.Verdict == advice.Inconclusive && run.Interrupted == "": // says itself why
	case why != "":
		verdict.Sentence = fmt.Sprintf("INCONCLUSIVE: not finished (%s); from the windows until then: %s", why, verdict.Sentence)
	case lost:
		verdict.Sentence = "INCONCLUSIVE: the boundary was not found; " + verdict.Sentence
	default:
		verdict.Status = result.Pass
	}
	return verdict
}
