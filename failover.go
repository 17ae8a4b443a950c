package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios/failover"
	"tristore/scenarios/judge"
	"tristore/suites"
)

// failoverName is the lane of a drill on the board and in the folder names.
const failoverName = "failover"

// failoverCommand holds what is done about the loss of a primary.
func failoverCommand(to streams) *cobra.Command {
	c := &cobra.Command{Use: "failover", Short: "Lose the primary of a streaming pair while an application writes"}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.Args = func(_ *cobra.Command, words []string) error { return unknownCommand(c, words) }
	c.AddCommand(failoverDrillCommand(to))
	return c
}

// failoverFlags are the words of a drill beside the common ones.
type failoverFlags struct {
	flags
	engine      string
	times       int
	synchronous bool
	faults      []string
}

func failoverDrillCommand(to streams) *cobra.Command {
	var f failoverFlags
	c := &cobra.Command{
		Use:   "drill",
		Short: "Kill the primary, promote its standby, and count until when nobody could write and which acknowledged writes are lost",
		Args: func(_ *cobra.Command, words []string) error {
			if len(words) > 0 {
				return fmt.Errorf("failover drill takes no bare word such as %q: name the engine by --engine postgres:16", words[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			plan, want, err := f.read(c.Context())
			if err != nil {
				return err
			}
			return drillFailover(c.Context(), plan, want, to)
		},
	}
	f.declareCommon(c)
	set := c.Flags()
	set.StringVar(&f.engine, "engine", "postgres:16", "the engine to drill on")
	set.IntVar(&f.times, "times", 1, "how many primaries are lost, one after the other: ten make a distribution")
	set.BoolVar(&f.synchronous, "synchronous", false, "let a commit wait until the standby shows it (synchronous_commit = remote_apply)")
	set.StringSliceVar(&f.faults, "fault", nil, "do something wrong on purpose: standby-detached (with --synchronous), never-promoted; its claim must then fail")
	return c
}

// read turns words into a plan, or says in one sentence which word is wrong.
func (f *failoverFlags) read(ctx context.Context) (plan Plan, want failover.Plan, err error) {
	if f.reach == string(drivers.External) {
		return plan, want, errors.New("failover drill kills servers of its own and never yours: choose --reach embedded")
	}
	if f.reach == string(drivers.Container) {
		return plan, want, errors.New("a standby connects to its primary, and one in a container has no way to it: choose --reach embedded")
	}
	if want.Engine, err = drivers.ParseEngine(f.engine); err != nil {
		return plan, want, err
	}
	want.Times, want.Synchronous = f.times, f.synchronous
	if want.Faults, err = failover.ParseFaults(f.faults); err != nil {
		return plan, want, err
	}
	if err := want.Check(); err != nil {
		return plan, want, err
	}
	f.engines, f.depth, f.gate, f.noSplit, f.reach = []string{f.engine}, "smoke", string(judge.GateSupported), true, string(drivers.Embedded)
	if plan, err = f.plan(ctx); err != nil {
		return plan, want, err
	}
	want.Head, want.Seed = plan.head(plan.Engines[0]), plan.Seed
	return plan, want, nil
}

// drillFailover runs the one lane, saves its facts and judges them.
func drillFailover(ctx context.Context, plan Plan, want failover.Plan, to streams) error {
	one, err := plan.alone(kindFailover, failoverName, failoverJob(&want))
	if err != nil {
		return err
	}
	var faults []string
	for _, fault := range want.Faults {
		faults = append(faults, string(fault))
	}
	one.run.Command, one.run.Fault = failoverLine(plan, want, faults), strings.Join(faults, ",")
	one.gather = failingOver().gather(plan.Engines[0])
	_, _ = fmt.Fprintf(to.out, "seed %d · run %s · %d losses of a primary · %s (%s), %s\n", plan.Seed, one.run.ID, want.Times, want.Engine, want.Reach, standbyWord(want.Synchronous))
	return one.carryOut(ctx, to)
}

func standbyWord(synchronous bool) string {
	if synchronous {
		return "synchronous standby"
	}
	return "asynchronous standby"
}

// failoverLine asks for the same run again.
func failoverLine(plan Plan, want failover.Plan, faults []string) string {
	words := []string{"tristore", "failover", "drill", "--engine", want.Engine.String(), "--times", fmt.Sprint(want.Times), "--seed", fmt.Sprint(plan.Seed)}
	if want.Synchronous {
		words = append(words, "--synchronous")
	}
	words = append(words, given("--fault", strings.Join(faults, ","))...)
	return strings.Join(append(words, plan.reachWords()...), " ")
}

// failoverJob is the child's half: it carries the plan out and saves the facts, whatever came.
func failoverJob(plan *failover.Plan) job {
	return job{"failover", plan, &plan.Head, func(ctx context.Context, _ laneOrder) error {
		facts, err := failover.Drill(ctx, *plan)
		return failingOver().leave(plan.Dir, facts, err)
	}}
}

// failingOver is the operation: its claims, and what their findings say of the losses.
func failingOver() operation {
	return operation{kind: kindFailover, rows: suites.Failovers(), broken: "the loss of a primary does not end as promised",
		kept: func(run *result.Run, _ map[string]result.Finding) string {
			facts := map[string]float64{}
			for _, saw := range run.Observations {
				for fact, value := range saw.Facts {
					facts[fact] = value
				}
			}
			return fmt.Sprintf("%s lost its primary %.0f times: writable again after %.0f ms (median; %.0f at most), %.0f of %.0f acknowledged writes lost",
				run.Engines[0].Title, facts["failovers"], facts["median_ms"], facts["max_ms"], facts["lost"], facts["acknowledged"])
		}}
}
