package campaign

import (
	"fmt"
	"sync/atomic"
	"time"

	"tristore/scenarios/measure"
	"tristore/scenarios/road"
)

// watch tells once a second how the load goes, until the function that it
// returns is called.
func (p Plan) watch(live *measure.Live, steady *atomic.Bool) (stop func()) {
	patience, measuring := time.Now().Add(p.patience()), time.Time{} // zero while warming up
	return p.Watch(live, func(look road.Look) road.Progress {
		if measuring.IsZero() && (steady.Load() || look.At.After(patience)) {
			measuring = look.At
		}
		var since time.Duration
		if !measuring.IsZero() {
			since = look.At.Sub(measuring)
		}
		return p.progress(look, since)
	})
}

// progress is one second of load in a line that a terminal has room for; since is how
// long the measured phase lasts, zero before it.
func (p Plan) progress(look road.Look, since time.Duration) road.Progress {
	said := road.Progress{Done: int(min(since, p.Measure) / time.Second), Total: int(p.Measure / time.Second), Live: true}
	said.Current = fmt.Sprintf("%.4g→%.0f/s p50 %s p99 %s %d failed", p.now(since), look.Rate(), brief(look.P50), brief(look.P99), look.Failed)
	if p.Closed {
		said.Current = fmt.Sprintf("%.0f/s p50 %s p99 %s %d failed", look.Rate(), brief(look.P50), brief(look.P99), look.Failed)
	}
	switch {
	case since == 0:
		said.Current = "warm " + said.Current
	case since > p.Measure+time.Second: // it began up to a second before it was seen to
		said.Current = "waiting for the last arrivals"
	}
	return said
}

// now is the rate asked for at that time of the measured phase.
func (p Plan) now(since time.Duration) float64 {
	begin := max(0, min(since, p.Measure)-time.Second)
	return p.pacer().Planned(begin, begin+time.Second)
}

// brief is a latency in as few letters as tell it.
func brief(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1fms", d.Seconds()*1000)
	case d < 10*time.Second:
		return fmt.Sprintf("%.0fms", d.Seconds()*1000)
	default:
		return fmt.Sprintf("%.0fs", d.Seconds())
	}
}
