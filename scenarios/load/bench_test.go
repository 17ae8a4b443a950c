package load

import (
	"context"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tristore/drivers/store"
)

// BenchmarkStartLag offers 10,000 arrivals per second to nothing, several times, and
// reports how late they start and what pacing costs: medians of the rounds. The targets
// are those of an idle machine.
func BenchmarkStartLag(b *testing.B) {
	const rate, window, rounds = 10_000, 2 * time.Second, 7
	var p50, p99, core []float64
	for range rounds {
		began := used(b)
		w, err := Open{Pacer: Constant{rate}, Workers: 16, Measure: window, Drain: time.Second}.Run(b.Context(), func(context.Context, int, int64) store.Outcome { return store.Done() })
		if err != nil {
			b.Fatal(err)
		}
		core = append(core, 100*float64(used(b)-began)/float64(window))
		p50, p99 = append(p50, 1000*w.Lag.P50), append(p99, 1000*w.Lag.P99)
	}
	for _, target := range []struct {
		name, unit string
		ours       []float64
		bound      float64
	}{{"p50", "µs", p50, 60}, {"p99", "µs", p99, 200}, {"core", "percent", core, 40}} {
		b.Run(target.name, func(b *testing.B) {
			for b.Loop() {
				slices.Sort(target.ours)
				b.ReportMetric(target.ours[rounds/2], "ours-"+target.unit)
				b.ReportMetric(target.bound, "theirs-"+target.unit)
				b.ReportMetric(1, "target-at-most")
			}
		})
	}
}

// used is the processor time of this process.
func used(b *testing.B) time.Duration {
	b.Helper()
	var all unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &all); err != nil {
		b.Fatal(err)
	}
	return time.Duration(all.Utime.Nano() + all.Stime.Nano())
}
