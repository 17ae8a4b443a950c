package judge

import (
	"testing"

	"tristore/reports/result"
)

// inClosed makes of a run one of a closed loop, whose generator is fast enough.
func inClosed(change func(*result.Run)) func(*result.Run) {
	return func(r *result.Run) {
		m := &r.Measurements[0]
		m.Loop, m.Achieved = "closed", 1000
		r.Load.ClosedWorkers, r.Load.Rate, r.Load.Promises, r.Load.Proof.NoOp.Achieved = 8, 0, nil, 2000
		if change != nil {
			change(r)
		}
	}
}

func TestAClosedLoopIsJudgedByWhatWasServed(t *testing.T) {
	judgeAll(t, map[string]loadCase{
		"served": {1000, 0, inClosed(nil), result.Pass, "PASS", "in a closed loop of 8 workers was served; how long users would wait a closed loop cannot tell"},
		"refused": {1000, 0, inClosed(func(r *result.Run) { r.Measurements[0].Counts.Due, r.Measurements[0].Counts.Refused = 1100, 100 }),
			result.Fail, "FAIL", "100 of 1100 arrivals were not served"},
		"a slow generator": {1000, 0, inClosed(func(r *result.Run) { r.Load.Proof.NoOp.Achieved = 1999 }), result.Inconclusive, "INVALID", "may have measured the generator"},
		"a promise": {1000, 0, inClosed(func(r *result.Run) { r.Load.Promises = []result.Promise{{Percent: 99, LimitMs: 200}} }),
			result.Inconclusive, "INVALID INVALID", "cannot tell how long users wait"},
		"an open window": {1000, 0, inClosed(func(r *result.Run) { r.Measurements[0].Loop = "open" }), result.Inconclusive, "INVALID", "disagree about the loop"},
		"no sample":      {0, 0, inClosed(nil), result.Inconclusive, "INVALID", "no arrival was due"},
		"never steady":   {1000, 0, inClosed(func(r *result.Run) { r.Load.Proof.Steady = false }), result.Inconclusive, "INCONCLUSIVE", "no steady part"},
		"not proved":     {1000, 0, inClosed(func(r *result.Run) { r.Load.Proof = nil }), result.Inconclusive, "INVALID", "not proved"},
	})
}
