package measure

import (
	"time"

	"tristore/drivers/store"
)

// Stores is a set of stores by their places in a load's list of them.
type Stores uint8

// MostStores bounds that list.
const MostStores = 8

// Has tells whether the store at a place is in the set.
func (s Stores) Has(at int) bool { return s&(1<<at) != 0 }

// With is the set with one more store.
func (s Stores) With(at int) Stores { return s | 1<<at }

// operations is what the operations of one store came to.
type operations struct {
	latency                              recorder // of committed ones
	committed, refused, unknown, dropped int64
}

// PerStore makes room for the operations of so many stores.
func (s *Shard) PerStore(stores int) {
	for range min(stores, MostStores) - len(s.stores) {
		s.stores = append(s.stores, operations{latency: newRecorder(s.latency.in)})
	}
}

// Operation keeps one operation of an arrival that was due then. Like Record it takes no
// lock and allocates nothing.
func (s *Shard) Operation(at int, due, took time.Duration, status store.Status) {
	if !s.phase.Holds(due) {
		return
	}
	switch of := &s.stores[at]; status {
	case store.Committed:
		of.committed++
		of.latency.record(took)
	case store.Refused:
		of.refused++
	default:
		of.unknown++
	}
}

// DropIn counts an arrival that was never started in every store that it would have asked.
func (s *Shard) DropIn(would Stores, due time.Duration) {
	if !s.phase.Holds(due) {
		return
	}
	for at := range s.stores {
		if would.Has(at) {
			s.stores[at].dropped++
		}
	}
}

func (s *Shard) addStores(other *Shard) {
	s.PerStore(len(other.stores))
	for at := range other.stores {
		a, b := &s.stores[at], &other.stores[at]
		a.latency.add(&b.latency)
		a.committed, a.refused, a.unknown, a.dropped = a.committed+b.committed, a.refused+b.refused, a.unknown+b.unknown, a.dropped+b.dropped
	}
}
