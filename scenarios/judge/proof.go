package judge

import (
	"fmt"
	"math"

	"tristore/reports/result"
	"tristore/reports/stats"
)

// allowedLag is how late the generator may start arrivals by itself, at its p99: a
// hundredth of the tightest promise on arrivals. Where only stores have promises it is a
// hundredth of their tightest, but a millisecond at least: judgeStore looks closer.
func allowedLag(l result.Load) float64 {
	least := math.Inf(1)
	for _, p := range ofArrivals(l) {
		allowed := lagOfPromise * p.LimitMs
		if p.Store != "" {
			allowed = max(allowed, storeLagMs)
		}
		least = min(least, allowed)
	}
	return least
}

// lagWords say where the allowed lag comes from.
func lagWords(l result.Load) string {
	if ofArrivals(l)[0].Store != "" {
		return "promises on stores alone allow"
	}
	return "are 1 % of the promise"
}

// storeLagMs is from when on an arrival counts as started late.
const storeLagMs = 1

// unproved says what the generator or the machine failed to show; empty when both are
// what the window needs.
func unproved(l result.Load) string {
	p := l.Proof
	if p == nil {
		return "the generator was not proved before the window"
	}
	noOp := p.NoOp
	switch c := noOp.Counts; {
	case c.Due == 0 || noOp.Pacing.Count == 0:
		return "nothing was due while the generator was proved"
	case c.Committed != c.Due:
		return fmt.Sprintf("of %d arrivals at twice the rate, over an endpoint that answers at once, %d were not served", c.Due, c.Due-c.Committed)
	case noOp.Pacing.P99 > allowedLag(l):
		return fmt.Sprintf("at twice the rate, over an endpoint that answers at once, the generator itself is %s ms late (p99), over the %s ms that %s: it is starved on this machine",
			number(noOp.Pacing.P99), number(allowedLag(l)), lagWords(l))
	case len(p.Canaries) == 0:
		return "no canary was asked"
	}
	for _, c := range p.Canaries {
		if !(c.BeforeMs > 0) || !(c.AfterMs > 0) {
			return fmt.Sprintf("the %s canary was not asked before and after the window", c.Name)
		}
		if moved(c) {
			return fmt.Sprintf("the machine changed while the window ran: the %s canary took %s ms before it and %s ms after", c.Name, number(c.BeforeMs), number(c.AfterMs))
		}
	}
	return ""
}

func moved(c result.Canary) bool {
	low, high := min(c.BeforeMs, c.AfterMs), max(c.BeforeMs, c.AfterMs)
	return !(high <= low*c.MaxFactor || high-low <= c.FloorMs)
}

// What counts as a change of level within a window, by second.
const (
	unsteadyAlpha  = 0.01
	unsteadyFactor = 1.5
)

// unsteady says why a window has no steady part to speak of: its warm-up found no end, or
// no level of its median lasted for half of it.
func unsteady(l result.Load, m result.Measurement) string {
	if l.Cold {
		return ""
	}
	if !l.Proof.Steady {
		return fmt.Sprintf("no steady part: latencies were still changing after %s s of warm-up", number(l.Proof.WarmSeconds))
	}
	series := make([]float64, len(m.Timeline))
	for i, second := range m.Timeline {
		if series[i] = second.P50; second.Count == 0 {
			series[i] = math.NaN()
		}
	}
	longest := 0
	segments := stats.Segments(series, unsteadyAlpha, unsteadyFactor)
	for _, s := range segments {
		longest = max(longest, s.To-s.From)
	}
	if 2*longest < len(series) {
		return fmt.Sprintf("no steady part: the median of each second changed its level %d times, and none lasted for half of the window", len(segments)-1)
	}
	return ""
}
