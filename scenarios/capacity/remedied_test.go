package capacity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tristore/drivers/store"
	"tristore/reports/advice"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/conformance"
	"tristore/scenarios/road"
)

// remediesOn tries settings on a cluster of their own, beside the cluster as it is, until it is
// interrupted: windows of both alternate, each on its own cluster, and no gain is claimed.
// A remedy that breaks a claim costs no window.
func remediesOn(t *testing.T, rig *rig, plan Plan) {
	var kept int
	most := 0
	plan.Save = func(*result.Split) error { kept++; return nil }
	plan.Tell = nil
	plan.Search = &Search{Budget: time.Hour, Quantile: "p95", LimitMs: 5000, Remedies: []string{"settings", "pool-caps"}}
	refuse := ""
	plan.Judge = &Judging{
		Try: func(ctx context.Context, on scenarios.Stage, engine string) []result.Observation {
			if deployed, err := on.Deploy(ctx); err == nil {
				most = deployed.Target(store.CollectionsStore).PoolMax
				if err := deployed.Close(ctx); err != nil {
					t.Error(err)
				}
			}
			saw := result.Observation{Claim: "BULK-1", Engine: engine}
			conformance.Bulk(ctx, on, &saw)
			return []result.Observation{saw}
		},
		Refuses: func([]result.Observation) string { return refuse },
		Next:    advice.NextRemedy,
	}
	split := &result.Split{Boundary: &result.Boundary{Low: 1}}
	refuse = "BULK-1 is FAIL"
	if err := rig.remedies(t.Context(), plan, split, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if len(split.Remedies) != 2 || split.Remedies[0].Conforms || split.Remedies[1].Refused != refuse || split.Remedies[0].Boundary != nil || kept == 0 {
		t.Fatalf("remedies that break a claim: %+v", split.Remedies)
	}
	if most != 3 {
		t.Errorf("pool caps were tried with %d connections", most)
	}
	refuse = ""
	plan.Search.Remedies = []string{"settings"}
	split = &result.Split{Boundary: &result.Boundary{Low: 1}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	plan.Tell = func(road.Progress) {
		if r := split.Remedies[0]; r.Boundary != nil && len(r.Boundary.Windows) > 0 {
			cancel()
		}
	}
	if err := rig.remedies(ctx, plan, split, time.Now().Add(time.Hour)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r := split.Remedies[0]
	if !r.Conforms || len(r.Tried) != 1 || r.Tried[0].Trouble != "" || len(r.Tried[0].Facts) == 0 {
		t.Fatalf("%+v", r)
	}
	for _, words := range []string{"max_wal_size=4GB", "shared_buffers=", "wal_compression="} {
		if !strings.Contains(r.Change, words) || !strings.Contains(r.InForce, words) {
			t.Errorf("%q is not changed (%s), or not in force (%s)", words, r.Change, r.InForce)
		}
	}
	if with, without := len(r.Boundary.Windows), len(r.Baseline.Windows); with != 1 || without != 1 {
		t.Errorf("%d windows with it and %d without", with, without)
	}
	if r.Boundary.Regular || r.Boundary.Reason == "" || RemedyOver(r) {
		t.Errorf("so few windows gave %+v", r.Boundary)
	}
	if rungs := advice.Of(split).Rungs; len(rungs) != 1 || rungs[0].Usable || !strings.Contains(rungs[0].Why, "was not found") {
		t.Errorf("%+v", rungs)
	}
}

// What cannot be made here is said in a sentence, and combinations are one shape.
func TestShapes(t *testing.T) {
	t.Parallel()
	plan := short(t)
	plan.CPUs, plan.MemoryBytes = 1, 256<<20
	s, absent := plan.shaped([]string{"memory", "settings", "pool-caps", "indexes"})
	if absent != "" || s.limits.MemoryBytes != 512<<20 || s.settings["shared_buffers"] != "204MB" || !s.own || !s.indexes || len(s.rules) != 4 || s.pools[store.UsersStore] != 5 {
		t.Errorf("%q: %+v", absent, s)
	}
	if words := s.words(plan); !strings.Contains(words, "512 MiB for 256 MiB") || !strings.Contains(words, "at most 3 connections of each pool of collections") {
		t.Error(words)
	}
	plan.MemoryBytes = 1 << 50
	if _, absent := plan.shaped([]string{"memory"}); !strings.Contains(absent, "MiB available") {
		t.Error(absent)
	}
	plan.CPUs = 1e6
	if _, absent := plan.shaped([]string{"cpu"}); absent == "" {
		t.Error("twice a million cores")
	}
	names, err := ParseRemedies([]string{"all"})
	if err != nil || !slices.Equal(names, Remedies()) {
		t.Errorf("%v, %v", names, err)
	}
}
