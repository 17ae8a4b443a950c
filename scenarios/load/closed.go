package load

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"tristore/scenarios/measure"
)

// Closed is a closed loop: each worker begins its next arrival when its last has ended.
// It finds what the store can do at most, and it cannot say how long users wait: while
// the store stalls, nobody asks. Its latency is the service time, and so labelled.
type Closed struct {
	Workers int
	Warm    time.Duration // arrivals begun in it do not count
	Measure time.Duration
	Drain   time.Duration // bounds how long after the measured phase its last arrivals may still end
	Clock   Clock         // nil means one of its own
	// Operations, where there are any, are what the step tells of; they are of this run alone.
	Operations *Operations
}

// Run makes arrivals until the end of the measured phase and returns when the last has
// ended. Arrivals are numbered in the order in which they begin.
func (c Closed) Run(ctx context.Context, step Step) (Window, error) {
	if err := cmp.Or(checkRun(c.Workers, c.Warm, c.Measure, c.Drain), c.Operations.check()); err != nil {
		return Window{}, err
	}
	r := start(ctx, settings{c.Clock, c.Workers, c.Warm, c.Measure, c.Drain, c.Operations})
	var workers sync.WaitGroup
	var numbers atomic.Int64
	for worker := range c.Workers {
		workers.Go(func() { r.ask(worker, &numbers, step) })
	}
	drained := r.drain()
	workers.Wait()
	ended := min(r.now(), r.end())
	drained()
	w, err := r.window(ended)
	c.Operations.name(&w)
	if w.Loop = "closed"; w.Seconds > 0 {
		w.Offered = float64(w.Counts.Due) / w.Seconds
	}
	return w, err
}

// ask makes one arrival after the other. The end of one is the beginning of the next, so
// that the clock is read once for each.
func (r *run) ask(worker int, numbers *atomic.Int64, step Step) {
	shard, begin := r.shards[worker], r.begin()
	for called := r.now() - begin; called < r.measure && r.steps.Err() == nil; {
		shard.Arrive(called)
		r.operations.begin(worker, called, begin)
		outcome := r.call(worker, numbers.Add(1)-1, step)
		ended := r.now() - begin
		shard.Record(measure.Sample{Due: called, Queued: called, Called: called, Ended: ended, Idle: true, Outcome: outcome})
		called = ended
	}
}
