package load

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"tristore/drivers/store"
)

func TestALoadHasMoreProcessorsWhileItIsLateOrBusy(t *testing.T) {
	var own thrift
	now := time.Duration(0)
	own.begin(now)
	defer own.end()
	slice := func(late, arrivals int) {
		for n := range arrivals {
			lag := time.Duration(0)
			if n < late {
				lag = 2 * ms
			}
			if n == arrivals-1 {
				now += thriftSlice
			}
			own.saw(now, lag)
		}
	}
	has := func(when string, want int) {
		t.Helper()
		if got := runtime.GOMAXPROCS(0); got != want {
			t.Errorf("%s: %d processors, want %d", when, got, want)
		}
	}
	has("at the beginning", 1)
	slice(2, 100)
	has("one in fifty late", 1)
	slice(3, 100)
	has("more than that", processors)
	for range thriftCalm - 1 {
		slice(0, 100)
		has("soon after", processors)
	}
	slice(0, 1)
	has("calm for a while", 1)
	for processorTime()-own.spent < thriftSlice {
		own.saw(now, 0)
	}
	slice(0, 1)
	has("busy", processors)
	own.begin(now)
	own.end()
	has("at the end", processors)
}

func TestAfterALoadTheProcessorsAreAsBefore(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	var first atomic.Int64
	step := func(context.Context, int, int64) store.Outcome {
		first.CompareAndSwap(0, int64(runtime.GOMAXPROCS(0)))
		return store.Done()
	}
	for name, run := range map[string]func() (Window, error){
		"open": func() (Window, error) {
			return Open{Pacer: Constant{1000}, Workers: 2, Measure: 20 * ms}.Run(t.Context(), step)
		},
		"closed": func() (Window, error) { return Closed{Workers: 1, Measure: 20 * ms}.Run(t.Context(), step) },
	} {
		first.Store(0)
		on := 1
		if name == "closed" {
			on = before
		}
		if w, err := run(); err != nil || w.Counts.Due == 0 || first.Load() != int64(on) || runtime.GOMAXPROCS(0) != before {
			t.Errorf("%s: %v, %d arrivals, begun on %d processors, %d afterwards", name, err, w.Counts.Due, first.Load(), runtime.GOMAXPROCS(0))
		}
	}
}

func TestAnArrivalAllocatesNothing(t *testing.T) {
	const from, until = 500, 2500
	var before, after runtime.MemStats
	w, err := Open{Pacer: Constant{10_000}, Workers: 1, Measure: 300 * ms, Drain: time.Minute}.Run(t.Context(), func(_ context.Context, _ int, arrival int64) store.Outcome {
		switch arrival {
		case from:
			runtime.ReadMemStats(&before)
		case until:
			runtime.ReadMemStats(&after)
		}
		return store.Done()
	})
	if err != nil || w.Counts.Committed != w.Counts.Due || before.Mallocs == 0 {
		t.Fatalf("%v: %+v", err, w.Counts)
	}
	if per := float64(after.Mallocs-before.Mallocs) / (until - from); per > 0.02 {
		t.Errorf("%.3f allocations per arrival", per)
	}
}
