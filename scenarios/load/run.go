package load

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"tristore/drivers/store"
	"tristore/scenarios/measure"
)

// run is one loop under way, open or closed.
type run struct {
	clock Clock
	began time.Duration // of the clock, at which the pacer's zero lies

	warm          atomic.Int64  // since began: when the measured phase begins; it may be moved forward while it lies ahead
	measure, tail time.Duration // the measured phase, and how long after it steps may still run

	// What shards record counts from the beginning of the measured phase, so that none of
	// them needs to know when that was.
	shards []*measure.Shard // one per worker, and the dispatcher's last

	steps  context.Context // of the steps: ends with the run's context, at the limit, or on a panic
	cancel context.CancelCauseFunc

	operations *Operations

	live *measure.Live

	// Of an open loop alone.
	pacer Pacer
	share Share
	queue chan arrival
}

// settings are what open and closed loops have in common.
type settings struct {
	clock                Clock
	workers              int
	warm, measure, drain time.Duration
	operations           *Operations
}

func checkRun(workers int, warm, measured, drain time.Duration) error {
	switch {
	case workers < 1:
		return fmt.Errorf("a load needs at least one worker; asked for %d", workers)
	case measured <= 0 || warm < 0 || drain < 0:
		return fmt.Errorf("a load needs a measured phase; asked for %s after %s, %s to drain", measured, warm, drain)
	}
	return nil
}

func start(ctx context.Context, with settings) *run {
	clock := with.clock
	if clock == nil {
		clock = NewClock()
	}
	r := &run{clock: clock, measure: with.measure, tail: with.drain}
	r.warm.Store(int64(with.warm))
	r.steps, r.cancel = context.WithCancelCause(ctx)
	r.shards = measure.NewShards(r.phase(), with.workers+1)
	r.operations = with.operations
	r.operations.of(r)
	r.began = clock.Now() // last: what came before would be the first arrivals' lag
	return r
}

// phase is the measured phase as shards know it.
func (r *run) phase() measure.Phase { return measure.Phase{End: r.measure} }

// now, begin and end are since the run began.
func (r *run) now() time.Duration   { return r.clock.Now() - r.began }
func (r *run) begin() time.Duration { return time.Duration(r.warm.Load()) }
func (r *run) end() time.Duration   { return r.begin() + r.measure }

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
		if r.clock.Wait(watch, r.began+r.end()+r.tail) == nil {
			r.cancel(errDrained)
		}
	}()
	return func() {
		stop()
		<-ended
	}
}

// window merges what was recorded; ended is when the load ended.
func (r *run) window(ended time.Duration) (Window, error) {
	cause := context.Cause(r.steps)
	r.cancel(nil)
	recording, err := measure.Merge(r.phase(), r.shards...)
	if err != nil {
		return Window{}, err
	}
	ran := max(0, ended-r.begin())
	m, err := recording.Measurement(ran)
	if cause != nil && !errors.Is(cause, errDrained) {
		err = errors.Join(fmt.Errorf("load stopped after %s of %s: %w", ran.Round(time.Millisecond), r.measure, cause), err)
	}
	return Window{Measurement: m, Witness: recording.Witness()}, err
}
