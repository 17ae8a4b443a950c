package load

import (
	"fmt"
	"slices"
	"sort"
	"time"
)

// Recorded repeats due times that were seen before, as fast as then or at another speed.
// It keeps 8 bytes per arrival; whoever reads a trace gives the offsets of its operations
// from the first one.
type Recorded struct {
	Offsets []time.Duration // since the run's zero, never going back
	// Speed is how many times faster than recorded; zero means 1.
	Speed float64
}

// Next serves Pacer; beyond the record it is Never.
func (r Recorded) Next(_ time.Duration, arrival int64) time.Duration {
	if arrival < 0 || arrival >= int64(len(r.Offsets)) {
		return Never
	}
	return r.scaled(int(arrival))
}

// Planned serves Pacer: the record is counted.
func (r Recorded) Planned(begin, end time.Duration) float64 {
	before := func(limit time.Duration) int {
		return sort.Search(len(r.Offsets), func(i int) bool { return r.scaled(i) >= limit })
	}
	return float64(before(end) - before(begin))
}

func (r Recorded) scaled(i int) time.Duration {
	if r.Speed == 0 || r.Speed == 1 {
		return r.Offsets[i]
	}
	return since(r.Offsets[i].Seconds() / r.Speed)
}

// Check serves Pacer.
func (r Recorded) Check() error {
	switch {
	case len(r.Offsets) == 0:
		return fmt.Errorf("a record needs at least one arrival")
	case r.Offsets[0] < 0 || !slices.IsSorted(r.Offsets):
		return fmt.Errorf("the arrivals of a record go back in time: sort them by when they were due")
	case !(r.Speed >= 0) || r.Speed > fastest:
		return fmt.Errorf("a record is repeated at a speed above 0 and at most %d times; asked for %g", fastest, r.Speed)
	}
	return nil
}
