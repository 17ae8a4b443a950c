package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/measure"
)

// Open is an open loop: arrivals come when the pacer says, however slow the store is,
// as users do. A closed loop, or an open one that drops what it cannot start at once,
// stops asking while the store stalls, and so reports a p99 a hundred times too low.
// Here an arrival waits in a bounded queue and is started late; one that finds the
// queue full, or that the end of the run overtakes, is dropped and counted.
type Open struct {
	Pacer   Pacer
	Workers int           // steps under way at once
	Queue   int           // arrivals waiting; zero means DefaultQueue
	Warm    time.Duration // arrivals due in it are made but do not count
	Measure time.Duration
	// Drain bounds how long after the measured phase its arrivals may still end.
	Drain time.Duration
	// Clock is shared by loads that run side by side; nil means one of its own. The run
	// begins when Run is called, not at the clock's zero.
	Clock Clock
}

// DefaultQueue holds the arrivals of a 6 s stall at 10,000 per second, in 2 MiB.
const DefaultQueue = 1 << 16

// Step does one unit of work. Workers are numbered from 0 and each calls it from one
// goroutine; arrivals are numbered over the whole run, warm-up included, so that what
// is asked depends on the arrival and never on who serves it. A lost connection is an
// outcome, not an end.
type Step func(ctx context.Context, worker int, arrival int64) store.Outcome

// Window is what one run of a load recorded.
type Window struct {
	result.Measurement
	Witness []string // what the store said about some arrivals that were not committed
}

// Run offers the load and returns when every arrival is accounted for and every
// goroutine has ended. A run cut short, by its context or by a panic of the step,
// returns what was measured until then together with the error.
func (o Open) Run(ctx context.Context, step Step) (Window, error) {
	if err := o.check(); err != nil {
		return Window{}, err
	}
	r := o.start(ctx)
	var workers sync.WaitGroup
	for worker := range o.Workers {
		workers.Go(func() { r.work(worker, step) })
	}
	ended := r.dispatch()
	close(r.queue)
	drained := r.drain()
	workers.Wait()
	drained()
	return r.window(o.Pacer.Rate(), ended)
}

// run is one Open under way.
type run struct {
	pacer Pacer
	clock Clock
	began time.Duration // of the clock, at which the pacer's zero lies
	phase measure.Phase // since began
	limit time.Duration // since began: when steps still under way are cancelled

	steps  context.Context // of the steps: ends with the run's context, at the limit, or on a panic
	cancel context.CancelCauseFunc

	queue  chan arrival
	shards []*measure.Shard // one per worker, and the dispatcher's last
}

type arrival struct {
	number      int64
	due, queued time.Duration // since began
}

// check refuses a load that could not be offered.
func (o Open) check() error {
	switch {
	case o.Pacer == nil || !(o.Pacer.Rate() > 0) || o.Pacer.Rate() > fastest:
		return fmt.Errorf("an open loop needs a rate above 0 and up to %d arrivals per second", fastest)
	case o.Workers < 1 || o.Queue < 0:
		return fmt.Errorf("an open loop needs at least one worker and no negative queue; asked for %d and %d", o.Workers, o.Queue)
	case o.Measure <= 0 || o.Warm < 0 || o.Drain < 0:
		return fmt.Errorf("an open loop needs a measured phase; asked for %s after %s, %s to drain", o.Measure, o.Warm, o.Drain)
	}
	return nil
}

// fastest bounds a typing error, not an ambition: one thread paces about a million per second.
const fastest = 1_000_000

func (o Open) start(ctx context.Context) *run {
	clock := o.Clock
	if clock == nil {
		clock = NewClock()
	}
	phase := measure.Phase{Begin: o.Warm, End: o.Warm + o.Measure}
	r := &run{pacer: o.Pacer, clock: clock, began: clock.Now(), phase: phase, limit: phase.End + o.Drain, queue: make(chan arrival, cmp.Or(o.Queue, DefaultQueue))}
	r.steps, r.cancel = context.WithCancelCause(ctx)
	for range o.Workers + 1 {
		r.shards = append(r.shards, measure.NewShard(phase))
	}
	return r
}

// now is the time since the run began.
func (r *run) now() time.Duration { return r.clock.Now() - r.began }

// dispatch queues every arrival when it is due, and returns when the load ended: at the
// end of the measured phase, or when the run was cut short. It holds its thread, so that
// the kernel wakes this one and no other; the thread ends with the goroutine.
func (r *run) dispatch() time.Duration {
	ended := make(chan time.Duration)
	go func() {
		runtime.LockOSThread()
		sharpen()
		ended <- r.pace(r.shards[len(r.shards)-1])
	}()
	return <-ended
}

func (r *run) pace(shard *measure.Shard) time.Duration {
	due := time.Duration(0)
	for number := int64(0); ; number++ {
		due = r.pacer.Next(due, number)
		if due >= r.phase.End {
			break
		}
		if r.clock.Wait(r.steps, r.began+due) != nil {
			return min(r.now(), r.phase.End)
		}
		shard.Arrive(due)
		select {
		case r.queue <- arrival{number, due, r.now()}:
		default:
			shard.Drop(due)
		}
	}
	if r.clock.Wait(r.steps, r.began+r.phase.End) != nil {
		return min(r.now(), r.phase.End)
	}
	return r.phase.End
}

// work serves arrivals until the queue is closed and empty. Once the steps' context has
// ended, what is left was never started.
func (r *run) work(worker int, step Step) {
	shard := r.shards[worker]
	for {
		a, idle, more := r.take()
		if !more {
			return
		}
		if r.steps.Err() != nil {
			shard.Drop(a.due)
			continue
		}
		called := r.now()
		outcome := r.call(worker, a.number, step)
		shard.Record(measure.Sample{Due: a.due, Queued: a.queued, Called: called, Ended: r.now(), Idle: idle, Outcome: outcome})
	}
}

// take gives the next arrival, and tells whether the worker had to wait for it.
func (r *run) take() (next arrival, idle, more bool) {
	select {
	case next, more = <-r.queue:
		return next, false, more
	default:
		next, more = <-r.queue
		return next, true, more
	}
}

// call runs the step; a panic ends the run with an error and leaves the outcome unknown.
func (r *run) call(worker int, number int64, step Step) (outcome store.Outcome) {
	defer func() {
		if what := recover(); what != nil {
			err := fmt.Errorf("arrival %d panicked: %v\n%s", number, what, debug.Stack())
			r.cancel(err)
			outcome = store.Outcome{Err: err}
		}
	}()
	return step(r.steps, worker, number)
}

// errDrained ends steps that outlived the drain; that is in the counts, and no error of the run.
var errDrained = errors.New("the drain after the measured phase ended")

// drain watches over the time after the load. The function it returns ends the watch.
func (r *run) drain() (done func()) {
	watch, stop := context.WithCancel(r.steps)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if r.clock.Wait(watch, r.began+r.limit) == nil {
			r.cancel(errDrained)
		}
	}()
	return func() {
		stop()
		<-ended
	}
}

// window merges what was recorded; ended is when the load ended.
func (r *run) window(rate float64, ended time.Duration) (Window, error) {
	cause := context.Cause(r.steps)
	r.cancel(nil)
	recording, err := measure.Merge(r.phase, r.shards...)
	if err != nil {
		return Window{}, err
	}
	ran := max(0, ended-r.phase.Begin)
	m, err := recording.Measurement(rate, ran)
	if cause != nil && !errors.Is(cause, errDrained) {
		err = errors.Join(fmt.Errorf("load stopped after %s of %s: %w", ran.Round(time.Millisecond), r.phase.End-r.phase.Begin, cause), err)
	}
	return Window{Measurement: m, Witness: recording.Witness()}, err
}
