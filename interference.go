package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tristore/reports/effect"
	"tristore/reports/result"
	"tristore/scenarios/capacity/arms"
	"tristore/scenarios/judge"
	"tristore/scenarios/road"
)

// interferenceName is the lane of an interference test on the board and in the folder names.
const interferenceName = "interference"

// interferenceCommand asks whether collections slow the auth path, and through what.
func interferenceCommand(to streams) *cobra.Command {
	var f flags
	var engine, prepared string
	var blocks int
	var operating operatingWords
	c := &cobra.Command{
		Use:   "interference dose|growth|causes",
		Short: "Test whether the auth path gets slower with more collections (dose) or more data (growth) beside it, and which intervention takes that away (causes)",
		Args: func(_ *cobra.Command, words []string) error {
			if len(words) != 1 {
				return errors.New("interference needs one test: tristore interference dose, growth or causes")
			}
			return nil
		},
		RunE: func(c *cobra.Command, words []string) error {
			if err := splittable(engine, f.reach); err != nil {
				return err
			}
			f.engines, f.gate, f.noSplit = []string{engine}, string(judge.GateAll), true
			plan, err := f.plan(c.Context())
			if err != nil {
				return err
			}
			want := arms.For(plan.Depth, result.Test(words[0]), prepared)
			want.Head, want.Seed = plan.head(plan.Engines[0]), plan.Seed
			if c.Flags().Changed("blocks") {
				want.Blocks = blocks
			}
			at, err := operating.read(c, want.Plan)
			if err != nil {
				return err
			}
			want.Plan, plan.Words = want.At(at), operating.words(c)
			if err := want.Check(); err != nil {
				return err
			}
			return testInterference(c.Context(), plan, want, to)
		},
	}
	f.declareCommon(c)
	c.Flags().StringVar(&engine, "engine", "postgres:16", "the PostgreSQL major to measure on")
	c.Flags().StringVar(&f.depth, "depth", "smoke", "how long: smoke, nightly, release")
	c.Flags().IntVar(&blocks, "blocks", 0, "blocks in which each arm is measured once (default: as many as the intervals need)")
	operating.declare(c)
	c.Flags().StringVar(&prepared, "prepared", "", "build a known bottleneck in, to see whether it is found: "+strings.Join(arms.Prepared(), ", "))
	return c
}

// testInterference runs the one lane, saves its facts and answers.
func testInterference(ctx context.Context, plan Plan, want arms.Plan, to streams) error {
	one, err := plan.alone(kindInterference, interferenceName, interferenceJob(&want))
	if err != nil {
		return err
	}
	words := append([]string{"tristore", "interference", string(want.Test), "--engine", want.Engine.String(), "--depth", string(plan.Depth), "--seed", fmt.Sprint(plan.Seed), "--blocks", fmt.Sprint(want.Blocks)},
		given("--prepared", want.Prepared)...)
	for _, name := range slices.Sorted(maps.Keys(plan.Words)) {
		words = append(words, "--"+name, plan.Words[name])
	}
	one.run.Command, one.gather = strings.Join(append(words, plan.reachWords()...), " "), gatherInterference
	_, _ = fmt.Fprintf(to.out, "seed %d · run %s · %s test on %s (%s), auth %g/s beside collections %g/s, %d blocks\n", plan.Seed, one.run.ID, want.Test, want.Engine, want.Reach, want.AuthRate, want.CollectionsRate, want.Blocks)
	return one.carryOut(ctx, to)
}

// interferenceJob is the child's half: it waits for a quiet machine, measures and saves.
func interferenceJob(plan *arms.Plan) job {
	return job{"interference", plan, &plan.Head, func(ctx context.Context, order laneOrder) error {
		done, err := plan.Quiet()
		if err != nil {
			return troubleError{err}
		}
		defer done()
		plan.Say(road.Progress{Current: "starting what is measured, and loading it"})
		facts, err := arms.Measure(ctx, *plan)
		if facts == nil {
			return troubleError{err}
		}
		return leave(plan.Dir, &result.Run{Schema: result.Schema, Interference: facts}, err)
	}}
}

// gatherInterference adds the test's facts to the run, or says why there are none.
func gatherInterference(run *result.Run, lane *laneProcess, end error) {
	gatherMeasured(run, lane, end, measured{"interference test", func(facts *result.Run) *string {
		if run.Interference = facts.Interference; run.Interference == nil {
			return nil
		}
		run.NotRun = run.Interference.NotRun
		return &run.Interference.Trouble
	}})
}

// interferenceVerdict: an answer that was found passes, whatever it says; none is inconclusive,
// and so is one from a test that was not finished.
func interferenceVerdict(run *result.Run) result.Verdict {
	answer := effect.Of(run.Interference)
	verdict := result.Verdict{Sentence: fmt.Sprintf("%s: %s", answer.Verdict, answer.Sentence)}
	why := run.Interrupted
	if why == "" && run.Interference != nil {
		why = run.Interference.Trouble
	}
	switch {
	case why != "":
		verdict.Sentence = fmt.Sprintf("INCONCLUSIVE: not finished (%s); from the windows until then: %s", why, verdict.Sentence)
	case answer.Decided:
		verdict.Status = result.Pass
	}
	if run.Interference != nil && run.Interference.Prepared != "" {
		verdict.Sentence += "; the bottleneck " + run.Interference.Prepared + " was built in on purpose"
	}
	return verdict
}
