package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tristore/drivers"
	"tristore/reports/advice"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity"
	"tristore/scenarios/capacity/prepared"
	"tristore/scenarios/road"
	"tristore/suites"
)

// splitName is the lane of the split measurement on the board and in the folder names.
const splitName = "split"

// capacityWords are the words of tristore capacity, beside the common ones.
type capacityWords struct {
	flags
	engine    string
	simulated simulation
	search    searchWords
	operating operatingWords
	outlook   outlookWords
	remedies  remedyWords
	resume    string
	tests     []string
	prepared  string
	dryRun    bool
}

// capacityCommand measures the split, searches the boundary and decides on them; or
// searches the boundary of a simulated cluster.
func capacityCommand(to streams) *cobra.Command {
	var w capacityWords
	c := &cobra.Command{
		Use:   "capacity",
		Short: "Measure what sharing one cluster costs the auth path, at which load it breaks the promise, and when demand gets there",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asked, err := w.simulated.asked(c); err != nil || asked {
				if err != nil {
					return err
				}
				return simulatedCapacity(c.Context(), w.simulated, w.seed, to.out)
			}
			if w.prepared != "" {
				return preparedCapacity(c, &w, to)
			}
			read := w.read
			if w.resume != "" {
				read = w.readResumed
			}
			plan, before, err := read(c)
			if err != nil {
				return err
			}
			if err := plan.readTests(w.tests, before); err != nil {
				return err
			}
			if w.dryRun {
				return dryRun(plan, before, to.out)
			}
			return measureSplit(c.Context(), plan, before, to)
		},
	}
	w.declareCommon(c)
	c.Flags().StringVar(&w.engine, "engine", "postgres:16", "the PostgreSQL major to measure on")
	c.Flags().StringVar(&w.depth, "depth", "smoke", "how long: smoke, nightly, release")
	c.Flags().StringVar(&w.resume, "resume", "", "go on with the saved run of an interrupted or too short search")
	c.Flags().StringSliceVar(&w.tests, "interference", nil, "saved runs of tristore interference on the same, for the verdict to read: RUN,RUN")
	c.Flags().BoolVar(&w.dryRun, "dry-run", false, "print the plan of windows and what it costs in time, and start nothing")
	c.Flags().StringVar(&w.prepared, "prepared", "", "measure deployments whose bottleneck is built in, and tell whether the advice is right: all, or of "+strings.Join(prepared.Names(), ", "))
	w.search.declare(c)
	w.operating.declare(c)
	w.outlook.declare(c)
	w.remedies.declare(c)
	w.simulated.declare(c)
	return c
}

// read turns the words into a plan, or says in one sentence which word is wrong.
func (w *capacityWords) read(c *cobra.Command) (plan Plan, before *result.Split, err error) {
	if err = splittable(w.engine, w.reach); err != nil {
		return plan, nil, err
	}
	outlook, err := w.outlook.read(c, w.seed)
	if err != nil {
		return plan, nil, err
	}
	costs, err := w.remedies.read(c)
	if err != nil {
		return plan, nil, err
	}
	search, err := w.search.read(c, outlook != nil && outlook.Growth != nil || costs != nil)
	if err != nil {
		return plan, nil, err
	}
	if costs != nil {
		search.Remedies = w.remedies.names
	}
	operating, err := w.operating.read(c, capacity.For(scenarios.Smoke, drivers.Engine{}, drivers.Embedded))
	if err != nil {
		return plan, nil, err
	}
	if err = atPeak(&operating, outlook); err != nil {
		return plan, nil, err
	}
	w.engines, w.gate = []string{w.engine}, "supported"
	if plan, err = w.plan(c.Context()); err != nil {
		return plan, nil, err
	}
	if plan.Split == nil {
		return plan, nil, fmt.Errorf("the split is measured on PostgreSQL with --reach embedded or container: asked for %s", w.engine)
	}
	if outlook != nil {
		outlook.Seed = plan.Seed
	}
	plan.Engines, plan.Search, plan.Operating, plan.Outlook, plan.Costs, plan.Words = nil, search, &operating, outlook, costs, wordsOf(c)
	return plan, nil, splitPlan(plan).Check()
}

// atPeak takes the rates that nobody named from the last weeks of a growth file.
func atPeak(at *capacity.Operating, outlook *result.Outlook) error {
	if outlook == nil || outlook.Growth == nil || outlook.Growth.Source != result.GrowthFile {
		return nil
	}
	auth, collections := latestPeak(outlook.Growth)
	if at.AuthRate == 0 {
		at.AuthRate = auth
	}
	switch {
	case at.CollectionsRate == 0 && collections == 0:
		return fmt.Errorf("--growth-file %s has no collections: give --collections-rate, the rate of collections beside %.4g auth requests a second", outlook.Growth.Said, at.AuthRate)
	case at.CollectionsRate == 0:
		at.CollectionsRate = collections
	}
	return nil
}

// wordsOf are the words that a command line gave and that change what is measured or said.
func wordsOf(c *cobra.Command) map[string]string {
	all := map[string]string{}
	c.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "engine", "reach", "depth", "seed", "out", "cache", "resume", "dry-run": // said by themselves, or of this machine
		default:
			all[f.Name] = strings.Trim(f.Value.String(), "[]") // a list is printed in brackets
		}
	})
	return all
}

// capacityCommandLine asks for the same run again.
func capacityCommandLine(p Plan) string {
	line := fmt.Sprintf("tristore capacity --engine %s --reach %s --depth %s --seed %d", p.Split.Engine, p.Split.Reach, p.Depth, p.Seed)
	for _, name := range slices.Sorted(maps.Keys(p.Words)) {
		value := p.Words[name]
		switch {
		case value == "true":
			line += " --" + name
		case strings.ContainsAny(value, " '\"$\\"):
			line += " --" + name + " " + strconv.Quote(value)
		default:
			line += " --" + name + " " + value
		}
	}
	return line
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

// measureSplit runs the one lane and saves its facts, after what was measured before. The
// advice stands in the report; the exit code says whether there was enough to advise on.
func measureSplit(ctx context.Context, plan Plan, before *result.Split, to streams) error {
	run := newRun(kindCapacity, plan)
	run.Command = capacityCommandLine(plan)
	split := splitPlan(plan)
	if err := split.Check(); err != nil {
		return err
	}
	split.Head, split.Seed = plan.head(*plan.Split), plan.Seed
	run.Plan = plan.with(job{name: capacity.PlanName, plan: &split})
	dir, err := makeRunDir(plan.Out, run)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(to.out, "seed %d · run %s · depth %s · split on %s (%s)\n", plan.Seed, run.ID, plan.Depth, plan.Split.Engine, plan.Split.Reach)
	lane := splitLane(plan, run.ID, dir)
	if before != nil {
		lane.order.Before = filepath.Join(dir, "logs", beforeName)
		before.Outlook, before.Tests, before.Costs = plan.Outlook, plan.tests, plan.Costs
		if err := errors.Join(os.Mkdir(lane.order.Before, 0o755), result.Write(lane.order.Before, &result.Run{Schema: result.Schema, Split: before})); err != nil {
			return troubleError{fmt.Errorf("keeping what was measured before: %w", err)}
		}
	}
	// Saved before anything is measured: where this process dies, the run can be resumed.
	run.Split = before
	run.Verdict = splitVerdict(run)
	if err := result.Write(dir, run); err != nil {
		return troubleError{err}
	}
	run.Split = nil
	gather := func(run *result.Run, lane *laneProcess, end error) {
		if gatherSplit(run, lane, end); run.Split != nil {
			run.Split.Outlook, run.Split.Tests, run.Split.Costs = plan.Outlook, plan.tests, plan.Costs
		}
	}
	return alone{run: run, dir: dir, gate: plan.Gate, lane: lane, gather: gather}.carryOut(ctx, to)
}

// beforeName is the folder of what a resumed run had measured before.
const beforeName = "before"

// splitPlan is what the split measurement of a run does.
func splitPlan(plan Plan) capacity.Plan {
	split := capacity.For(plan.Depth, plan.Split.Engine, plan.Split.Reach)
	split.Version = plan.version
	split.Search, split.Outlook, split.Costs = plan.Search, plan.Outlook, plan.Costs
	if plan.Operating != nil {
		split = split.At(*plan.Operating)
	}
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
	return &laneProcess{name: splitName, dir: split.Dir, order: orderOf(splitJob(&split), plan), last: true}
}

// splitJob is the child's half: it waits for a quiet machine, measures and saves.
func splitJob(plan *capacity.Plan) job {
	return job{"split", plan, &plan.Head, func(ctx context.Context, order laneOrder) error {
		if order.Before != "" {
			before, err := result.Read(order.Before)
			if err != nil {
				return troubleError{err}
			}
			plan.Before = before.Split
		}
		plan.Judge = &capacity.Judging{Try: suites.TryRemedied, Refuses: suites.RefusesRemedy, Next: advice.NextRemedy}
		plan.Save = func(split *result.Split) error {
			return result.Write(plan.Dir, &result.Run{Schema: result.Schema, Split: split})
		}
		done, err := plan.Quiet()
		if err != nil {
			return troubleError{err}
		}
		defer done()
		plan.Say(road.Progress{Current: "starting three clusters and loading them"})
		split, err := capacity.Measure(ctx, *plan)
		if split != nil {
			if saveErr := plan.Save(split); saveErr != nil {
				return troubleError{errors.Join(err, saveErr)}
			}
		}
		if err != nil {
			return troubleError{err}
		}
		return nil
	}}
}

// gatherSplit adds the split's facts to the run, or says why there are none.
func gatherSplit(run *result.Run, lane *laneProcess, end error) {
	gatherMeasured(run, lane, end, measured{"split measurement", func(facts *result.Run) *string {
		if run.Split = facts.Split; run.Split == nil {
			return nil
		}
		return &run.Split.Trouble
	}})
}

// splitVerdict: advice that was given passes, whatever it advises. None is inconclusive,
// and so is one from a measurement that was not finished, or whose search did not find
// the boundary: what was asked and is not known is no pass.
func splitVerdict(run *result.Run) result.Verdict {
	given := advice.Of(run.Split)
	verdict := result.Verdict{Sentence: fmt.Sprintf("%s: %s", given.Verdict, given.Sentence)}
	lost := false
	if given.Boundary != "" {
		// Where nothing is needed, no more was asked than that the load to come is kept.
		lost = !advice.Found(run.Split.Boundary) && given.Verdict != advice.NotNeeded
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
