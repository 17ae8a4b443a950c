package campaign

import (
	"context"
	"errors"
	"fmt"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/load"
	"tristore/scenarios/measure"
	"tristore/scenarios/road"
	"tristore/scenarios/witness"
)

// checkClosed refuses what a loop without due times could not keep.
func (p Plan) checkClosed() error {
	switch {
	case !p.Closed:
		return nil
	case len(p.Promises) > 0:
		return errors.New("a closed loop has no due times, and nobody asks in it while the store is slow, so that no promise on latency can be judged: drop --slo, or --closed")
	case p.Pace != Poisson || p.Rate != 0:
		return errors.New("a closed loop has no rate: each worker begins its next arrival when its last has ended; drop --rate and --pace, or --closed")
	}
	return nil
}

// pace is how arrivals come, for a reader.
func (p Plan) pace() string {
	if p.Closed {
		return fmt.Sprintf("closed loop of %d workers", p.Workers)
	}
	return p.rates()
}

// loop offers the work in the loop that the plan asks for.
func (p Plan) loop(ctx context.Context, work work, warm *steady, live *measure.Live) (load.Window, error) {
	most, settled := p.patience(), warm.hear
	if p.Cold {
		most, settled = 0, nil
		warm.ended.Store(true)
	}
	if p.Closed {
		closed := load.Closed{Workers: p.Workers, Warm: most, Settled: settled, Tick: warm.tick, Measure: p.Measure, Drain: p.Drain, Operations: work.operations, Live: live}
		return closed.Run(ctx, work.step)
	}
	open := load.Open{Pacer: p.pacer(), Workers: p.Workers, Warm: most, Settled: settled, Tick: warm.tick, Measure: p.Measure, Drain: p.Drain, Operations: work.operations, Live: live}
	return open.Run(ctx, work.step)
}

// closedNoOp is the same loop over an endpoint that answers at once: the most that this
// generator can ask with as many workers.
func (p Plan) closedNoOp(ctx context.Context, echo *witness.Echo) (result.Measurement, error) {
	closed := load.Closed{Workers: p.Workers, Warm: road.ProofWindow / 4, Measure: road.ProofWindow, Drain: road.ProofWindow}
	window, err := closed.Run(ctx, func(_ context.Context, worker int, _ int64) store.Outcome { return road.Asked(echo, worker) })
	window.Window = fmt.Sprintf("%s for %s", p.pace(), closed.Measure)
	return window.Measurement, err
}
