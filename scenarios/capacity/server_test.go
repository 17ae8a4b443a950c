package capacity

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/reports/advice"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/road"
)

// short is a plan whose windows show that all works and nothing about the machine.
func short(t *testing.T) Plan {
	t.Helper()
	if testing.Short() || runtime.NumCPU() < 2 {
		t.Skip("needs servers and two cores")
	}
	plan := For(scenarios.Smoke, drivers.Engine{Product: drivers.Postgres, Major: 16}, drivers.Embedded)
	plan.RunID, plan.Seed, plan.Dir, plan.Cache, plan.CPUs = "split-test", 11, t.TempDir(), programs.DefaultDir(), 2
	plan.Blocks, plan.Spare, plan.Warm, plan.Window, plan.AuthRate, plan.CollectionsRate = 2, 0, 100*time.Millisecond, time.Second, 40, 20
	plan.Collections.HugeFactor, plan.Collections.Conversations = 2, 20
	return plan
}

func TestMeasureOnRealServers(t *testing.T) {
	plan := short(t)
	told := 0
	plan.Tell = func(road.Progress) { told++ }
	split, err := Measure(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	cells := map[result.Cell]int{}
	for _, w := range split.Windows {
		cells[w.Cell]++
		if (w.Auth == nil) != (w.Cell == result.CollectionsAlone) || (w.Collections == nil) != (w.Cell == result.AuthAlone) {
			t.Errorf("%s holds auth %t, collections %t", w.Cell, w.Auth != nil, w.Collections != nil)
		}
		for _, m := range []*result.Measurement{w.Auth, w.Collections} {
			if m != nil && (m.Counts.Committed != m.Counts.Due || m.Counts.Due == 0) {
				t.Errorf("%s: %+v %+v", m.Window, m.Counts, m.Refused)
			}
		}
	}
	if len(split.Windows) != 8 || told != 8 || cells[result.SharedCluster] != 2 || cells[result.SplitClusters] != 2 {
		t.Errorf("%d windows, told %d times: %v", len(split.Windows), told, cells)
	}
	// The arrivals of one block are the same in every cell.
	for block := range plan.Blocks {
		due := map[int64]bool{}
		for _, w := range split.Windows {
			if w.Block == block && w.Auth != nil {
				due[w.Auth.Counts.Due] = true
			}
		}
		if len(due) != 1 {
			t.Errorf("block %d offered different arrivals: %v", block, due)
		}
	}
	for _, name := range []string{"shared in force", "split identity in force", "split collections in force"} {
		if !strings.Contains(split.Hardware[name], "shared_buffers=") || !strings.Contains(split.Hardware[name], "limit.cpuset=") {
			t.Errorf("%s: %q", name, split.Hardware[name])
		}
	}
	if a := advice.Of(split); a.Verdict != advice.Inconclusive {
		t.Errorf("two blocks gave %s: %s", a.Verdict, a.Sentence)
	}
	nothingRuns(t, plan.Dir)
	t.Logf("hardware %v", split.Hardware)
}

func TestCancelledMeasureKeepsItsWindowsAndLeavesNothing(t *testing.T) {
	plan := short(t)
	plan.Blocks = 100
	ctx, cancel := context.WithCancel(t.Context())
	plan.Tell = func(now road.Progress) {
		if now.Done == 2 {
			cancel()
		}
	}
	split, err := Measure(ctx, plan)
	if err == nil || split == nil || split.Trouble == "" || len(split.Windows) < 2 {
		t.Fatalf("error %v, split %+v", err, split)
	}
	if last := split.Windows[len(split.Windows)-1]; last.Invalid == "" {
		t.Error("the window that was cut short is not marked")
	}
	nothingRuns(t, plan.Dir)
}

// nothingRuns: no process of ours has its files below dir.
func nothingRuns(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		line, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if err == nil && strings.Contains(string(line), dir) {
			t.Errorf("process %s still runs: %q", entry.Name(), line)
		}
	}
}
