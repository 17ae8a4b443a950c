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
	// Settled, Tick and Live are as in Open.
	Settled func(measure.Seen) bool
	Tick    time.Duration
	Live    *measure.Live
	// Operations, where there are any, are what the step tells of; they are of this run alone.
	Operations *Operations
}

// Run makes arrivals until the end of the measured phase and returns when the last has
// ended. Arrivals are numbered in the order in which they begin.
func (c Closed) Run(ctx context.Context, step Step) (Window, error) {
	if c.Settled != nil && c.Tick <= 0 {
		return Window{}, errNoTick
	}
	if err := cmp.Or(checkRun(c.Workers, c.Warm, c.Measure, c.Drain), c.Operations.check()); err != nil {
		return Window{}, err
	}
	r := start(ctx, settings{c.Clock, c.Workers, c.Warm, c.Measure, c.Drain, c.Operations})
	if r.live = c.Live; r.live == nil && c.Settled != nil {
		r.live = measure.NewLive()
	}
	watched := r.settle(warming{c.Settled, c.Tick, c.Warm})
	var workers sync.WaitGroup
	var numbers atomic.Int64
	for worker := range c.Workers {
		workers.Go(func() { r.ask(worker, &numbers, step) })
	}
	drained := r.drain()
	workers.Wait()
	ended := min(r.now(), r.end())
	drained()
	steady := watched()
	w, err := r.window(ended)
	c.Operations.name(&w)
	w.Warmed, w.Steady = r.begin(), steady
	if w.Loop = "closed"; w.Seconds > 0 {
		w.Offered = float64(w.Counts.Due) / w.Seconds
	}
	return w, err
}

// ask makes one arrival after the other. The end of one is the beginning of the next, so
// that the clock is read once for each.
func (r *run) ask(worker int, numbers *atomic.Int64, step Step) {
	shard := r.shards[worker]
	for called := r.now(); r.steps.Err() == nil; {
		begin := r.begin() // the warm-up may end early, and never in the past
		due := called - begin
		if due >= r.measure {
			return
		}
		shard.Arrive(due)
		r.live.Arrive()
		r.operations.begin(worker, due, begin)
		outcome := r.call(worker, numbers.Add(1)-1, step)
		ended := r.now()
		shard.Record(measure.Sample{Due: due, Queued: due, Called: due, Ended: ended - begin, Idle: true, Outcome: outcome})
		r.live.End(outcome, ended-called)
		called = ended
	}
}
