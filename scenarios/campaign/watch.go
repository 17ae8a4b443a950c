package campaign

import (
	"fmt"
	"sync/atomic"
	"time"

	"tristore/scenarios/measure"
)

// watch tells once a second how the load goes, until the function that it
// returns is called.
func (p Plan) watch(live *measure.Live, steady *atomic.Bool) (stop func()) {
	if p.Tell == nil {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		look, before := live.Look(), time.Now()
		patience, measuring := before.Add(p.patience()), time.Time{} // zero while warming up
		for {
			select {
			case now := <-ticker.C:
				if measuring.IsZero() && (steady.Load() || now.After(patience)) {
					measuring = now
				}
				var since time.Duration
				if !measuring.IsZero() {
					since = now.Sub(measuring)
				}
				p.tell(p.progress(look(), now.Sub(before), since))
				before = now
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// progress is one second of load in a line that a terminal has room for; since is how
// long the measured phase lasts, zero before it.
func (p Plan) progress(seen measure.Seen, within, since time.Duration) Progress {
	said := Progress{Done: int(min(since, p.Measure) / time.Second), Total: int(p.Measure / time.Second), Live: true}
	said.Current = fmt.Sprintf("%.4g→%.0f/s p50 %s p99 %s %d failed", p.now(since), float64(seen.Committed+seen.Failed)/within.Seconds(), brief(seen.P50), brief(seen.P99), seen.Failed)
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
