package load

import (
	"fmt"
	"time"

	"tristore/drivers/store"
	"tristore/scenarios/measure"
)

// Operations hears of the store operations that the steps of one run make, so that each
// store has its own latencies: the first operation of an arrival from when the arrival was
// due, each later one from the end of the one before it. Every worker writes to its own
// shard. Nil hears nothing.
type Operations struct {
	Stores []store.Name // a store is known by its place here
	// Would are the stores that an arrival asks, for one that is dropped.
	Would func(arrival int64) measure.Stores

	run     *run
	workers []asking
}

// asking is the arrival that a worker is at.
type asking struct {
	shard           *measure.Shard
	due, from, zero time.Duration // the first two since zero, the beginning of the measured phase
	_               [32]byte      // keeps two workers out of one line of the processor's cache
}

// Ended tells that an operation of the store at a place has ended. A step calls it for each
// operation, in their order, on its worker's goroutine.
func (o *Operations) Ended(worker, at int, outcome store.Outcome) {
	if o == nil {
		return
	}
	a := &o.workers[worker]
	now := o.run.now() - a.zero
	a.shard.Operation(at, a.due, now-a.from, outcome.Status)
	a.from = now
}

// begin tells which arrival a worker begins.
func (o *Operations) begin(worker int, due, zero time.Duration) {
	if o != nil {
		a := &o.workers[worker]
		a.due, a.from, a.zero = due, due, zero
	}
}

func (o *Operations) drop(shard *measure.Shard, a arrival) {
	if o != nil {
		shard.DropIn(o.Would(a.number), a.due-a.begin)
	}
}

// check refuses what could not be kept.
func (o *Operations) check() error {
	if o != nil && (len(o.Stores) == 0 || len(o.Stores) > measure.MostStores || o.Would == nil) {
		return fmt.Errorf("operations are of 1 to %d stores, and of what a dropped arrival would have asked; these are of %d", measure.MostStores, len(o.Stores))
	}
	return nil
}

// of makes them those of a run, whose shards have no samples yet.
func (o *Operations) of(r *run) {
	if o == nil {
		return
	}
	o.run, o.workers = r, make([]asking, len(r.shards)-1)
	for i, shard := range r.shards {
		shard.PerStore(len(o.Stores))
		if i < len(o.workers) {
			o.workers[i].shard = shard
		}
	}
}

// name says which store is which in what was measured.
func (o *Operations) name(w *Window) {
	for at := range w.Stores {
		w.Stores[at].Store = string(o.Stores[at])
	}
}
