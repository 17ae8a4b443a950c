package main

import (
	"strings"
	"testing"

	"tristore/reports/result"
)

// A search that cannot be carried out is refused before anything is started.
func TestSearchWords(t *testing.T) {
	t.Parallel()
	for words, args := range map[string][]string{
		"did you mean auth.p95?":   {"--slo", "auht.p95=20ms"}, // a promise asks for the search
		"search=false does not go": {"--search=false", "--budget", "15m"},
		"did you mean auth.p99?":   {"--search", "--slo", "auth.p59=20ms"},
		"write 20ms":               {"--search", "--slo", "auth.p95=20"},
		"has no value":             {"--search", "--slo", "auth.p95"},
		"cannot be \"soon\"":       {"--search", "--slo", "auth.p95=soon"},
		"above 0":                  {"--search", "--slo", "auth.p95=-1ms"},
		"give at least 5m0s":       {"--search", "--slo", "auth.p95=20ms", "--budget", "2m"},
		"missing unit":             {"--search", "--budget", "15"},
		"drop --out, --search":     {"--search", "--simulated", "capacity=1,slo=20ms"},
	} {
		refused(t, words, append([]string{"capacity", "--out", t.TempDir()}, args...)...)
	}
}

// A search that did not find the boundary never passes, however sure the advice is, and
// a boundary that was found does not make a pass of advice that was not given.
func TestSearchedVerdict(t *testing.T) {
	t.Parallel()
	found := func() *result.Boundary {
		return &result.Boundary{Quantile: "p95", LimitMs: 20, Low: 3, High: 3.3, Regular: true, Windows: []result.BoundaryWindow{{Scale: 3}}}
	}
	if got := splitVerdict(isolating(found())); got.Status != result.Pass || !strings.Contains(got.Sentence, "between 3 and 3.3 times") || !strings.Contains(got.Sentence, "ISOLATE") {
		t.Errorf("found: %+v", got)
	}
	for name, change := range map[string]func(*result.Run){
		"irregular":   func(r *result.Run) { r.Split.Boundary.Regular, r.Split.Boundary.Reason = false, "budget" },
		"no windows":  func(r *result.Run) { r.Split.Boundary.Windows = nil },
		"upside down": func(r *result.Run) { r.Split.Boundary.Low = 4 },
		"interrupted": func(r *result.Run) { r.Interrupted = "stopped" },
		"trouble":     func(r *result.Run) { r.Split.Trouble = "the server went away" },
		"no advice":   func(r *result.Run) { r.Split.Windows = nil },
	} {
		run := isolating(found())
		change(run)
		if got := splitVerdict(run); got.Status == result.Pass {
			t.Errorf("%s passes: %+v", name, got)
		}
	}
}

// isolating is a run whose cells say that collections should have their own cluster.
func isolating(b *result.Boundary) *result.Run {
	split := &result.Split{AuthRate: 100, CollectionsRate: 30, SLO: result.SLO{AuthP99Ms: 200}, AgreedInterference: 2, Boundary: b}
	for block := range 9 {
		for cell, p99 := range map[result.Cell]float64{result.AuthAlone: 20, result.SharedCluster: 60 + float64(block%3), result.SplitClusters: 30} {
			w := result.SplitWindow{Block: block, Cell: cell, Auth: &result.Measurement{Offered: 100, Counts: result.Counts{Due: 300, Committed: 300}, Latency: result.Histogram{Count: 300, P99: p99}}}
			if cell != result.AuthAlone {
				w.Collections = &result.Measurement{Offered: 30, Latency: result.Histogram{Count: 90, P99: 40}}
			}
			split.Windows = append(split.Windows, w)
		}
	}
	return &result.Run{Kind: kindCapacity, Split: split}
}
