package load

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tristore/drivers/store"
	"tristore/reports/result"
)

const ms = time.Millisecond

// bubble is the fake clock of testing/synctest: time passes only when all wait.
type bubble struct{ zero time.Time }

func (b bubble) Now() time.Duration { return time.Since(b.zero) }

func (b bubble) Wait(ctx context.Context, until time.Duration) error {
	timer := time.NewTimer(until - b.Now())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ctx.Err()
	}
}

// serve is a step that takes so long, in fake time.
func serve(took func(arrival int64) time.Duration) Step {
	return func(ctx context.Context, _ int, arrival int64) store.Outcome {
		timer := time.NewTimer(took(arrival))
		defer timer.Stop()
		select {
		case <-timer.C:
			return store.Done()
		case <-ctx.Done():
			return store.Outcome{Err: ctx.Err()}
		}
	}
}

func always(d time.Duration) func(int64) time.Duration {
	return func(int64) time.Duration { return d }
}

func TestOpenLoopOnAFakeClock(t *testing.T) {
	type expected struct {
		counts          result.Counts
		maxMs, pacingMs float64
	}
	for _, c := range []struct {
		name string
		open Open
		step Step
		want expected
	}{
		{"a fast store", Open{Pacer: Constant{100}, Workers: 2, Measure: time.Second, Drain: time.Second}, serve(always(5 * ms)),
			expected{result.Counts{Due: 100, Committed: 100}, 5, 0}},
		{"warm-up does not count", Open{Pacer: Constant{100}, Workers: 2, Warm: 500 * ms, Measure: time.Second, Drain: time.Second}, serve(func(n int64) time.Duration {
			if n < 40 {
				return 20 * ms
			}
			return ms
		}), expected{result.Counts{Due: 100, Committed: 100}, 1, 0}},
		// One worker, 20 ms each, due every 10 ms: arrival n ends at 20(n+1), due at 10n.
		{"a store at half the rate: everything starts late, nothing is dropped", Open{Pacer: Constant{100}, Workers: 1, Measure: time.Second, Drain: time.Minute}, serve(always(20 * ms)),
			expected{result.Counts{Due: 100, Committed: 100, Late: 99, Overran: 50}, 1010, 0}},
		// Stalled for 500 ms by arrival 20: the truth is 500 for it, 490 for the next …
		{"a stall is in every arrival that waited", Open{Pacer: Constant{100}, Workers: 1, Measure: time.Second, Drain: time.Minute}, serve(func(n int64) time.Duration {
			if n == 20 {
				return 500 * ms
			}
			return 0
		}), expected{result.Counts{Due: 100, Committed: 100, Late: 49}, 500, 0}},
		// The queue holds two while the one worker is stuck until the drain ends.
		{"a full queue drops and counts", Open{Pacer: Constant{10}, Workers: 1, Queue: 2, Measure: time.Second, Drain: time.Second}, serve(always(time.Hour)),
			expected{result.Counts{Due: 10, Unknown: 1, Dropped: 9, Overran: 1}, 0, 0}},
		{"the end of the drain drops what still waits", Open{Pacer: Constant{10}, Workers: 1, Measure: time.Second, Drain: 550 * ms}, serve(always(300 * ms)),
			expected{result.Counts{Due: 10, Committed: 5, Unknown: 1, Dropped: 4, Late: 5, Overran: 3}, 1100, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.open.Clock = bubble{time.Now()}
				w, err := c.open.Run(t.Context(), c.step)
				if err != nil {
					t.Fatal(err)
				}
				if w.Counts != c.want.counts {
					t.Errorf("counts %+v, want %+v", w.Counts, c.want.counts)
				}
				if math.Abs(w.Latency.Max-c.want.maxMs) > 0.002*c.want.maxMs+0.001 || w.Pacing.Max > c.want.pacingMs+0.001 {
					t.Errorf("latency max %.3f ms, want %.3f; pacing max %.3f ms", w.Latency.Max, c.want.maxMs, w.Pacing.Max)
				}
				accounted(t, w)
			})
		})
	}
}

// accounted: every arrival due has exactly one end.
func accounted(t *testing.T, w Window) {
	t.Helper()
	if c := w.Counts; c.Due != c.Committed+c.Refused+c.Unknown+c.Dropped {
		t.Errorf("%d arrivals are unaccounted for: %+v", c.Due-c.Committed-c.Refused-c.Unknown-c.Dropped, c)
	}
}

// The percentiles of a stall must be those computed from the arrival times, and the
// service time alone must be shown to miss them.
func TestStallMatchesTheAnalyticTruth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, stall = 1000, 500 * ms
		open := Open{Pacer: Poisson{rate, 3}, Workers: 1, Measure: 20 * time.Second, Drain: time.Minute, Clock: bubble{time.Now()}}
		var begin atomic.Int64
		clock := open.Clock
		w, err := open.Run(t.Context(), func(context.Context, int, int64) store.Outcome {
			if now := clock.Now(); now >= 5*time.Second && begin.Load() == 0 {
				begin.Store(int64(now))
				<-time.After(stall)
			}
			return store.Done()
		})
		if err != nil {
			t.Fatal(err)
		}
		var truth []float64 // milliseconds, from the pacer and the stall alone
		end := time.Duration(begin.Load()) + stall
		for number, due := int64(0), time.Duration(0); ; number++ {
			if due = open.Pacer.Next(due, number); due >= open.Measure {
				break
			}
			waited := 0.0
			if due >= time.Duration(begin.Load()) && due < end {
				waited = float64(end-due) / float64(ms)
			}
			truth = append(truth, waited)
		}
		slices.Sort(truth)
		near := func(what string, got, want float64) {
			t.Helper()
			if math.Abs(got-want) > 0.02*want {
				t.Errorf("%s is %.2f ms, the truth is %.2f", what, got, want)
			}
		}
		near("p99", w.Latency.P99, truth[len(truth)*99/100])
		near("max", w.Latency.Max, truth[len(truth)-1])
		if w.Service.P99 > truth[len(truth)*99/100]/10 {
			t.Errorf("the service p99 of %.2f ms shows the stall too: then this test proves nothing", w.Service.P99)
		}
	})
}

func TestCancelEndsCleanlyWithWhatWasMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		open := Open{Pacer: Constant{100}, Workers: 2, Warm: time.Second, Measure: 10 * time.Second, Drain: time.Second, Clock: bubble{time.Now()}}
		time.AfterFunc(3*time.Second+5*ms, cancel)
		w, err := open.Run(ctx, serve(always(ms)))
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "2.005s of 10s") {
			t.Errorf("error %v", err)
		}
		if w.Counts.Committed != 201 || w.Seconds != 2.005 {
			t.Errorf("%+v in %.3f s", w.Counts, w.Seconds)
		}
		accounted(t, w)
	})
}

func TestPanicBecomesAnErrorAndKeepsWhatWasMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := Open{Pacer: Constant{100}, Workers: 4, Measure: 10 * time.Second, Drain: time.Second, Clock: bubble{time.Now()}}
		w, err := open.Run(t.Context(), func(_ context.Context, _ int, arrival int64) store.Outcome {
			if arrival == 50 {
				panic("a bug in the step")
			}
			return store.Done()
		})
		if err == nil || !strings.Contains(err.Error(), "arrival 50 panicked: a bug in the step") {
			t.Errorf("error %v", err)
		}
		if w.Counts.Committed != 50 || w.Counts.Unknown != 1 {
			t.Errorf("%+v", w.Counts)
		}
		accounted(t, w)
	})
}

func TestWhatIsAskedDoesNotDependOnTheWorkers(t *testing.T) {
	numbers := func(workers int) (all []int64) {
		synctest.Test(t, func(t *testing.T) {
			var mutex sync.Mutex
			open := Open{Pacer: Poisson{500, 1}, Workers: workers, Measure: time.Second, Drain: time.Second, Clock: bubble{time.Now()}}
			_, err := open.Run(t.Context(), func(_ context.Context, _ int, arrival int64) store.Outcome {
				mutex.Lock()
				defer mutex.Unlock()
				all = append(all, arrival)
				return store.Done()
			})
			if err != nil {
				t.Fatal(err)
			}
		})
		slices.Sort(all)
		return all
	}
	if one, eight := numbers(1), numbers(8); !slices.Equal(one, eight) || len(one) == 0 {
		t.Errorf("1 worker served %d arrivals, 8 served %d", len(one), len(eight))
	}
}

func TestLoadsThatCannotBeOfferedAreRefused(t *testing.T) {
	good := Open{Pacer: Constant{1}, Workers: 1, Measure: time.Second}
	for name, spoil := range map[string]func(*Open){
		"no pacer":        func(o *Open) { o.Pacer = nil },
		"share beyond":    func(o *Open) { o.Share = Share{Index: 8, Of: 8} },
		"share negative":  func(o *Open) { o.Share = Share{Index: -1, Of: 8} },
		"nothing due":     func(o *Open) { o.Pacer = Recorded{Offsets: []time.Duration{time.Hour}} },
		"a bad pacer":     func(o *Open) { o.Pacer = Steps{} },
		"rate zero":       func(o *Open) { o.Pacer = Constant{0} },
		"rate NaN":        func(o *Open) { o.Pacer = Poisson{PerSecond: math.NaN()} },
		"rate beyond all": func(o *Open) { o.Pacer = Constant{math.Inf(1)} },
		"no worker":       func(o *Open) { o.Workers = 0 },
		"no measure":      func(o *Open) { o.Measure = 0 },
		"negative warm":   func(o *Open) { o.Warm = -1 },
		"negative drain":  func(o *Open) { o.Drain = -1 },
		"negative queue":  func(o *Open) { o.Queue = -1 },
	} {
		bad := good
		spoil(&bad)
		if _, err := bad.Run(t.Context(), serve(always(0))); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// On the real clock a stalled step must show in the latencies. Only lower bounds are
// asked, which a slow machine can but exceed.
func TestStallOnTheRealClock(t *testing.T) {
	const stall = 200 * ms
	var stalled atomic.Bool
	open := Open{Pacer: Constant{500}, Workers: 1, Measure: time.Second, Drain: time.Minute}
	w, err := open.Run(t.Context(), func(_ context.Context, _ int, arrival int64) store.Outcome {
		if arrival == 100 {
			<-time.After(stall)
			stalled.Store(true)
		}
		return store.Done()
	})
	if err != nil || !stalled.Load() {
		t.Fatalf("stalled %t, error %v", stalled.Load(), err)
	}
	accounted(t, w)
	if w.Counts.Due != 500 || w.Counts.Committed != 500 {
		t.Errorf("%+v", w.Counts)
	}
	// 100 arrivals fell due during the stall; those due in its first half waited at least half of it.
	if w.Latency.Max < 200 || w.Counts.Late < 95 || w.Latency.P95 < 90 {
		t.Errorf("max %.1f ms, p95 %.1f ms, %d late: the stall is hidden", w.Latency.Max, w.Latency.P95, w.Counts.Late)
	}
	if w.Lag.Count != 500 || w.Latency.Clipped+w.Lag.Clipped+w.Pacing.Clipped != 0 {
		t.Errorf("%d lags; clipped: latency %d, lag %d, pacing %d", w.Lag.Count, w.Latency.Clipped, w.Lag.Clipped, w.Pacing.Clipped)
	}
}
