package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	Share   Share         // which of the pacer's arrivals are this generator's; zero means all
	Workers int           // steps under way at once
	Queue   int           // arrivals waiting; zero means DefaultQueue
	Warm    time.Duration // arrivals due in it are made but do not count
	Measure time.Duration
	// Settled, where there is one, ends the warm-up when the load is steady: it hears what
	// was seen in each Tick of it. Warm is then the longest that it may last.
	Settled func(measure.Seen) bool
	Tick    time.Duration
	// Drain bounds how long after the measured phase its arrivals may still end.
	Drain time.Duration
	// Operations, where there are any, are what Step tells of; they are of this run alone.
	Operations *Operations
	// Live is what a screen looks at meanwhile; nil is not written to.
	Live *measure.Live
	// Clock is shared by loads that run side by side; nil means one of its own. The run
	// begins when Run is called, not at the clock's zero.
	Clock Clock
}

// Share is one of several generators that walk the same sequence of arrivals: it takes
// those whose number has the remainder Index when divided by Of. Together they ask for
// what one alone would ask for, and a Poisson sequence stays Poisson.
type Share struct{ Index, Of int64 }

func (s Share) has(arrival int64) bool { return s.Of <= 1 || arrival%s.Of == s.Index }

func (s Share) part() float64 { return 1 / float64(max(1, s.Of)) }

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
	Witness []string      // what the store said about some arrivals that were not committed
	Warmed  time.Duration // how long the warm-up lasted
	Steady  bool          // whether Settled said so before Warm was over
}

// Run offers the load and returns when every arrival is accounted for and every
// goroutine has ended. A run cut short, by its context or by a panic of the step,
// returns what was measured until then together with the error.
func (o Open) Run(ctx context.Context, step Step) (Window, error) {
	if err := o.check(); err != nil {
		return Window{}, err
	}
	r := start(ctx, settings{o.Clock, o.Workers, o.Warm, o.Measure, o.Drain, o.Operations})
	r.pacer, r.share, r.live, r.queue = o.Pacer, o.Share, o.Live, make(chan arrival, cmp.Or(o.Queue, DefaultQueue))
	if r.live == nil && o.Settled != nil {
		r.live = measure.NewLive()
	}
	watched := r.settle(warming{o.Settled, o.Tick, o.Warm})
	var workers sync.WaitGroup
	for worker := range o.Workers {
		workers.Go(func() { r.work(worker, step) })
	}
	ended := r.dispatch()
	close(r.queue)
	steady := watched()
	drained := r.drain()
	workers.Wait()
	drained()
	w, err := r.window(ended)
	o.Operations.name(&w)
	w.Warmed, w.Steady = r.begin(), steady
	w.Loop, w.Offered = "open", o.Pacer.Planned(w.Warmed, w.Warmed+o.Measure)*o.Share.part()/o.Measure.Seconds()
	return w, err
}

type arrival struct {
	number      int64
	due, queued time.Duration // since the run began
	begin       time.Duration // of the measured phase, as known when it was queued
}

var errNoTick = errors.New("whoever says when a load is steady needs a tick to be asked at")

// check refuses a load that could not be offered.
func (o Open) check() error {
	if o.Pacer == nil {
		return errors.New("an open loop needs a pacer")
	}
	if err := errors.Join(o.Pacer.Check(), o.Operations.check()); err != nil {
		return err
	}
	switch planned := o.Pacer.Planned(o.Warm, o.Warm+o.Measure); {
	case o.Queue < 0:
		return fmt.Errorf("an open loop needs no negative queue; asked for %d", o.Queue)
	case o.Share.Of < 0 || o.Share.Index < 0 || o.Share.Index >= max(1, o.Share.Of):
		return fmt.Errorf("a share is a number from 0 below how many there are; asked for %d of %d", o.Share.Index, o.Share.Of)
	case o.Measure > 0 && !(planned > 0):
		return fmt.Errorf("no arrival is due in the %s that are measured", o.Measure)
	case o.Settled != nil && o.Tick <= 0:
		return errNoTick
	}
	return checkRun(o.Workers, o.Warm, o.Measure, o.Drain)
}

// dispatch queues every arrival when it is due, and returns when the load ended: at the
// end of the measured phase, or when the run was cut short. The goroutine may hold its
// thread, which then ends with it.
func (r *run) dispatch() time.Duration {
	ended := make(chan time.Duration)
	go func() {
		w := newWaiter(r.steps, r.clock)
		defer w.close()
		ended <- r.pace(w, r.shards[len(r.shards)-1])
	}()
	return <-ended
}

func (r *run) pace(w *waiter, shard *measure.Shard) time.Duration {
	var own thrift
	own.begin(r.now())
	defer own.end()
	due := time.Duration(0)
	for number := int64(0); ; number++ {
		due = r.pacer.Next(due, number)
		if due >= r.end() {
			break
		}
		if !r.share.has(number) {
			continue
		}
		if w.wait(r.began+due) != nil {
			return min(r.now(), r.end())
		}
		begin := r.begin() // never later than what was read for an earlier arrival
		if due >= begin+r.measure {
			break // the warm-up ended while this one was waited for
		}
		shard.Arrive(due - begin)
		r.live.Arrive()
		a := arrival{number, due, r.now(), begin}
		select {
		case r.queue <- a:
		default:
			r.drop(shard, a)
		}
		own.saw(a.queued, a.queued-due)
	}
	if w.wait(r.began+r.end()) != nil {
		return min(r.now(), r.end())
	}
	return r.end()
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
			r.drop(shard, a)
			continue
		}
		r.operations.begin(worker, a.due-a.begin, a.begin)
		called := r.now()
		outcome := r.call(worker, a.number, step)
		ended := r.now()
		shard.Record(measure.Sample{Due: a.due - a.begin, Queued: a.queued - a.begin, Called: called - a.begin, Ended: ended - a.begin, Idle: idle, Outcome: outcome})
		r.live.End(outcome, ended-a.due)
	}
}

// drop counts an arrival that is never started.
func (r *run) drop(shard *measure.Shard, a arrival) {
	shard.Drop(a.due - a.begin)
	r.operations.drop(shard, a)
	r.live.End(store.Outcome{}, 0)
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
