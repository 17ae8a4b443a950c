package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tristore/drivers/store"
	"tristore/scenarios/auth"
	"tristore/scenarios/campaign"
	"tristore/scenarios/collections"
	"tristore/scenarios/dataset"
	"tristore/scenarios/judge"
)

// loadFlags are the words of tristore load, beside the common ones.
type loadFlags struct {
	flags
	termFlags
	engine, profile, mix, pace string
	rate                       float64
	duration, warm, warmMax    time.Duration
	workers, bulkRows          int
	keys                       string
	cold, pipeline, closed     bool
	from                       float64
	steps                      []string
	sizes                      loadSizes
}

// loadSizes change the data set; zero leaves the plan's own.
type loadSizes struct{ users, workspaces, huge, files, conversations, messages, rowBytes int }

func (s *loadSizes) declare(set *pflag.FlagSet) {
	set.IntVar(&s.users, "users", 0, "users of the data set")
	set.IntVar(&s.workspaces, "workspaces", 0, "workspaces of the data set; the first of a collections data set is huge")
	set.IntVar(&s.huge, "huge-workspaces", 0, "how many of those with collections hold many times as much as the others")
	set.IntVar(&s.files, "files", 0, "files in each workspace")
	set.IntVar(&s.conversations, "conversations", 0, "conversations in each workspace")
	set.IntVar(&s.messages, "messages", 0, "messages in each conversation")
	set.IntVar(&s.rowBytes, "row-bytes", 0, "bytes of each message, and of what each user has stored")
}

// loadCommand offers one workload to one engine and judges what its users would see.
func loadCommand(to streams) *cobra.Command {
	var f loadFlags
	c := &cobra.Command{
		Use:   "load auth|collections",
		Short: "Offer one workload to one engine in an open loop, and judge latencies from when each request was due",
		Args: func(_ *cobra.Command, words []string) error {
			if len(words) != 1 {
				return fmt.Errorf("load needs one workload: tristore load %s", strings.Join(campaign.Workloads(), " or tristore load "))
			}
			return nil
		},
		RunE: func(c *cobra.Command, words []string) error {
			plan, load, err := f.read(c, words[0])
			if err != nil {
				return err
			}
			return offerLoad(c.Context(), plan, load, to)
		},
	}
	f.declareCommon(c)
	f.declareExternal(c)
	set := c.Flags()
	set.StringVar(&f.engine, "engine", "postgres:16", "the engine to load")
	set.Float64Var(&f.rate, "rate", 100, "arrivals per second")
	set.DurationVar(&f.duration, "duration", time.Minute, "length of the measured phase")
	set.DurationVar(&f.warm, "warm", 5*time.Second, "the shortest warm-up: it ends when latencies are steady, which takes 5s to see")
	set.DurationVar(&f.warmMax, "warm-max", 30*time.Second, "the longest warm-up: without a steady part by then the run is INCONCLUSIVE")
	set.StringVar(&f.profile, "profile", string(auth.V27), "store operations per auth request: fork (1+1), v27 (4+2)")
	set.StringVar(&f.mix, "mix", string(collections.Everyday), "which requests: auth has everyday, storm (sign-ins), visitors, keys, fanout; collections has everyday, heavy, imports (bulks of 5000 rows)")
	set.BoolVar(&f.cold, "cold", false, "measure from the first arrival on, over connections that are yet to be opened, without a warm-up")
	set.BoolVar(&f.closed, "closed", false, "each worker begins its next arrival when its last has ended: finds what the store can serve at most, and cannot tell how long users wait")
	set.BoolVar(&f.pipeline, "pipeline", false, "send the reads of an auth request together where none needs the answer of another (PostgreSQL)")
	set.StringVar(&f.keys, "keys", "", "which rows are asked for: zipfian, uniform, latest (default: as the workload's users do)")
	f.sizes.declare(set)
	set.IntVar(&f.bulkRows, "bulk-rows", 0, "rows of one bulk, at most 5000")
	set.StringVar(&f.pace, "pace", string(campaign.Poisson), "how arrivals are spaced: poisson, constant, ramp (see --from), steps (see --steps)")
	set.Float64Var(&f.from, "from", 0, "with --pace ramp: arrivals per second at its beginning; --rate is its end")
	set.StringSliceVar(&f.steps, "steps", nil, "with --pace steps: one rate after the other, such as 100x30s,0x5s,300x30s")
	set.IntVar(&f.workers, "workers", auth.Workers, "arrivals under way at once; more than that wait, and their wait counts")
	f.declare(c, []string{"p99=200ms"}, "arrivals")
	return c
}

// read turns words into plans, or says in one sentence which word is wrong.
func (f *loadFlags) read(c *cobra.Command, workload string) (plan Plan, load campaign.Plan, err error) {
	changed := c.Flags().Changed
	switch {
	case f.unversioned(c):
		return plan, load, errUnversioned
	case changed("profile") && workload != auth.Name:
		return plan, load, fmt.Errorf("--profile is of the auth workload; drop it, or load %s", auth.Name)
	}
	f.engines, f.depth, f.gate, f.noSplit = []string{f.engine}, "smoke", string(judge.GateAll), true
	if plan, err = f.plan(c.Context()); err != nil {
		return plan, load, err
	}
	load = campaign.For(plan.Engines[0].Engine, workload)
	load.Head, load.Seed = plan.head(plan.Engines[0]), plan.Seed
	load.Pipeline = f.pipeline
	load.Keep = f.seed != 0 // a set of a seed that was drawn is not met again
	load.Profile, load.Mix, load.Pace, load.Keys = auth.Profile(f.profile), f.mix, campaign.Pace(f.pace), dataset.Spread(f.keys)
	load.Rate, load.Measure, load.Warm, load.Workers = f.rate, f.duration, f.warm, f.workers
	if load.WarmMax = f.warmMax; !changed("warm-max") {
		load.WarmMax = max(load.WarmMax, 3*load.Warm)
	}
	if load.Closed = f.closed; f.closed {
		if !changed("rate") {
			load.Rate = 0
		}
		if !changed("slo") {
			f.promises = nil
		}
	}
	if err := f.readPace(changed, &load); err != nil {
		return plan, load, err
	}
	if load.Mix == string(collections.Imports) {
		load.BulkRows = store.BulkMax
	}
	f.sizes.into(&load.Identity, &load.Collections)
	if f.bulkRows != 0 {
		load.BulkRows = f.bulkRows
	}
	if err := f.into(&load.Terms); err != nil {
		return plan, load, err
	}
	return plan, load, load.Check()
}

// readPace reads the words for rates that change; such a run is cold, since none of it is steady.
func (f *loadFlags) readPace(changed func(string) bool, load *campaign.Plan) error {
	load.Cold, load.From = f.cold || load.Pace == campaign.Ramp || load.Pace == campaign.Steps, f.from
	switch {
	case changed("from") != (load.Pace == campaign.Ramp):
		return errors.New("--from and --pace ramp go together: give both, or neither")
	case changed("steps") != (load.Pace == campaign.Steps):
		return errors.New("--steps and --pace steps go together: give both, or neither")
	case load.Cold && (changed("warm") || changed("warm-max")):
		return errors.New("a cold run, and one whose rate changes, has no warm-up: drop --warm and --warm-max")
	case load.Pace != campaign.Steps:
		return nil
	case changed("rate") || changed("duration"):
		return errors.New("--steps says rates and times: drop --rate and --duration")
	}
	load.Measure = 0
	for _, word := range f.steps {
		rate, length, _ := strings.Cut(word, "x")
		perSecond, rateErr := strconv.ParseFloat(rate, 64)
		within, lengthErr := time.ParseDuration(length)
		if rateErr != nil || lengthErr != nil {
			return fmt.Errorf("--steps %s is no step: write a rate and a time, such as 100x30s", word)
		}
		load.Then(perSecond, within)
	}
	return nil
}

// into changes a plan where something was asked for; what makes no sense its check refuses.
func (s loadSizes) into(identity *dataset.Sizes, collections *dataset.CollectionSizes) {
	for _, size := range []struct {
		asked int
		into  []*int
	}{
		{s.users, []*int{&identity.Users}}, {s.workspaces, []*int{&identity.Workspaces, &collections.Workspaces}}, {s.huge, []*int{&collections.HugeWorkspaces}},
		{s.files, []*int{&identity.FilesPerWorkspace}}, {s.conversations, []*int{&collections.Conversations}},
		{s.messages, []*int{&collections.MessagesPerConversation}}, {s.rowBytes, []*int{&collections.MessageBytes, &identity.UserBytes}},
	} {
		for _, at := range size.into {
			if size.asked != 0 {
				*at = size.asked
			}
		}
	}
}

// offerLoad runs the one lane, saves its facts and judges them.
func offerLoad(ctx context.Context, plan Plan, load campaign.Plan, to streams) error {
	one, err := plan.alone(kindLoad, load.Workload, loadJob(&load))
	if err != nil {
		return err
	}
	one.run.Command, one.gather = loadCommandLine(plan, load), gatherOffered(campaign.Facts(load))
	_, _ = fmt.Fprintf(to.out, "seed %d · run %s · %s on %s (%s) %s for %s\n", plan.Seed, one.run.ID, load.Workload, load.Engine, load.Reach, paceWords(load), load.Measure)
	return one.carryOut(ctx, to)
}

func paceWords(load campaign.Plan) string {
	if load.Closed {
		return fmt.Sprintf("in a closed loop of %d workers", load.Workers)
	}
	return fmt.Sprintf("at %.4g/s", load.Rate)
}

// loadCommandLine asks for the same run again.
func loadCommandLine(plan Plan, load campaign.Plan) string {
	words := []string{"tristore", "load", load.Workload, "--engine", load.Engine.String(), "--reach", string(load.Reach),
		"--workers", fmt.Sprint(load.Workers), "--seed", fmt.Sprint(load.Seed)}
	if load.Closed {
		words = append(words, "--closed")
	} else {
		words = append(words, "--pace", string(load.Pace))
	}
	switch load.Pace {
	case campaign.Steps:
		for _, level := range load.Steps {
			words = append(words, "--steps", fmt.Sprintf("%gx%s", level.PerSecond, level.For))
		}
	case campaign.Ramp:
		words = append(words, "--from", fmt.Sprint(load.From), "--rate", fmt.Sprint(load.Rate), "--duration", load.Measure.String())
	default:
		if !load.Closed {
			words = append(words, "--rate", fmt.Sprint(load.Rate))
		}
		words = append(words, "--duration", load.Measure.String())
		if load.Cold {
			words = append(words, "--cold")
		} else {
			words = append(words, "--warm", load.Warm.String(), "--warm-max", load.WarmMax.String())
		}
	}
	words = append(words, "--mix", load.Mix)
	if load.Workload == auth.Name {
		words = append(words, "--profile", string(load.Profile))
	}
	if load.Pipeline {
		words = append(words, "--pipeline")
	}
	if load.Keys != "" {
		words = append(words, "--keys", string(load.Keys))
	}
	words = append(words, sizeWords(load)...)
	words = append(words, termWords(load.Terms)...)
	return strings.Join(append(words, plan.reachWords()...), " ")
}

// sizeWords are the sizes that are not what the plan would have by itself.
func sizeWords(load campaign.Plan) (words []string) {
	own := campaign.For(load.Engine, load.Workload)
	for _, size := range []struct {
		flag      string
		is, would int
	}{
		{"--users", load.Identity.Users, own.Identity.Users}, {"--workspaces", load.Identity.Workspaces, own.Identity.Workspaces},
		{"--huge-workspaces", load.Collections.HugeWorkspaces, own.Collections.HugeWorkspaces},
		{"--files", load.Identity.FilesPerWorkspace, own.Identity.FilesPerWorkspace}, {"--conversations", load.Collections.Conversations, own.Collections.Conversations},
		{"--messages", load.Collections.MessagesPerConversation, own.Collections.MessagesPerConversation},
		{"--row-bytes", load.Collections.MessageBytes, own.Collections.MessageBytes}, {"--bulk-rows", load.BulkRows, own.BulkRows},
	} {
		if size.is != size.would {
			words = append(words, size.flag, fmt.Sprint(size.is))
		}
	}
	return words
}

// loadJob is the child's half: it carries the plan out and saves the facts, whatever came.
func loadJob(plan *campaign.Plan) job {
	return job{"load", plan, &plan.Head, func(ctx context.Context, order laneOrder) error {
		address, err := order.external()
		if err != nil {
			return err
		}
		facts, err := campaign.Run(ctx, *plan, address)
		return leave(plan.Dir, facts, err)
	}}
}
