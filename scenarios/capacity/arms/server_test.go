package arms

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/reports/effect"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
	"tristore/scenarios/road"
)

// short is a plan whose windows show that all works and nothing about the machine.
func short(t *testing.T, test result.Test, prepared string) Plan {
	t.Helper()
	if testing.Short() || runtime.NumCPU() < 2 {
		t.Skip("needs servers and two cores")
	}
	t.Parallel()
	plan := For(scenarios.Smoke, test, prepared)
	plan.Engine, plan.Reach = drivers.Engine{Product: drivers.Postgres, Major: 16}, drivers.Embedded
	plan.RunID, plan.Seed, plan.Dir, plan.Cache, plan.CPUs = "arms-test", 11, t.TempDir(), programs.DefaultDir(), 2
	plan.Blocks, plan.Spare, plan.Warm, plan.Window, plan.AuthRate, plan.CollectionsRate = 1, 0, 100*time.Millisecond, 400*time.Millisecond, 40, 20
	plan.Identity, plan.Collections, plan.BulkRows = dataset.Small(), dataset.SmallCollections(), 20
	return plan
}

// measured: every arm is measured once a block, with the server's statistics beside it.
func measured(t *testing.T, plan Plan, arms int) *result.Interference {
	t.Helper()
	facts, err := Measure(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if len(facts.Arms) != arms || len(facts.Windows) != arms*plan.Blocks {
		t.Fatalf("%d arms, %d windows: %+v", len(facts.Arms), len(facts.Windows), facts.Arms)
	}
	dose := map[string]float64{}
	for _, a := range facts.Arms {
		dose[a.Name] = a.Dose
		if a.Bytes <= 0 || a.CacheBytes <= 0 {
			t.Errorf("%+v", a)
		}
	}
	for _, w := range facts.Windows {
		if w.Auth == nil || (w.Collections == nil) != (dose[w.Arm] == 0) || w.Seen["samples"] < 2 || w.Seen["connections_max"] < 1 {
			t.Errorf("%s: auth %t, collections %t, seen %v", w.Arm, w.Auth != nil, w.Collections != nil, w.Seen)
			continue
		}
		for _, m := range []*result.Measurement{w.Auth, w.Collections} {
			if m != nil && (m.Counts.Committed == 0 || m.Counts.Refused > 0) {
				t.Errorf("%s: %+v %+v", m.Window, m.Counts, m.Refused)
			}
		}
	}
	if a := effect.Of(facts); a.Decided {
		t.Errorf("one block decided: %s", a.Sentence)
	}
	return facts
}

func TestGrowthOnRealServers(t *testing.T) {
	plan := short(t, result.GrowthTest, "")
	plan.Shares = []float64{0.02, 0.1}
	facts := measured(t, plan, 2)
	if facts.Arms[0].Bytes >= facts.Arms[1].Bytes {
		t.Errorf("the data did not grow: %+v", facts.Arms)
	}
}

// The missing index is found by comparing what was declared with what is there, and each
// intervention is in force in its windows and taken back after them.
func TestCausesOnRealServers(t *testing.T) {
	facts := measured(t, short(t, result.CausesTest, MissingIndex), 11)
	at := slices.IndexFunc(facts.Arms, func(a result.Arm) bool { return a.Channel == "index" })
	if at < 0 || !strings.Contains(facts.Arms[at].Change, "declared and not there") {
		t.Errorf("no arm makes the missing indexes: %+v", facts.Arms)
	}
	if !strings.Contains(facts.Hardware["larger cache in force"], "shared_buffers=512MB") || !strings.Contains(facts.Hardware["shared in force"], "shared_buffers=128MB") {
		t.Errorf("%v", facts.Hardware)
	}
}

// A dose test is one deployment with four arms; one that is stopped keeps its windows, and
// says that it was.
func TestStoppedTestKeepsItsWindows(t *testing.T) {
	plan := short(t, result.DoseTest, "")
	plan.Blocks = 100
	ctx, cancel := context.WithCancel(t.Context())
	plan.Tell = func(p road.Progress) {
		if p.Done >= 4 {
			cancel()
		}
	}
	facts, err := Measure(ctx, plan)
	if err == nil || facts == nil || facts.Trouble == "" || len(facts.Windows) < 4 || len(facts.Arms) != 4 {
		t.Fatalf("error %v, facts %+v", err, facts)
	}
}
