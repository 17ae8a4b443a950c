package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/judge"
	"tristore/scenarios/observe"
)

// observeCommand reads a live cluster through an account that cannot write.
func observeCommand(to streams) *cobra.Command {
	var f flags
	var engine string
	var stores []string
	want := observe.Plan{Cap: observe.CostCap}
	c := &cobra.Command{
		Use:   "observe",
		Short: "Read a live cluster, PostgreSQL or MongoDB, through an account that cannot write: rates, cache, waits, hot statements, and the platform's alert thresholds judged",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			plan, err := readObserve(c, f, engine)
			if err != nil {
				return err
			}
			want.Head = plan.head(plan.Engines[0])
			if want.Stores, err = parseStores(stores); err != nil {
				return err
			}
			if err := want.Check(); err != nil {
				return err
			}
			return observeCluster(c.Context(), plan, want, to)
		},
	}
	c.AddCommand(weeksCommand(to))
	f.declareExternal(c)
	set := c.Flags()
	set.StringVar(&f.out, "out", "reports/out", "folder that the run's own folder is made in")
	set.StringVar(&engine, "engine", "postgres:16", "the engine behind the URL")
	set.DurationVar(&want.For, "for", time.Minute, "how long to look; longer when the cost of looking asks for it")
	set.DurationVar(&want.Every, "every", 5*time.Second, "between two samples; longer when one costs over 1 % of it")
	set.BoolVar(&want.Trust, "trust-account", false, "take your word that the account cannot write, where the server does not tell (FerretDB)")
	set.StringSliceVar(&stores, "stores", nil, "which database holds which store, such as users=accounts,collections=content (default: by the end of their names)")
	return c
}

// readObserve turns words into a plan, or says in one sentence which word is wrong.
func readObserve(c *cobra.Command, f flags, engine string) (Plan, error) {
	switch {
	case f.url == "" && f.urlFile == "":
		return Plan{}, errors.New("observe needs the address of the cluster: give --url-file FILE, a file with a URL of an account that cannot write")
	case !c.Flags().Changed("engine"):
		return Plan{}, errors.New("a URL does not say its engine's version: give --engine, such as postgres:16")
	}
	f.reach, f.dir, f.seed = string(drivers.Auto), programs.DefaultDir(), 1 // nothing is drawn
	f.engines, f.depth, f.gate, f.noSplit = []string{engine}, string(scenarios.Smoke), string(judge.GateAll), true
	plan, err := f.plan(c.Context())
	if err == nil && plan.URL.Database() == "" {
		err = fmt.Errorf("the URL of %s names no database: write scheme://user:password@host:port/database", plan.URL.HostPort())
	}
	return plan, err
}

// parseStores reads pairs of a store and its database.
func parseStores(pairs []string) (map[string]store.Name, error) {
	all := map[string]store.Name{}
	for _, pair := range pairs {
		word, database, ok := strings.Cut(pair, "=")
		if !ok || database == "" || !slices.Contains(store.Names(), store.Name(word)) {
			return nil, fmt.Errorf("--stores %s is no store and its database: write users=DATABASE, permissions=DATABASE or collections=DATABASE", pair)
		}
		if _, twice := all[database]; twice {
			return nil, fmt.Errorf("--stores names database %s for two stores: each has its own", database)
		}
		all[database] = store.Name(word)
	}
	return all, nil
}

// observeCluster runs the one lane, saves its facts and judges them.
func observeCluster(ctx context.Context, plan Plan, want observe.Plan, to streams) error {
	one, err := plan.alone(kindObserve, observe.Name, observeJob(&want))
	if err != nil {
		return err
	}
	one.run.Command, one.gather = observeLine(plan, want), gatherObserved(&want)
	_, _ = fmt.Fprintf(to.out, "run %s · %s at %s as %s, for %s, every %s\n", one.run.ID, want.Engine, plan.URL.HostPort(), plan.URL.User(), want.For, want.Every)
	return one.carryOut(ctx, to)
}

// observeLine asks for the same run again.
func observeLine(plan Plan, want observe.Plan) string {
	words := []string{"tristore", "observe", "--engine", want.Engine.String(), "--for", want.For.String(), "--every", want.Every.String()}
	for _, name := range store.Names() {
		for database, held := range want.Stores {
			if held == name {
				words = append(words, "--stores", string(name)+"="+database)
			}
		}
	}
	words = append(words, given("--url-file", "FILE", "--ca-file", plan.CAFile)...)
	if plan.SelfSigned {
		words = append(words, "--self-signed")
	}
	if want.Trust {
		words = append(words, "--trust-account")
	}
	return strings.Join(words, " ")
}

// observeJob is the child's half: it carries the plan out and saves the facts, whatever came.
func observeJob(plan *observe.Plan) job {
	return job{"observe", plan, &plan.Head, func(ctx context.Context, order laneOrder) error {
		address, err := order.external()
		if err != nil {
			return err
		}
		facts, err := observe.Run(ctx, *plan, address)
		return leave(plan.Dir, facts, err)
	}}
}

// gatherObserved adds the lane's facts to the run; a lane that left none is there all the
// same, with its trouble.
func gatherObserved(plan *observe.Plan) func(*result.Run, *laneProcess, error) {
	return func(run *result.Run, lane *laneProcess, end error) {
		facts, err := result.Read(lane.dir)
		if err != nil || facts.Observed == nil || len(facts.Engines) != 1 || facts.ID != run.ID {
			facts = observe.Facts(*plan)
			facts.Observed.Trouble = "the lane left no facts"
		} else {
			_ = os.Remove(filepath.Join(lane.dir, result.FileName)) // merged; left behind it would only be read by mistake
		}
		if end != nil && facts.Observed.Trouble == "" {
			facts.Observed.Trouble = end.Error()
		}
		run.Engines, run.Observed, run.Claims = facts.Engines, facts.Observed, judge.ObservedClaims()
		run.Environment.InForce = facts.Environment.InForce
	}
}
