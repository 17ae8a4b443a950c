package judge

import (
	"testing"

	"tristore/reports/result"
)

// ofUsers promises users.p99=200ms over operations that took what the arrivals took.
func ofUsers(change func(*result.StoreLatency)) func(*result.Run) {
	return func(r *result.Run) {
		m := &r.Measurements[0]
		m.Stores = []result.StoreLatency{{Store: "users", Operations: m.Counts.Due, Committed: m.Counts.Committed, Latency: m.Latency}}
		r.Load.Promises = []result.Promise{{Percent: 99, LimitMs: 200, Store: "users"}}
		if change != nil {
			change(&m.Stores[0])
		}
	}
}

func TestAPromiseOfAStoreIsJudgedByItsOperations(t *testing.T) {
	judgeAll(t, map[string]loadCase{
		"kept":    {1000, 0, ofUsers(nil), result.Pass, "PASS PASS PASS", "kept what was promised"},
		"broken":  {1000, 30, ofUsers(nil), result.Fail, "FAIL PASS PASS", "30 of 1000 operations of users took over 200 ms"},
		"too few": {458, 0, ofUsers(nil), result.Inconclusive, "INCONCLUSIVE PASS PASS", "about 459 would do"},
		"refused are over": {1000, 0, ofUsers(func(of *result.StoreLatency) { of.Operations, of.Refused = 1100, 100 }),
			result.Fail, "FAIL PASS PASS", "100 of 1100 operations"},
		"dropped are over": {1000, 0, ofUsers(func(of *result.StoreLatency) { of.Operations, of.Dropped = 1100, 100 }),
			result.Fail, "FAIL PASS PASS", "100 of 1100 operations"},
		"unknown are over": {1000, 0, ofUsers(func(of *result.StoreLatency) { of.Operations, of.Unknown = 1100, 100 }),
			result.Fail, "FAIL PASS PASS", "100 of 1100 operations"},
		"unaccounted":    {1000, 0, ofUsers(func(of *result.StoreLatency) { of.Operations++ }), result.Inconclusive, "INVALID PASS PASS", "1 of 1001 operations of users are unaccounted"},
		"latencies lost": {1000, 0, ofUsers(func(of *result.StoreLatency) { of.Latency.Count-- }), result.Inconclusive, "INVALID PASS PASS", "999 latencies"},
		"histogram lost": {1000, 0, ofUsers(func(of *result.StoreLatency) { of.Latency.V2 = "" }), result.Inconclusive, "INVALID PASS PASS", "does not hold its samples"},
		"clipped":        {1000, 0, ofUsers(func(of *result.StoreLatency) { of.Latency.Clipped = 1 }), result.Inconclusive, "INVALID PASS PASS", "outside the recorder's range"},
		"never asked":    {1000, 0, ofUsers(func(of *result.StoreLatency) { *of = result.StoreLatency{Store: "users"} }), result.Inconclusive, "INVALID PASS PASS", "no operation of users"},
		"another store":  {1000, 0, ofUsers(func(of *result.StoreLatency) { of.Store = "permissions" }), result.Inconclusive, "INVALID PASS PASS", "no single record"},
		"late by itself, and broken": {1000, 30, func(r *result.Run) {
			ofUsers(nil)(r)
			r.Load.Promises = append(r.Load.Promises, result.Promise{Percent: 99, LimitMs: 900})
			r.Measurements[0].Pacing.P99 = 2.1
		}, result.Inconclusive, "INVALID PASS PASS PASS", "may not be to blame"},
		"late by itself, and kept all the same": {1000, 0, func(r *result.Run) {
			ofUsers(nil)(r)
			r.Load.Promises = append(r.Load.Promises, result.Promise{Percent: 99, LimitMs: 900})
			r.Measurements[0].Pacing.P99 = 2.1
		}, result.Pass, "PASS PASS PASS PASS", ""},
		"late by itself, with nothing but stores promised": {1000, 0, func(r *result.Run) {
			ofUsers(nil)(r)
			r.Measurements[0].Pacing.P99 = 2.1
		}, result.Inconclusive, "INVALID INVALID INVALID", "promises on stores alone allow"},
	})
}
