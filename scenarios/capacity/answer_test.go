package capacity

import (
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios"
)

// loaded is a window of 1,000 arrivals of each load that were all answered in time.
func loaded(p95, pacing float64) result.SplitWindow {
	m := func(workload string) *result.Measurement {
		return &result.Measurement{Workload: workload, Counts: result.Counts{Due: 1000, Committed: 1000},
			Latency: result.Histogram{Count: 1000, P95: p95, P99: 3 * p95}, Pacing: result.Histogram{Count: 1000, P95: pacing, P99: pacing}}
	}
	return result.SplitWindow{Auth: m("auth"), Collections: m("collections")}
}

// What a window says of the promise: kept, broken, or nothing.
func TestAnswers(t *testing.T) {
	p95 := Search{Quantile: "p95", LimitMs: 20}
	for name, c := range map[string]struct {
		spoil   func(*result.SplitWindow)
		search  Search
		meets   bool
		invalid string
	}{
		"kept":                       {func(*result.SplitWindow) {}, p95, true, ""},
		"broken by the p99":          {func(*result.SplitWindow) {}, Search{Quantile: "p99", LimitMs: 20}, false, ""},
		"broken":                     {func(w *result.SplitWindow) { w.Auth.Latency.P95 = 21 }, p95, false, ""},
		"kept by a late generator":   {func(w *result.SplitWindow) { w.Auth.Pacing.P95 = 9 }, p95, true, ""},
		"broken by a late generator": {func(w *result.SplitWindow) { w.Auth.Latency.P95, w.Auth.Pacing.P95 = 25, 6 }, p95, false, "generator's own delay"},
		"broken whatever its delay":  {func(w *result.SplitWindow) { w.Auth.Latency.P95, w.Auth.Pacing.P95 = 25, 4 }, p95, false, ""},
		"auth refused":               {func(w *result.SplitWindow) { w.Auth.Counts = result.Counts{Due: 1000, Committed: 998, Refused: 2} }, p95, false, ""},
		"collections unknown": {func(w *result.SplitWindow) {
			w.Collections.Counts = result.Counts{Due: 1000, Committed: 998, Unknown: 2}
		}, p95, false, ""},
		"collections cannot keep up": {func(w *result.SplitWindow) { w.Collections.Counts.Overran = 51 }, p95, false, ""},
		"nothing answered": {func(w *result.SplitWindow) {
			w.Auth.Counts, w.Auth.Latency = result.Counts{Due: 9, Dropped: 9}, result.Histogram{}
		}, p95, false, ""},
		"no arrivals":                   {func(w *result.SplitWindow) { w.Auth.Counts = result.Counts{} }, p95, false, "no auth arrivals"},
		"arrivals lost":                 {func(w *result.SplitWindow) { w.Collections.Counts.Due++ }, p95, false, "unaccounted"},
		"outside the recorder's range":  {func(w *result.SplitWindow) { w.Auth.Lag.Clipped = 1 }, p95, false, "range"},
		"collections were not measured": {func(w *result.SplitWindow) { w.Collections = nil }, p95, false, "not measured"},
	} {
		w := loaded(10, 0.1)
		c.spoil(&w)
		said := c.search.answer(w)
		if said.Meets != c.meets || (said.Invalid != "") != (c.invalid != "") || !strings.Contains(said.Invalid, c.invalid) {
			t.Errorf("%s: %+v", name, said)
		}
	}
}

func TestSearchesThatCannotBeCarriedOutAreRefused(t *testing.T) {
	plan := For(scenarios.Smoke, drivers.Engine{Product: drivers.Postgres, Major: 16}, drivers.Embedded)
	plan.CPUs = 2
	for name, c := range map[string]struct {
		search Search
		says   string
	}{
		"sound":               {Search{Budget: 15 * time.Minute, Quantile: "p95", LimitMs: 20}, ""},
		"sound by p99":        {Search{Budget: 15 * time.Minute, Quantile: "p99", LimitMs: 20}, ""},
		"another quantile":    {Search{Budget: 15 * time.Minute, Quantile: "p50", LimitMs: 20}, `"p50"`},
		"no limit":            {Search{Budget: 15 * time.Minute, Quantile: "p95", LimitMs: 0}, "above 0"},
		"an endless limit":    {Search{Budget: 15 * time.Minute, Quantile: "p95", LimitMs: 1e6}, "at most 60s"},
		"a budget for nobody": {Search{Budget: 4 * time.Minute, Quantile: "p95", LimitMs: 20}, "give at least 5m0s"},
		"p99 wants more":      {Search{Budget: 9 * time.Minute, Quantile: "p99", LimitMs: 20}, "give at least 11m0s"},
		"two want more":       {Search{Budget: 5 * time.Minute, Quantile: "p95", LimitMs: 20, Two: true}, "give at least 7m0s"},
	} {
		plan.Search = &c.search
		err := plan.Check()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
