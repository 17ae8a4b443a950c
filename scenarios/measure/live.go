package measure

import (
	"sync/atomic"
	"time"

	"tristore/drivers/store"
)

// Live is what a load looks like while it runs: counts and a coarse histogram that any
// number of goroutines add to and one reads. It is for eyes only; what is judged comes
// from the shards.
type Live struct {
	due, committed, failed atomic.Int64
	rough                  *buckets
	counts                 []atomic.Int64 // latencies of committed arrivals
}

// NewLive begins at nothing.
func NewLive() *Live {
	rough := coarse()
	return &Live{rough: rough, counts: make([]atomic.Int64, rough.size)}
}

// Arrive counts an arrival that became due.
func (l *Live) Arrive() {
	if l != nil {
		l.due.Add(1)
	}
}

// End counts how an arrival ended; one that was dropped has no outcome and took no time.
func (l *Live) End(o store.Outcome, took time.Duration) {
	switch {
	case l == nil:
	case !o.OK():
		l.failed.Add(1)
	default:
		l.committed.Add(1)
		if took >= 0 && took <= highest {
			l.counts[l.rough.index(int64(took))].Add(1)
		}
	}
}

// Seen is what happened between two looks, or since the beginning.
type Seen struct {
	Due, Committed, Failed int64
	P50, P99               time.Duration // of the committed, from the due time, within 6 %; zero where there are none
}

// Look makes a function that tells what happened since it was called last. It is for one
// goroutine.
func (l *Live) Look() func() Seen {
	before := make([]int64, len(l.counts))
	var due, committed, failed int64
	return func() Seen {
		since := make([]int64, len(l.counts))
		total := int64(0)
		for i := range l.counts {
			n := l.counts[i].Load()
			since[i], before[i] = n-before[i], n
			total += since[i]
		}
		seen := Seen{Due: l.due.Load() - due, Committed: l.committed.Load() - committed, Failed: l.failed.Load() - failed}
		due, committed, failed = due+seen.Due, committed+seen.Committed, failed+seen.Failed
		seen.P50, seen.P99 = l.at(since, total*50/100), l.at(since, total*99/100)
		return seen
	}
}

// at is the latency that so many lie below.
func (l *Live) at(counts []int64, below int64) time.Duration {
	for i, n := range counts {
		if below -= n; below < 0 {
			return time.Duration(l.rough.value(i))
		}
	}
	return 0
}
