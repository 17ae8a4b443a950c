package judge

import (
	"strings"
	"testing"

	"tristore/reports/result"
)

// healthyMongo is an observation of MongoDB in which every threshold holds.
func healthyMongo() *result.Run {
	at := func(most float64) result.Level { return result.Level{Mean: most, Max: most, Min: most} }
	return &result.Run{
		Kind: "observe", Engines: []result.Engine{{Engine: "mongo:7", Title: "MongoDB 7"}},
		Observed: &result.Observed{Engine: "mongo:7", Seconds: 60, Samples: 13, Cost: result.ObservedCost{Share: 0.004, Cap: 0.01}, SlotsAsked: 1,
			Limits: map[string]float64{"connections": 100}, PerSecond: map[string]float64{"connections_rejected": 0},
			Levels: map[string]result.Level{"connections": at(60), "oldest_transaction_s": at(2), "members": at(3), "standbys": at(2), "replication_lag_s": at(1), "without_primary_s": at(0),
				"tickets_read_free": at(100), "tickets_read_total": at(128), "tickets_write_free": at(100), "tickets_write_total": at(128)}},
	}
}

// Each limit is broken once, and what the server does not tell is never a pass.
func TestObservedThresholdsOfMongo(t *testing.T) {
	at := func(name string, most float64) func(*result.Observed) {
		return func(o *result.Observed) { o.Levels[name] = result.Level{Max: most, Min: most} }
	}
	without := func(what string, names ...string) func(*result.Observed) {
		return func(o *result.Observed) {
			for _, name := range names {
				delete(o.Levels, name)
				delete(o.PerSecond, name)
			}
			o.NotRead = append(o.NotRead, result.NotRun{What: what, Why: "because of that"})
		}
	}
	for name, test := range map[string]struct {
		change func(*result.Observed)
		claim  string
		status result.Status
		says   string
	}{
		"healthy":                   {func(*result.Observed) {}, "TICKETS", result.Pass, ""},
		"many connections":          {at("connections", 71), "CONNECTIONS", result.Fail, "warning"},
		"most connections":          {at("connections", 86), "CONNECTIONS", result.Fail, "critical"},
		"connections not told":      {without(result.UntoldConnections, "connections"), "CONNECTIONS", result.Inconclusive, "because of that"},
		"no slots told":             {func(o *result.Observed) { o.Limits = nil }, "CONNECTIONS", result.Inconclusive, "used_pct"},
		"a connection refused":      {func(o *result.Observed) { o.PerSecond["connections_rejected"] = 1.0 / 60 }, "SLOTS", result.Fail, "slot"},
		"refused ones not told":     {without(result.UntoldRefused, "connections_rejected"), "SLOTS", result.Inconclusive, "because of that"},
		"two samples":               {func(o *result.Observed) { o.Samples = 2 }, "SLOTS", result.Inconclusive, "samples"},
		"an old transaction":        {at("oldest_transaction_s", 301), "TRANSACTIONS", result.Fail, "5 minutes"},
		"operations not told":       {without(result.UntoldUnderWay, "oldest_transaction_s"), "TRANSACTIONS", result.Inconclusive, "because of that"},
		"a secondary behind":        {at("replication_lag_s", 31), "LAG", result.Fail, "warning"},
		"a secondary far behind":    {at("replication_lag_s", 301), "LAG", result.Fail, "critical"},
		"members not told":          {without(result.UntoldMembers, "members", "standbys", "replication_lag_s", "without_primary_s"), "LAG", result.Inconclusive, "because of that"},
		"nobody told of a primary":  {without(result.UntoldMembers, "members", "standbys", "replication_lag_s", "without_primary_s"), "PRIMARY", result.Inconclusive, "because of that"},
		"alone":                     {at("members", 0), "LAG", result.NotApplicable, "no replica set"},
		"alone, and so its primary": {at("members", 0), "PRIMARY", result.NotApplicable, "no replica set"},
		"no primary":                {at("without_primary_s", 31), "PRIMARY", result.Fail, "30 s"},
		"few tickets":               {at("tickets_write_free", 29), "TICKETS", result.Fail, "warning"},
		"fewest tickets":            {at("tickets_read_free", 9), "TICKETS", result.Fail, "critical"},
		"tickets not told":          {without(result.UntoldTickets, "tickets_read_free", "tickets_write_free"), "TICKETS", result.Inconclusive, "because of that"},
		"a settled number":          {at("tickets_read_total", 12), "TICKETS", result.NotApplicable, "settle by themselves"},
		"settled, and few of all":   {func(o *result.Observed) { at("tickets_read_total", 12)(o); at("tickets_write_free", 3)(o) }, "TICKETS", result.Fail, "critical"},
		"too dear":                  {func(o *result.Observed) { o.Cost.Share = 0.011 }, "COST", result.Fail, "1 %"},
		"deadlocks":                 {func(*result.Observed) {}, "DEADLOCKS", result.NotApplicable, "write conflicts"},
		"cut short":                 {func(o *result.Observed) { o.Trouble = "it went away" }, "TICKETS", result.Inconclusive, "it went away"},
	} {
		t.Run(name, func(t *testing.T) {
			run := healthyMongo()
			test.change(run.Observed)
			Observed(run)
			if len(run.Findings) != len(ObservedClaims()) {
				t.Errorf("%d findings", len(run.Findings))
			}
			for _, f := range run.Findings {
				if f.Claim == test.claim && (f.Status != test.status || !strings.Contains(f.Reason, test.says)) {
					t.Errorf("%s: %s", f.Status, f.Reason)
				}
			}
			want := result.Pass
			if test.status == result.Fail || test.status == result.Inconclusive {
				want = test.status
			}
			if run.Verdict.Status != want {
				t.Errorf("verdict %s: %s", run.Verdict.Status, run.Verdict.Sentence)
			}
		})
	}
}
