package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios/judge"
	"tristore/scenarios/replay"
	"tristore/scenarios/trace"
	"tristore/suites"
)

// replayFlags are the words of tristore replay, beside the common ones.
type replayFlags struct {
	flags
	engine, speed string
	promises      []string
	maxFailed     float64
	want          replay.Plan
}

// replayCommand sends a trace to one engine and judges what became of it.
func replayCommand(to streams) *cobra.Command {
	f := replayFlags{want: replay.Default()}
	c := &cobra.Command{
		Use:   "replay TRACE",
		Short: "Send a trace to a PostgreSQL server as it was recorded, read-only unless --writes, and judge latencies from when each statement was due",
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
	set.StringVar(&f.want.Prepare, "prepare", "", "file of SQL to run first in each database of a server that is started here")
	set.IntVar(&f.want.Connections, "connections", f.want.Connections, "connections to each database; when all are busy statements wait, and their wait counts")
	set.DurationVar(&f.want.For, "for", f.want.For, "end of the replay; what is due later is counted and not sent")
	set.BoolVar(&f.want.Writes, "writes", false, "send what changes rows too; by URL only onto a marked sandbox")
	set.StringSliceVar(&f.promises, "slo", nil, "promises on the latency from the due time, such as p50=20ms,p99=200ms (default: none)")
	set.Float64Var(&f.maxFailed, "max-failed", 0.1, "percent of statements sent that may be refused, unknown or never started")
	return c
}

// read turns words into plans, or says in one sentence which word is wrong.
func (f *replayFlags) read(c *cobra.Command, path string) (plan Plan, want replay.Plan, err error) {
	external := f.url != "" || f.urlFile != ""
	switch {
	case external && !c.Flags().Changed("engine"):
		return plan, want, errors.New("a URL does not say its engine's version: give --engine, such as postgres:16")
	case external && f.want.Prepare != "":
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
			return plan, want, fmt.Errorf("--prepare %s cannot be read: name a file of SQL", want.Prepare)
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
	for _, word := range f.promises {
		promise, err := parsePromise(word)
		if err != nil {
			return plan, want, err
		}
		want.Promises = append(want.Promises, promise)
	}
	if want.MaxFailed = f.maxFailed / 100; !(want.MaxFailed >= 0 && want.MaxFailed < 1) {
		return plan, want, fmt.Errorf("--max-failed is a percentage from 0 to below 100; asked for %g", f.maxFailed)
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
	e := plan.Engines[0]
	want.Reach, want.Why, want.Images, want.Cache = e.Reach, e.Why, plan.Images, plan.Cache
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
	run := newRun(kindReplay, plan)
	run.Command = replayCommandLine(plan, want)
	dir, err := makeRunDir(plan.Out, run)
	if err != nil {
		return err
	}
	want.RunID, want.Dir = run.ID, filepath.Join(dir, "logs", replay.Name)
	run.Plan, _ = json.Marshal(struct { // every field encodes
		Plan
		Replay replay.Plan `json:"replay"`
	}{plan, want})
	_, _ = fmt.Fprintf(to.out, "run %s · %d statements of %s on %s (%s) at speed %s\n", run.ID, want.About.Records, want.Trace, want.Engine, want.Reach, speedWord(want.Speed))
	lane := &laneProcess{name: replay.Name, dir: want.Dir, order: laneOrder{Replay: &want, Dir: want.Dir}}
	lane.order.reach(plan)
	return alone{run: run, dir: dir, gate: plan.Gate, lane: lane, gather: gatherReplay}.carryOut(ctx, to)
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
		"--connections", fmt.Sprint(want.Connections), "--for", want.For.String(), "--max-failed", fmt.Sprint(100 * want.MaxFailed)}
	add := func(flag, value string) {
		if value != "" {
			words = append(words, flag, value)
		}
	}
	for _, p := range want.Promises {
		add("--slo", fmt.Sprintf("p%g=%s", p.Percent, time.Duration(p.LimitMs*float64(time.Millisecond))))
	}
	add("--database", want.Database)
	add("--prepare", want.Prepare)
	add("--registry", want.Images.Registry)
	if want.Writes {
		words = append(words, "--writes")
	}
	if !plan.URL.Zero() {
		add("--url-file", "FILE")
		add("--ca-file", plan.CAFile)
		if plan.SelfSigned {
			words = append(words, "--self-signed")
		}
	}
	return strings.Join(words, " ")
}

// runReplay is the child's half: it carries the plan out and saves the facts, whatever came.
func runReplay(ctx context.Context, order laneOrder, line *laneLine, log *slog.Logger) error {
	address, err := order.external()
	if err != nil {
		return err
	}
	plan := *order.Replay
	plan.Log = log
	plan.Tell = func(p replay.Progress) {
		line.tell(suites.Progress{Done: p.Done, Total: p.Total, Current: p.Current, Live: p.Live})
	}
	plan.Quiet = func() (func(), error) { return line.wait(ctx) }
	facts, err := replay.Run(ctx, plan, address)
	return leave(order.Dir, facts, err)
}

// gatherReplay adds the lane's facts to the run. A lane that left none is there all the
// same, with its trouble.
func gatherReplay(run *result.Run, lane *laneProcess, end error) {
	facts, err := result.Read(lane.dir)
	if err != nil || facts.Load == nil || len(facts.Engines) != 1 || facts.ID != run.ID {
		facts = replay.Facts(*lane.order.Replay)
		facts.Engines[0].Trouble = "the lane left no facts"
	} else {
		_ = os.Remove(filepath.Join(lane.dir, result.FileName)) // merged; left behind it would only be read by mistake
	}
	if end != nil && facts.Load.Trouble == "" {
		facts.Load.Trouble = end.Error()
	}
	run.Engines, run.Load, run.Claims, run.NotRun = facts.Engines, facts.Load, judge.LoadClaims(*facts.Load), facts.NotRun
	run.Observations, run.Measurements = facts.Observations, facts.Measurements
	run.Environment.Asked, run.Environment.InForce = facts.Environment.Asked, facts.Environment.InForce
}
