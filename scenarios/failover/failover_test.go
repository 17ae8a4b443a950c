package failover_test

import (
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/reports/result"
	"tristore/scenarios/failover"
	"tristore/scenarios/judge"
	"tristore/scenarios/road"
	"tristore/suites"
)

func plan(t testing.TB, times int, synchronous bool) failover.Plan {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: this test starts real servers")
	}
	return failover.Plan{Head: road.Head{RunID: "failover-test", Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Embedded, Dir: t.TempDir(), Cache: programs.DefaultDir()},
		Seed: 1, Times: times, Synchronous: synchronous}
}

// drilled does one drill on real servers and judges it.
func drilled(t testing.TB, plan failover.Plan) (facts map[string]float64, findings map[string]result.Finding) {
	t.Helper()
	run, err := failover.Drill(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range suites.Failovers() {
		run.Claims = append(run.Claims, row.Claim)
	}
	judge.Run(run, suites.RulesOf(suites.Failovers()), judge.GateSupported)
	facts, findings = map[string]float64{}, map[string]result.Finding{}
	for _, saw := range run.Observations {
		for fact, value := range saw.Facts {
			facts[fact] = value
		}
	}
	for _, f := range run.Findings {
		findings[f.Claim] = f
	}
	return facts, findings
}

// A standby that was cut off while the application wrote on lacks those writes, and the
// promise of a synchronous one is broken; the application writes again all the same.
func TestDetachedStandbyLosesWrites(t *testing.T) {
	p := plan(t, 1, true)
	p.Faults = []failover.Fault{failover.Detached}
	facts, findings := drilled(t, p)
	if got := findings[failover.Kept]; got.Status != result.Fail || facts["lost_synchronous"] < 30 {
		t.Errorf("%s: %s: %v", got.Status, got.Reason, facts)
	}
	if got := findings[failover.Writable]; got.Status != result.Pass {
		t.Errorf("%s: %s: %v", got.Status, got.Reason, facts)
	}
}

// A loss that nobody answers leaves an application that cannot write.
func TestLossWithoutPromotion(t *testing.T) {
	p := plan(t, 1, false)
	p.Faults, p.Patience = []failover.Fault{failover.Unpromoted}, time.Second
	facts, findings := drilled(t, p)
	if got := findings[failover.Writable]; got.Status != result.Fail || facts["not_writable"] != 1 {
		t.Errorf("%s: %s: %v", got.Status, got.Reason, facts)
	}
	if got := findings[failover.Kept]; got.Status == result.Fail {
		t.Errorf("%s: %s: %v", got.Status, got.Reason, facts)
	}
}

func TestSpread(t *testing.T) {
	second := time.Second
	for _, test := range []struct {
		of   []time.Duration
		want failover.Distribution
	}{
		{nil, failover.Distribution{}},
		{[]time.Duration{second}, failover.Distribution{Count: 1, Min: second, Median: second, P90: second, Max: second}},
		{[]time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, failover.Distribution{Count: 10, Min: 1, Median: 5, P90: 9, Max: 10}},
		{[]time.Duration{1, 2, 3}, failover.Distribution{Count: 3, Min: 1, Median: 2, P90: 3, Max: 3}},
	} {
		if got := failover.Spread(test.of); got != test.want {
			t.Errorf("%v: %+v", test.of, got)
		}
	}
}

// BenchmarkFailover loses ten primaries and tells how long nobody could write: the worst of
// them is held against the 30 seconds that are promised. Acknowledged writes that are lost
// are counted, and with a synchronous standby none may be.
func BenchmarkFailover(b *testing.B) {
	for name, synchronous := range map[string]bool{"asynchronous": false, "synchronous": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				facts, findings := drilled(b, plan(b, 10, synchronous))
				for id, f := range findings {
					if f.Status != result.Pass {
						b.Fatalf("%s is %s: %s", id, f.Status, f.Reason)
					}
				}
				b.Logf("writable again after %.0f ms at least, %.0f median, %.0f p90, %.0f at most, of %.0f; noticed %.0f, promoted %.0f, first write %.0f (medians); %.0f of %.0f acknowledged writes lost",
					facts["min_ms"], facts["median_ms"], facts["p90_ms"], facts["max_ms"], facts["failovers"], facts["detect_ms"], facts["promote_ms"], facts["wait_ms"], facts["lost"], facts["acknowledged"])
				b.ReportMetric(facts["median_ms"], "median-ms")
				b.ReportMetric(facts["p90_ms"], "p90-ms")
				b.ReportMetric(facts["lost"], "lost-writes")
				b.ReportMetric(facts["max_ms"], "ours-ms")
				b.ReportMetric(30_000, "theirs-ms")
				b.ReportMetric(1, "target-at-most")
			}
		})
	}
}
