package load

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"tristore/reports/result"
	"tristore/scenarios/measure"
)

// The store is slow for its first second. The warm-up ends when the ticks say so, and
// nothing of it counts, wherever it ended.
func TestTheWarmUpEndsWhenTheLoadIsSteady(t *testing.T) {
	slow := func(n int64) time.Duration {
		if n < 100 {
			return 8 * ms
		}
		return ms
	}
	for _, c := range []struct {
		name   string
		enough int // quiet ticks after which the load is steady
		warmed time.Duration
		steady bool
		max    float64
	}{
		{"after three quiet ticks", 3, 1800*ms + settleAhead, true, 1},
		{"at once", 0, 250*ms + settleAhead, true, 8},
		{"never", 1000, 10 * time.Second, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				quiet, ticks := 0, 0
				open := Open{Pacer: Constant{100}, Workers: 2, Warm: 10 * time.Second, Measure: 2 * time.Second, Drain: time.Second, Clock: bubble{time.Now()}, Tick: 250 * ms}
				open.Settled = func(seen measure.Seen) bool {
					if ticks++; seen.P50 > 2*ms {
						quiet = 0
					} else {
						quiet++
					}
					return c.enough == 0 || quiet >= c.enough
				}
				w, err := open.Run(t.Context(), serve(slow))
				if err != nil {
					t.Fatal(err)
				}
				if w.Steady != c.steady || w.Warmed-c.warmed > 250*ms || c.warmed-w.Warmed > 250*ms {
					t.Errorf("steady %t after %s, want %t after %s", w.Steady, w.Warmed, c.steady, c.warmed)
				}
				if want := (result.Counts{Due: 200, Committed: 200}); w.Counts != want || len(w.Timeline) != 2 || w.Latency.Max > 1.01*c.max || w.Latency.Max < 0.99*c.max {
					t.Errorf("%+v in %d seconds, max %g ms", w.Counts, len(w.Timeline), w.Latency.Max)
				}
				if w.Offered != 100 || w.Achieved != 100 || ticks == 0 {
					t.Errorf("%g/s planned, %g/s achieved, asked %d times", w.Offered, w.Achieved, ticks)
				}
				accounted(t, w)
			})
		})
	}
	if _, err := (Open{Pacer: Constant{1}, Workers: 1, Measure: time.Second, Settled: func(measure.Seen) bool { return true }}).Run(t.Context(), serve(always(0))); err == nil {
		t.Error("no tick was accepted")
	}
}

// A closed loop whose warm-up ends in the second in which the store becomes fast: nothing
// of the slow time counts, and the measured phase is whole.
func TestAClosedLoopWarmsUpUntilItIsSteady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := Closed{Workers: 2, Warm: 10 * time.Second, Measure: 2 * time.Second, Drain: time.Second, Clock: bubble{time.Now()}, Tick: 250 * ms}
		closed.Settled = func(seen measure.Seen) bool { return seen.Committed > 0 && seen.P50 < 12*ms }
		w, err := closed.Run(t.Context(), serve(func(n int64) time.Duration {
			if n < 100 { // a second of two workers
				return 20 * ms
			}
			return 10 * ms
		}))
		if err != nil || !w.Steady || w.Warmed > 2*time.Second || w.Warmed < time.Second {
			t.Errorf("%v: steady %t after %s", err, w.Steady, w.Warmed)
		}
		if w.Counts.Committed != w.Counts.Due || w.Counts.Due < 398 || w.Counts.Due > 402 || w.Latency.Max > 10.1 || w.Seconds != 2 {
			t.Errorf("%+v in %g s, max %g ms", w.Counts, w.Seconds, w.Latency.Max)
		}
		closed.Settled = func(measure.Seen) bool { return false }
		if w, err := closed.Run(t.Context(), serve(always(10*ms))); err != nil || w.Steady || w.Warmed != 10*time.Second {
			t.Errorf("%v: never steady, and steady %t after %s", err, w.Steady, w.Warmed)
		}
	})
	if _, err := (Closed{Workers: 1, Measure: time.Second, Settled: func(measure.Seen) bool { return true }}).Run(t.Context(), serve(always(0))); err == nil {
		t.Error("no tick was accepted")
	}
}

func TestTheTimerIsNeverEarly(t *testing.T) {
	late, err := TimerError(t.Context(), 200*time.Microsecond, 50)
	if err != nil || len(late) != 50 || late[0] < 0 {
		t.Errorf("%v: %v", err, late)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if late, err := TimerError(over, time.Hour, 50); err == nil || len(late) != 0 {
		t.Errorf("a cancelled wait: %v, %v", err, late)
	}
}
