package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/scenarios/judge"
	"tristore/scenarios/replay"
	"tristore/scenarios/trace"
)

// replayFlags are the words of tristore replay, beside the common ones.
type replayFlags struct {
	flags
	termFlags
	engine, speed string
	want          replay.Plan
}

// replayCommand sends a trace to one engine and judges what became of it.
func replayCommand(to streams) *cobra.Command {
	f := replayFlags{want: replay.Default()}
	c := &cobra.Command{
		Use:   "replay TRACE",
		Short: "Send a trace to a server as it was recorded, read-only unless --writes, and judge latencies from when each statement was due",
		Args: func(_ *cobra.Command, words []string) error {
			if len(words) != 1 {
				return errors.New("replay needs one trace: make it with tristore trace import")
			}
			return nil
		},
		RunE: func(c *cobra.Command, words []string) error {
			plan, want, err := f.read(c, words[0])
			if err != nil {
				return err
			}
			return offerReplay(c.Context(), plan, want, to)
		},
	}
	f.declareCommon(c)
	f.declareExternal(c)
	set := c.Flags()
	set.StringVar(&f.engine, "engine", "postgres:16", "the engine to replay on: behind the URL, or to start")
	set.StringVar(&f.speed, "speed", "1", "times the recorded rate, such as 0.5 or 10, or max for as fast as possible")
	set.StringVar(&f.want.Database, "database", "", "send every statement to this database (default: that of the trace)")
	set.StringVar(&f.want.Prepare, "prepare", "", "file of SQL, or of commands in extended JSON one a line for MongoDB, to run first in each database of a server that is started here")
	set.IntVar(&f.want.Connections, "connections", f.want.Connections, "connections to each database; when all are busy statements wait, and their wait counts")
	set.DurationVar(&f.want.For, "for", f.want.For, "end of the replay; what is due later is counted and not sent")
	set.BoolVar(&f.want.Writes, "writes", false, "send what changes rows too; by URL only onto a marked sandbox")
	f.declare(c, nil, "statements sent")
	return c
}

// read turns words into plans, or says in one sentence which word is wrong.
func (f *replayFlags) read(c *cobra.Command, path string) (plan Plan, want replay.Plan, err error) {
	switch {
	case f.unversioned(c):
		return plan, want, errUnversioned
	case f.external() && f.want.Prepare != "":
		return plan, want, errors.New("--prepare is for a server that is started here: drop it, or the URL")
	}
	want = f.want
	if want.Speed, err = parseSpeed(f.speed); err != nil {
		return plan, want, err
	}
	if want.Trace, err = filepath.Abs(path); err != nil {
		return plan, want, err
	}
	if want.Prepare != "" {
		if want.Prepare, err = filepath.Abs(want.Prepare); err != nil {
			return plan, want, err
		}
		if _, err := os.ReadFile(want.Prepare); err != nil {
			return plan, want, fmt.Errorf("--prepare %s cannot be read: name a file of SQL, or of commands of MongoDB", want.Prepare)
		}
	}
	from, err := trace.Open(path)
	if err != nil {
		return plan, want, err
	}
	want.About = from.Summary
	if err := from.Close(); err != nil {
		return plan, want, err
	}
	if err := f.into(&want.Terms); err != nil {
		return plan, want, err
	}
	f.engines, f.depth, f.gate, f.noSplit = []string{f.engine}, "smoke", string(judge.GateAll), true
	if want.Engine, err = drivers.ParseEngine(f.engine); err != nil {
		return plan, want, err
	}
	if err := want.Check(); err != nil {
		return plan, want, err
	}
	if plan, err = f.plan(c.Context()); err != nil {
		return plan, want, err
	}
	want.Head = plan.head(plan.Engines[0])
	return plan, want, nil
}

// parseSpeed reads a number of times, or max, which is zero.
func parseSpeed(word string) (float64, error) {
	if word == "max" {
		return 0, nil
	}
	speed, err := strconv.ParseFloat(word, 64)
	if err != nil || !(speed > 0) {
		return 0, fmt.Errorf("--speed %s is no speed: write how many times faster than recorded, such as 1 or 2.5, or max", word)
	}
	return speed, nil
}

// offerReplay runs the one lane, saves its facts and judges them.
func offerReplay(ctx context.Context, plan Plan, want replay.Plan, to streams) error {
	one, err := plan.alone(kindReplay, replay.Name, replayJob(&want))
	if err != nil {
		return err
	}
	one.run.Command, one.gather = replayCommandLine(plan, want), gatherOffered(replay.Facts(want))
	_, _ = fmt.Fprintf(to.out, "run %s · %d statements of %s on %s (%s) at speed %s\n", one.run.ID, want.About.Records, want.Trace, want.Engine, want.Reach, speedWord(want.Speed))
	return one.carryOut(ctx, to)
}

func speedWord(speed float64) string {
	if speed == 0 {
		return "max"
	}
	return strconv.FormatFloat(speed, 'g', -1, 64)
}

// replayCommandLine asks for the same run again.
func replayCommandLine(plan Plan, want replay.Plan) string {
	words := []string{"tristore", "replay", want.Trace, "--engine", want.Engine.String(), "--reach", string(want.Reach), "--speed", speedWord(want.Speed),
		"--connections", fmt.Sprint(want.Connections), "--for", want.For.String()}
	words = append(words, termWords(want.Terms)...)
	words = append(words, given("--database", want.Database, "--prepare", want.Prepare)...)
	if want.Writes {
		words = append(words, "--writes")
	}
	return strings.Join(append(words, plan.reachWords()...), " ")
}

// replayJob is the child's half: it carries the plan out and saves the facts, whatever came.
func replayJob(plan *replay.Plan) job {
	return job{"replay", plan, &plan.Head, func(ctx context.Context, order laneOrder) error {
		address, err := order.external()
		if err != nil {
			return err
		}
		facts, err := replay.Run(ctx, *plan, address)
		return leave(plan.Dir, facts, err)
	}}
}
