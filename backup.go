package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/reports/recovery"
	"tristore/reports/result"
	"tristore/scenarios/backup/drill"
	"tristore/scenarios/judge"
	"tristore/suites"
)

// drillName is the lane of a drill on the board and in the folder names.
const drillName = "drill"

// backupCommand holds what is tried of the documented backup as a whole.
func backupCommand(to streams) *cobra.Command {
	c := &cobra.Command{Use: "backup", Short: "Lose three filled stores and get them back, timed and counted"}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.Args = func(_ *cobra.Command, words []string) error { return unknownCommand(c, words) }
	c.AddCommand(drillCommand(to))
	return c
}

// drillFlags are the words of tristore backup drill, beside the common ones.
type drillFlags struct {
	flags
	engine, under, order, size, planned string
	format                              string
	jobs                                int
	sizes                               []string
	rounds                              int
	rate, writes                        float64
	compare                             bool
	every                               time.Duration
	own                                 ownFlags
}

func drillCommand(to streams) *cobra.Command {
	var f drillFlags
	c := &cobra.Command{
		Use:   "drill",
		Short: "Fill the stores, dump them, restore them into an empty cluster, and count what is lost and how long it takes until a request is served",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			plan, want, err := f.read(c)
			if err != nil {
				return err
			}
			return holdDrill(c.Context(), plan, want, to)
		},
	}
	f.declareCommon(c)
	f.declareExternal(c)
	set := c.Flags()
	set.StringVar(&f.engine, "engine", "postgres:16", "the engine to drill on")
	set.StringVar(&f.size, "size", "", "bytes of the three stores on disk, such as 64MiB (default: 64MiB, and 4MiB on FerretDB)")
	set.StringSliceVar(&f.sizes, "sizes", nil, "several sizes, such as 64MiB,256MiB,1GiB: the curve says at which one hour is exceeded; three at least for an answer")
	set.IntVar(&f.rounds, "rounds", 0, "losses of each size (default: 1, and 2 with --sizes)")
	set.StringVar(&f.planned, "planned-size", "", "the size that the promised hour is to hold for, such as 20GiB (default: the largest that is drilled)")
	set.StringVar(&f.under, "load", string(drill.Idle), "what goes on while dumps are taken: idle, auth, collections, both")
	set.Float64Var(&f.rate, "rate", 50, "arrivals per second of each workload")
	set.Float64Var(&f.writes, "writes", 20, "sign-ups per second of the ledger, each with a workspace and a binding")
	set.StringVar(&f.order, "order", "users,permissions,collections", "in which order the stores are dumped; together: at one moment (PostgreSQL)")
	set.StringVar(&f.format, "format", "", "how dumps are written: custom (default), directory, plain; on MongoDB-compatible engines archive, compressed")
	set.IntVar(&f.jobs, "jobs", 0, "jobs of pg_dump and pg_restore, for --format directory")
	set.BoolVar(&f.compare, "compare-orders", false, "take dumps in other orders as well, and tell which leaves the fewest dangling references")
	set.DurationVar(&f.every, "every", 0, "how often dumps are to be taken: then the promised five minutes are judged for it")
	f.own.declare(c, &f.flags)
	return c
}

// read turns words into plans, or says in one sentence which word is wrong.
func (f *drillFlags) read(c *cobra.Command) (plan Plan, want drill.Plan, err error) {
	changed := c.Flags().Changed
	own, err := f.owns(c)
	switch {
	case err != nil:
		return plan, want, err
	case f.unversioned(c):
		return plan, want, errUnversioned
	case changed("size") && changed("sizes"):
		return plan, want, errors.New("--size and --sizes are two ways to say one thing: keep one")
	case changed("compare-orders") && !own && f.under == string(drill.Idle):
		return plan, want, errors.New("idle stores fit together in every order: compare orders under a load, such as --load both")
	case changed("rate") && f.under == string(drill.Idle), changed("writes") && f.under == string(drill.Idle):
		return plan, want, errors.New("--rate and --writes are of a load: give --load auth, collections or both, or drop them")
	case changed("jobs") && f.jobs < 1:
		return plan, want, fmt.Errorf("--jobs is a number from 1 on; asked for %d", f.jobs)
	case changed("every") && f.every < time.Second:
		return plan, want, fmt.Errorf("--every is a time from a second on; asked for %s", f.every)
	}
	f.engines, f.depth, f.gate, f.noSplit = []string{f.engine}, "smoke", string(judge.GateAll), true
	if want.Engine, err = drivers.ParseEngine(f.engine); err != nil {
		return plan, want, err
	}
	want.Under, want.Rate, want.Writes, want.Order, want.Compare, want.Every = drill.Under(f.under), f.rate, f.writes, drill.Order(f.order), f.compare, f.every
	want.Format, want.Jobs = backup.Format(f.format), f.jobs
	if err := f.readSizes(&want, own); err != nil {
		return plan, want, err
	}
	if own {
		if want.Own, err = f.own.read(want.Engine); err != nil {
			return plan, want, err
		}
		want.Under = drill.Theirs
	}
	if err := want.Check(); err != nil {
		return plan, want, err
	}
	if plan, err = f.plan(c.Context()); err != nil {
		return plan, want, err
	}
	if own {
		if err := f.own.place(c.Context(), plan, want.Own); err != nil {
			return plan, want, err
		}
	}
	want.Head, want.Seed = plan.head(plan.Engines[0]), plan.Seed
	want.Keep = f.seed != 0 // a set of a seed that was drawn is not met again
	want.Past = pastDrills(plan.Out, want)
	return plan, want, nil
}

func (f *drillFlags) readSizes(want *drill.Plan, own bool) error {
	words, rounds := f.sizes, f.rounds
	switch {
	case len(words) > 0 && rounds == 0:
		rounds = 2
	case rounds == 0:
		rounds = 1
	}
	if len(words) == 0 {
		if words = []string{f.size}; f.size == "" {
			words = []string{map[bool]string{true: "64MiB", false: "4MiB"}[want.Engine.Family() == drivers.FamilyPostgres]}
		}
	}
	want.Rounds = rounds
	if own {
		words = nil // theirs are as they are
	}
	for _, word := range words {
		size, err := parseBytes(word)
		if err != nil {
			return err
		}
		if slices.Contains(want.Sizes, size) {
			return fmt.Errorf("size %s is named twice: give --rounds for more losses of one size", word)
		}
		want.Sizes = append(want.Sizes, size)
	}
	if f.planned == "" {
		return nil
	}
	var err error
	want.Planned, err = parseBytes(f.planned)
	return err
}

// parseBytes reads a size such as 64MiB.
func parseBytes(word string) (int64, error) {
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		number, is := strings.CutSuffix(word, unit)
		value, err := strconv.ParseFloat(number, 64)
		if is && err == nil && value > 0 && value < 1<<20 {
			return int64(value * float64(int64(1)<<(10*(i+1)))), nil
		}
	}
	return 0, fmt.Errorf("size %q is none: write a number and KiB, MiB, GiB or TiB, such as 64MiB", word)
}

// holdDrill runs the one lane, saves its facts and judges them.
func holdDrill(ctx context.Context, plan Plan, want drill.Plan, to streams) error {
	one, err := plan.alone(kindDrill, drillName, drillJob(&want))
	if err != nil {
		return err
	}
	one.run.Command, one.run.Drill = drillLine(plan, want), drill.Facts(want).Drill
	one.gather = drilling(one.run.Drill).gather(plan.Engines[0])
	var sizes []string
	for _, size := range want.Sizes {
		sizes = append(sizes, drill.Bytes(size))
	}
	if want.Own != nil {
		_, _ = fmt.Fprintf(to.out, "run %s · your databases at %s (%s), only read, as %s; into a throwaway %s (%s), dumps %s\n", one.run.ID, want.Own.At, want.Engine, plan.URL.User(), want.Own.Into, want.Own.Reach, want.Order)
	} else {
		_, _ = fmt.Fprintf(to.out, "seed %d · run %s · %s (%s), %s, %s, dumps %s\n", plan.Seed, one.run.ID, want.Engine, want.Reach, strings.Join(sizes, ", "), want.Under, want.Order)
	}
	return one.carryOut(ctx, to)
}

// drillLine asks for the same run again.
func drillLine(plan Plan, want drill.Plan) string {
	words := []string{"tristore", "backup", "drill", "--engine", want.Engine.String()}
	if want.Own != nil {
		words = append(words, ownWords(want.Own)...)
	} else {
		words = append(words, filledWords(want)...)
	}
	words = append(words, "--rounds", fmt.Sprint(want.Rounds), "--order", string(want.Order))
	words = append(words, given("--format", string(want.Format))...)
	if want.Jobs > 0 {
		words = append(words, "--jobs", fmt.Sprint(want.Jobs))
	}
	if want.Compare {
		words = append(words, "--compare-orders")
	}
	if want.Every > 0 {
		words = append(words, "--every", want.Every.String())
	}
	if want.Planned > 0 {
		words = append(words, "--planned-size", kibi(want.Planned))
	}
	return strings.Join(append(words, plan.reachWords()...), " ")
}

// filledWords ask for the same stores of ours, and for the same load.
func filledWords(want drill.Plan) []string {
	var sizes []string
	for _, size := range want.Sizes {
		sizes = append(sizes, kibi(size))
	}
	words := []string{"--reach", string(want.Reach), "--seed", fmt.Sprint(want.Seed), "--sizes", strings.Join(sizes, ","), "--load", string(want.Under)}
	if want.Under != drill.Idle {
		words = append(words, "--rate", fmt.Sprint(want.Rate), "--writes", fmt.Sprint(want.Writes))
	}
	return words
}

// kibi is a size as parseBytes reads it, to the byte.
func kibi(size int64) string { return strconv.FormatFloat(float64(size)/1024, 'f', -1, 64) + "KiB" }

// drillJob is the child's half: it carries the plan out and saves the facts, whatever came.
func drillJob(plan *drill.Plan) job {
	return job{"drill", plan, &plan.Head, func(ctx context.Context, order laneOrder) error {
		address, err := order.external()
		if err != nil {
			return err
		}
		facts, err := drill.Run(ctx, *plan, address)
		return drilling(facts.Drill).leave(plan.Dir, facts, err)
	}}
}

// drilling is the operation: the claims that a drill was asked for, and what their findings
// say of the loss.
func drilling(d *result.Drill) operation {
	o := operation{kind: kindDrill, rows: suites.Drills(d), broken: "what was lost did not come back as promised"}
	o.derived = func(run *result.Run) (all []result.Observation) {
		for _, row := range o.rows {
			all = append(all, missing(run, row.ID)...)
		}
		return all
	}
	o.kept = func(run *result.Run, _ map[string]result.Finding) string { return drillSentence(run) }
	return o
}

// missing is what follows from a drill's rounds for one claim: what its curve says, or that
// a round lost its observation.
func missing(run *result.Run, claim string) []result.Observation {
	if run.Drill == nil {
		return nil
	}
	if claim == drill.ClaimCurve {
		return []result.Observation{recovery.Derived(claim, run.Drill)}
	}
	seen := 0
	for _, saw := range run.Observations {
		if saw.Claim == claim {
			seen++
		}
	}
	if rounds := len(run.Drill.Rounds); seen < rounds {
		return []result.Observation{{Claim: claim, Engine: run.Drill.Engine, Trouble: fmt.Sprintf("observed in %d of %d rounds", seen, rounds)}}
	}
	return nil
}

// drillSentence is what passed, of the slowest round.
func drillSentence(run *result.Run) string {
	var slowest result.DrillRound
	for _, r := range run.Drill.Rounds {
		if r.RTOSeconds >= slowest.RTOSeconds {
			slowest = r
		}
	}
	if run.Drill.Own != nil {
		return ownSentence(run, slowest)
	}
	said := fmt.Sprintf("%s lost on %s came back equal, fit together, and served a request after %.1f s (promised %.0f s); of the writes after the dumps' moments %d, over %.1f s, are lost",
		recovery.Mebi(float64(slowest.Bytes)), run.Engines[0].Title, slowest.RTOSeconds, run.Drill.RTOSeconds, slowest.LostRows, slowest.LostSeconds)
	if run.Drill.EverySeconds == 0 {
		said += fmt.Sprintf("; whether a loss of at most %.0f s is promised rightly depends on how often dumps are taken: say --every", run.Drill.RPOSeconds)
	}
	return said
}
