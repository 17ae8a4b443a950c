package load

import (
	"context"
	"hash/fnv"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tristore/drivers/store"
	"tristore/reports/result"
)

// digest is what a load asked for, whatever the order: a sum of hashes of (arrival, due).
type digest struct {
	sum   atomic.Uint64
	count atomic.Int64
}

func (d *digest) step(clock Clock) Step {
	return func(_ context.Context, _ int, arrival int64) store.Outcome {
		hash := fnv.New64a()
		for at := range 8 {
			_, _ = hash.Write([]byte{byte(arrival >> (8 * at)), byte(int64(clock.Now()) >> (8 * at))})
		}
		d.sum.Add(hash.Sum64())
		d.count.Add(1)
		return store.Done()
	}
}

// On a fake clock every arrival starts when it is due, so the digest holds the times too.
func TestOneAndEightGeneratorsAskForTheSame(t *testing.T) {
	record := make([]time.Duration, 900)
	for i := range record {
		record[i] = time.Duration(i) * 777 * time.Microsecond
	}
	for name, pacer := range map[string]Pacer{
		"constant": Constant{500}, "Poisson": Poisson{500, 4}, "ramp": Ramp{10, 900, time.Second}, "steps": Steps{{100, 400 * ms}, {900, time.Second}}, "recorded": Recorded{Offsets: record},
	} {
		t.Run(name, func(t *testing.T) {
			offer := func(generators int64) (all *digest, due int64, offered float64) {
				all = &digest{}
				synctest.Test(t, func(t *testing.T) {
					clock := bubble{time.Now()}
					windows := make([]Window, generators)
					var running sync.WaitGroup
					for index := range generators {
						running.Go(func() {
							w, err := Open{Pacer: pacer, Share: Share{index, generators}, Workers: 4, Measure: time.Second, Drain: time.Second, Clock: clock}.Run(t.Context(), all.step(clock))
							if err != nil {
								t.Error(err)
							}
							windows[index] = w
						})
					}
					running.Wait()
					for _, w := range windows {
						due, offered = due+w.Counts.Due, offered+w.Offered
					}
				})
				return all, due, offered
			}
			one, dueOne, offeredOne := offer(1)
			eight, dueEight, offeredEight := offer(8)
			if one.sum.Load() != eight.sum.Load() || one.count.Load() != eight.count.Load() || dueOne != dueEight || dueOne == 0 {
				t.Errorf("1 generator asked %d with digest %x, 8 asked %d with %x", dueOne, one.sum.Load(), dueEight, eight.sum.Load())
			}
			if math.Abs(offeredOne-offeredEight) > 1e-6 {
				t.Errorf("planned %g and %g per second", offeredOne, offeredEight)
			}
			if seven, _, _ := offer(7); name == "Poisson" && seven.sum.Load() != one.sum.Load() {
				t.Error("7 generators asked for something else")
			}
		})
	}
}

func TestClosedLoopOnAFakeClock(t *testing.T) {
	for _, c := range []struct {
		name    string
		closed  Closed
		took    func(int64) time.Duration
		want    result.Counts
		rate    float64
		maxMs   float64
		dropped int64
	}{
		{"two workers, 10 ms each", Closed{Workers: 2, Measure: time.Second, Drain: time.Second}, always(10 * ms), result.Counts{Due: 200, Committed: 200}, 200, 10, 0},
		{"warm-up does not count", Closed{Workers: 1, Warm: 500 * ms, Measure: time.Second, Drain: time.Second}, func(n int64) time.Duration {
			if n == 0 {
				return 500 * ms
			}
			return 10 * ms
		}, result.Counts{Due: 100, Committed: 100}, 100, 10, 0},
		// Begun before the measured phase and ended inside: it is in no number.
		{"across the beginning", Closed{Workers: 1, Warm: 95 * ms, Measure: time.Second, Drain: time.Second}, always(10 * ms), result.Counts{Due: 100, Committed: 100, Overran: 1}, 99, 10, 0},
		// Ends after the phase: its latency counts, since leaving it out hides the slow ones; the rate does not.
		{"across the end", Closed{Workers: 1, Measure: time.Second, Drain: time.Minute}, always(300 * ms), result.Counts{Due: 4, Committed: 4, Overran: 1}, 3, 300, 0},
		{"the drain ends what still runs", Closed{Workers: 1, Measure: time.Second, Drain: 100 * ms}, always(700 * ms), result.Counts{Due: 2, Committed: 1, Unknown: 1, Overran: 1}, 1, 700, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.closed.Clock = bubble{time.Now()}
				w, err := c.closed.Run(t.Context(), serve(c.took))
				if err != nil {
					t.Fatal(err)
				}
				if w.Counts != c.want || w.Achieved != c.rate || math.Abs(w.Latency.Max-c.maxMs) > 0.002*c.maxMs || w.Loop != "closed" {
					t.Errorf("%s: %+v at %g/s, max %g ms; want %+v at %g/s, %g ms", w.Loop, w.Counts, w.Achieved, w.Latency.Max, c.want, c.rate, c.maxMs)
				}
				accounted(t, w)
			})
		})
	}
}

func TestClosedLoopEndsWhenItIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(505*ms, cancel)
		w, err := Closed{Workers: 3, Measure: time.Hour, Drain: time.Second, Clock: bubble{time.Now()}}.Run(ctx, serve(always(10*ms)))
		if err == nil || !strings.Contains(err.Error(), "after 505ms of 1h0m0s") || w.Counts.Committed != 150 || w.Seconds != 0.505 {
			t.Errorf("%v: %+v in %g s", err, w.Counts, w.Seconds)
		}
		accounted(t, w)
	})
	if _, err := (Closed{Workers: 0, Measure: time.Second}).Run(t.Context(), serve(always(0))); err == nil {
		t.Error("no worker was accepted")
	}
}

// A closed loop must not be mistaken for the truth: while the store stalls, nobody asks.
func TestAClosedLoopHidesAStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := bubble{time.Now()}
		stall := func(ctx context.Context, _ int, _ int64) store.Outcome {
			took := ms
			if now := clock.Now(); now >= 5*time.Second && now < 5500*ms {
				took = 5500*ms - now
			}
			<-time.After(took)
			return store.Done()
		}
		closed, err := Closed{Workers: 4, Measure: 20 * time.Second, Drain: time.Second, Clock: clock}.Run(t.Context(), stall)
		if err != nil {
			t.Fatal(err)
		}
		clock = bubble{time.Now()}
		open, err := Open{Pacer: Constant{400}, Workers: 4, Measure: 20 * time.Second, Drain: time.Second, Clock: clock}.Run(t.Context(), stall)
		if err != nil {
			t.Fatal(err)
		}
		// 200 of 8,000 arrivals are due while nothing is served. The 80th of them waits 300 ms
		// for the end of the stall and 20 ms for those before it: that is the truth at p99.
		if open.Latency.P99 < 318 || open.Latency.P99 > 322 {
			t.Errorf("open loop: p99 %.1f ms", open.Latency.P99)
		}
		if closed.Latency.P99 > 2 || open.Service.P99 > 2 {
			t.Errorf("closed loop %.1f ms, service time alone %.1f ms at p99: then this test proves nothing", closed.Latency.P99, open.Service.P99)
		}
	})
}
