package campaign

import (
	"fmt"
	"time"

	"tristore/scenarios/measure"
)

// watch tells once a second how the load goes, until the function that it returns is called.
func (p Plan) watch(live *measure.Live) (stop func()) {
	if p.Tell == nil {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		look, began, before := live.Look(), time.Now(), time.Now()
		for {
			select {
			case now := <-ticker.C:
				p.tell(p.progress(look(), now.Sub(before), now.Sub(began)))
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

// progress is one second of load in a line that a terminal has room for.
func (p Plan) progress(seen measure.Seen, within, since time.Duration) Progress {
	total := p.Warm + p.Measure
	said := Progress{Done: int(min(since, total).Round(time.Second) / time.Second), Total: int(total / time.Second), Live: true}
	said.Current = fmt.Sprintf("%g→%.0f/s p50 %s p99 %s %d failed", p.Rate, float64(seen.Committed+seen.Failed)/within.Seconds(), brief(seen.P50), brief(seen.P99), seen.Failed)
	switch {
	case since < p.Warm:
		said.Current = "warm " + said.Current
	case since > total:
		said.Current = "waiting for the last arrivals"
	}
	return said
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
