package judge

import (
	"strings"
	"testing"

	"tristore/reports/result"
)

// healthy is an observation in which every threshold holds.
func healthy() *result.Run {
	store := result.ObservedStore{Database: "users", Store: "users", Blocks: 100000, HitPercent: 99, PerSecond: map[string]float64{"deadlocks": 0}, Levels: map[string]result.Level{"xid_age": {Mean: 1e6, Max: 1e6}}}
	return &result.Run{
		Kind: "observe", Engines: []result.Engine{{Engine: "postgres:16", Title: "PostgreSQL 16"}}, Claims: ObservedClaims(),
		Observed: &result.Observed{Engine: "postgres:16", Seconds: 60, Samples: 13, Stores: []result.ObservedStore{store}, SlotsAsked: 5,
			Cost: result.ObservedCost{Share: 0.004, Cap: 0.01}, Limits: map[string]float64{"connections": 103, "connections_reserved": 3},
			Levels: map[string]result.Level{"connections": {Mean: 40, Max: 60}, "oldest_transaction_s": {Max: 2}, "prepared_transaction_s": {}, "xid_age": {Max: 1e6}, "standbys": {Mean: 1, Max: 1}, "replication_lag_s": {Max: 1}}},
	}
}

// Each limit of each threshold is broken once, each floor missed once; nothing unknown passes.
func TestObservedThresholds(t *testing.T) {
	at := func(name string, most float64) func(*result.Observed) {
		return func(o *result.Observed) { o.Levels[name] = result.Level{Max: most} }
	}
	without := func(name string) func(*result.Observed) { return func(o *result.Observed) { delete(o.Levels, name) } }
	for name, test := range map[string]struct {
		change func(*result.Observed)
		claim  string
		status result.Status
		says   string
	}{
		"healthy":               {func(*result.Observed) {}, "CACHE", result.Pass, ""},
		"many connections":      {at("connections", 71), "CONNECTIONS", result.Fail, "warning"},
		"most connections":      {at("connections", 86), "CONNECTIONS", result.Fail, "critical"},
		"no slots told":         {func(o *result.Observed) { o.Limits = nil }, "CONNECTIONS", result.Inconclusive, "used_pct"},
		"two samples":           {func(o *result.Observed) { o.Samples = 2 }, "CONNECTIONS", result.Inconclusive, "samples"},
		"a slot refused":        {func(o *result.Observed) { o.SlotsRefused = 1 }, "SLOTS", result.Fail, "53300"},
		"none asked for":        {func(o *result.Observed) { o.SlotsAsked = 0 }, "SLOTS", result.Inconclusive, ""},
		"an old transaction":    {at("oldest_transaction_s", 301), "TRANSACTIONS", result.Fail, "5 minutes"},
		"an old prepared one":   {at("prepared_transaction_s", 301), "TRANSACTIONS", result.Fail, "5 minutes"},
		"deadlocks":             {func(o *result.Observed) { o.Stores[0].PerSecond["deadlocks"] = 0.02 }, "DEADLOCKS", result.Fail, "warning"},
		"counters reset":        {func(o *result.Observed) { o.Stores[0].PerSecond = nil }, "DEADLOCKS", result.Inconclusive, "per_minute"},
		"a cold cache":          {func(o *result.Observed) { o.Stores[0].HitPercent = 94.9 }, "CACHE", result.Fail, "95 %"},
		"few blocks":            {func(o *result.Observed) { o.Stores[0].Blocks = 999 }, "CACHE", result.Inconclusive, ""},
		"old ids":               {at("xid_age", 1.1e9), "XID", result.Fail, "warning"},
		"very old ids":          {at("xid_age", 1.6e9), "XID", result.Fail, "critical"},
		"ids not read":          {without("xid_age"), "XID", result.Inconclusive, "age"},
		"a standby behind":      {at("replication_lag_s", 31), "LAG", result.Fail, "warning"},
		"a standby far behind":  {at("replication_lag_s", 301), "LAG", result.Fail, "critical"},
		"no standby":            {func(o *result.Observed) { delete(o.Levels, "replication_lag_s"); o.Levels["standbys"] = result.Level{} }, "LAG", result.NotApplicable, "no standby"},
		"a standby of no lag":   {without("replication_lag_s"), "LAG", result.Inconclusive, "lag_s"},
		"too dear":              {func(o *result.Observed) { o.Cost.Share = 0.011 }, "COST", result.Fail, "1 %"},
		"the machine":           {func(*result.Observed) {}, "CPU", result.NotApplicable, "does not tell"},
		"cut short":             {func(o *result.Observed) { o.Trouble = "it went away" }, "CACHE", result.Inconclusive, "it went away"},
		"cut short and broken":  {func(o *result.Observed) { o.Trouble, o.Stores[0].HitPercent = "it went away", 50 }, "CACHE", result.Fail, "95 %"},
		"cut short: no machine": {func(o *result.Observed) { o.Trouble = "it went away" }, "CPU", result.Inconclusive, "it went away"},
	} {
		t.Run(name, func(t *testing.T) {
			run := healthy()
			test.change(run.Observed)
			Observed(run)
			for _, f := range run.Findings {
				if f.Claim == test.claim && (f.Status != test.status || !strings.Contains(f.Reason, test.says)) {
					t.Errorf("%s: %s", f.Status, f.Reason)
				}
			}
			want := result.Pass
			if test.status == result.Fail || test.status == result.Inconclusive {
				want = test.status
			}
			if run.Verdict.Status != want || !strings.HasPrefix(run.Verdict.Sentence, want.String()) || !strings.Contains(run.Verdict.Sentence, "not asked: ") && run.Observed.Trouble == "" {
				t.Errorf("verdict %s: %s", run.Verdict.Status, run.Verdict.Sentence)
			}
		})
	}
}

func TestObservedWithoutFacts(t *testing.T) {
	for name, change := range map[string]func(*result.Run){
		"no section":  func(r *result.Run) { r.Observed = nil },
		"no engine":   func(r *result.Run) { r.Engines = nil },
		"nothing":     func(r *result.Run) { r.Observed = &result.Observed{Engine: "postgres:16"} },
		"interrupted": func(r *result.Run) { r.Interrupted = "stopped by a signal" },
	} {
		run := healthy()
		change(run)
		if Observed(run); run.Verdict.Status != result.Inconclusive {
			t.Errorf("%s: %s", name, run.Verdict.Sentence)
		}
	}
}
