package campaign

import (
	"math"
	"sync/atomic"
	"time"

	"tristore/reports/stats"
	"tristore/scenarios/measure"
)

// steady says when a warm-up is over: when the median latency of the last quietTicks
// ticks has no change of level in it. It is asked by one goroutine; ended is read by others.
type steady struct {
	least time.Duration // the shortest warm-up
	tick  time.Duration
	p50   []float64
	ended atomic.Bool
}

// quietTicks is the fewest from which the test finds a change at all; the factor is how
// far two levels must be apart to matter.
const (
	quietTicks   = 20
	tickSamples  = 10
	shortestTick = 250 * time.Millisecond
	changeAlpha  = 0.01
	changeFactor = 1.25
)

// tick is long enough for some arrivals to be due in it.
func (p Plan) tick() time.Duration {
	if p.Closed {
		return shortestTick
	}
	return max(shortestTick, time.Duration(tickSamples/p.Rate*float64(time.Second)))
}

// patience is how long a warm-up may last.
func (p Plan) patience() time.Duration {
	return max(p.WarmMax, p.Warm, (quietTicks+1)*p.tick())
}

// hear serves load.Open.Settled.
func (s *steady) hear(seen measure.Seen) bool {
	at := math.NaN() // a tick without answers has no median
	if seen.Committed > 0 {
		at = seen.P50.Seconds()
	}
	s.p50 = append(s.p50, at)
	if len(s.p50) < quietTicks || time.Duration(len(s.p50))*s.tick < s.least {
		return false
	}
	answered := 0
	for _, v := range s.p50[len(s.p50)-quietTicks:] {
		if v == v { // no NaN
			answered++
		}
	}
	segments := stats.Segments(s.p50, changeAlpha, changeFactor)
	last := segments[len(segments)-1]
	over := last.To-last.From >= quietTicks && 2*answered > quietTicks
	s.ended.Store(over)
	return over
}
