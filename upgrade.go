package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/reports/result"
	"tristore/scenarios/judge"
	"tristore/scenarios/upgrade"
	"tristore/suites"
)

// upgradeName is the lane of a drill on the board and in the folder names.
const upgradeName = "upgrade"

// upgradeCommand holds what is done about a new major.
func upgradeCommand(to streams) *cobra.Command {
	c := &cobra.Command{Use: "upgrade", Short: "Rehearse an upgrade of the PostgreSQL major, from snapshot to way back"}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.Args = func(_ *cobra.Command, words []string) error { return unknownCommand(c, words) }
	c.AddCommand(upgradeDrillCommand(to))
	return c
}

// upgradeFlags are the words of a drill beside the common ones.
type upgradeFlags struct {
	flags
	from, to, by string
	faults       []string
	chain, all   bool
}

func upgradeDrillCommand(to streams) *cobra.Command {
	var f upgradeFlags
	c := &cobra.Command{
		Use:   "drill",
		Short: "Upgrade filled stores on clusters that are thrown away, while an application writes, and judge the new major",
		Args: func(_ *cobra.Command, words []string) error {
			if len(words) > 0 {
				return fmt.Errorf("upgrade drill takes no bare word such as %q: name the majors by --from postgres:12 --to postgres:16", words[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			plan, want, err := f.read(c.Context())
			if err != nil {
				return err
			}
			return drillUpgrade(c.Context(), plan, want, to)
		},
	}
	f.declareCommon(c)
	set := c.Flags()
	set.StringVar(&f.from, "from", "", "the major that is left, such as postgres:12")
	set.StringVar(&f.to, "to", "", "the major that is gone to, such as postgres:16")
	set.StringVar(&f.by, "by", string(upgrade.ByDump), "how: dump (and restore), bluegreen (logical replication and a cut-over), pg_upgrade (in place)")
	set.BoolVar(&f.chain, "chain", false, "one major after the other, each beginning with what the last one left")
	set.BoolVar(&f.all, "all-pairs", false, "every pair of majors between the two, each on its own")
	set.StringSliceVar(&f.faults, "fault", nil, "do something wrong on purpose, such as statistics-missing: its claim must then fail")
	return c
}

// read turns words into a plan, or says in one sentence which word is wrong.
func (f *upgradeFlags) read(ctx context.Context) (Plan, upgrade.Plan, error) {
	want := upgrade.Plan{Way: upgrade.Direct}
	switch {
	case f.from == "" || f.to == "":
		return Plan{}, want, errors.New("upgrade drill needs both majors: --from postgres:12 --to postgres:16")
	case f.chain && f.all:
		return Plan{}, want, errors.New("--chain and --all-pairs are two ways through the majors: give one of them")
	case f.reach == string(drivers.External):
		return Plan{}, want, errors.New("upgrade drill works on clusters of its own and never on yours: choose --reach auto, embedded or container")
	case f.chain:
		want.Way = upgrade.Chain
	case f.all:
		want.Way = upgrade.All
	}
	from, err := drivers.ParseEngine(f.from)
	if err != nil {
		return Plan{}, want, err
	}
	next, err := drivers.ParseEngine(f.to)
	if err != nil {
		return Plan{}, want, err
	}
	if want.Pairs, err = upgrade.Pairs(from, next, want.Way); err != nil {
		return Plan{}, want, err
	}
	if want.By, err = methodOf(f.by); err != nil {
		return Plan{}, want, err
	}
	if want.Faults, err = upgrade.ParseFaults(f.faults); err != nil {
		return Plan{}, want, err
	}
	f.engines, f.depth, f.gate, f.noSplit = enginesOf(want.Pairs), "smoke", string(judge.GateSupported), true
	plan, err := f.plan(ctx)
	if err != nil {
		return plan, want, err
	}
	if err := oneReach(plan.Engines); err != nil {
		return plan, want, err
	}
	if want.By == upgrade.BlueGreen && plan.Engines[0].Reach == drivers.Container {
		return plan, want, errors.New("by logical replication one server connects to the other, and one in a container has no way to it: choose --reach embedded, or --by dump")
	}
	want.Head, want.Seed = plan.head(plan.Engines[len(plan.Engines)-1]), plan.Seed
	return plan, want, nil
}

func methodOf(word string) (upgrade.Method, error) {
	var known []string
	for _, method := range upgrade.Methods() {
		if word == string(method) {
			return method, nil
		}
		known = append(known, string(method))
	}
	return "", fmt.Errorf("--by %q is no way to upgrade; did you mean %s? known: %s", word, drivers.Nearest(word, known), strings.Join(known, ", "))
}

// enginesOf lists every engine of the pairs once.
func enginesOf(pairs []upgrade.Pair) (words []string) {
	known := map[drivers.Engine]bool{}
	for _, pair := range pairs {
		for _, engine := range []drivers.Engine{pair.From, pair.To} {
			if !known[engine] {
				known[engine] = true
				words = append(words, engine.String())
			}
		}
	}
	return words
}

// oneReach refuses majors that are reached in different ways: what differs between old and
// new would then not be the major alone.
func oneReach(engines []EnginePlan) error {
	for _, e := range engines[1:] {
		if e.Reach != engines[0].Reach {
			return fmt.Errorf("%w: %s is reached %s and %s %s (%s), which are no fair pair: choose --reach embedded or container",
				cluster.ErrUnreachable, engines[0].Engine, engines[0].Reach, e.Engine, e.Reach, e.Why)
		}
	}
	return nil
}

// drillUpgrade runs the one lane, saves its facts and judges them.
func drillUpgrade(ctx context.Context, plan Plan, want upgrade.Plan, to streams) error {
	one, err := plan.alone(kindUpgrade, upgradeName, upgradeJob(&want))
	if err != nil {
		return err
	}
	one.run.Command, one.run.Fault = upgradeLine(plan, want), faultsOf(want)
	one.gather = upgrading().gather(plan.Engines[len(plan.Engines)-1])
	var pairs []string
	for _, pair := range want.Pairs {
		pairs = append(pairs, pair.Title())
	}
	_, _ = fmt.Fprintf(to.out, "seed %d · run %s · upgrade by %s (%s) · %s\n", plan.Seed, one.run.ID, want.By, want.Reach, strings.Join(pairs, ", "))
	return one.carryOut(ctx, to)
}

// upgradeLine asks for the same run again.
func upgradeLine(plan Plan, want upgrade.Plan) string {
	first, last := want.Pairs[0].From, want.Pairs[len(want.Pairs)-1].To
	words := []string{"tristore", "upgrade", "drill", "--from", first.String(), "--to", last.String(), "--by", string(want.By), "--reach", string(want.Reach), "--seed", fmt.Sprint(plan.Seed)}
	switch want.Way {
	case upgrade.Chain:
		words = append(words, "--chain")
	case upgrade.All:
		words = append(words, "--all-pairs")
	case upgrade.Direct:
	}
	words = append(words, given("--fault", faultsOf(want))...)
	return strings.Join(append(words, plan.reachWords()...), " ")
}

func faultsOf(want upgrade.Plan) string {
	var words []string
	for _, fault := range want.Faults {
		words = append(words, string(fault))
	}
	return strings.Join(words, ",")
}

// upgradeJob is the child's half: it carries the plan out and saves the facts, whatever came.
func upgradeJob(plan *upgrade.Plan) job {
	return job{"upgrade", plan, &plan.Head, func(ctx context.Context, order laneOrder) error {
		facts, err := upgrade.Drill(ctx, *plan)
		return upgrading().leave(plan.Dir, facts, err)
	}}
}

// upgrading is the operation: its claims, and what their findings say of the upgrade.
func upgrading() operation {
	return operation{kind: kindUpgrade, rows: suites.Upgrades(), broken: "this upgrade cannot be relied on", engines: pairsOf,
		kept: func(run *result.Run, _ map[string]result.Finding) string {
			var titles []string
			for _, engine := range run.Engines {
				titles = append(titles, engine.Title)
			}
			return strings.Join(titles, ", ") + ": everything is there and in order, the application lives on it, and there is a way back"
		}}
}

// pairsOf is how many pairs a saved plan asked for; one that cannot be read asked for more
// than any run has, so that nothing passes.
func pairsOf(run *result.Run) int {
	var saved struct {
		Upgrade struct {
			Pairs []json.RawMessage `json:"pairs"`
		} `json:"upgrade"`
	}
	if json.Unmarshal(run.Plan, &saved) != nil || len(saved.Upgrade.Pairs) == 0 {
		return len(run.Engines) + 1
	}
	return len(saved.Upgrade.Pairs)
}
