package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/load"
	"tristore/scenarios/witness"
)

// How the generator is proved.
const (
	proofWindow = 2 * time.Second
	timerWait   = 500 * time.Microsecond
	timerWaits  = 400
)

// prove lets the generator offer twice the planned rate to an endpoint that answers at
// once, over loopback as the store is, and finds out how late its timer wakes. What it
// showed is judged later, with the window.
func (p Plan) prove(ctx context.Context) (proof *result.Proof, err error) {
	p.tell(Progress{Current: "proving the generator at twice the rate"})
	late, err := load.TimerError(ctx, timerWait, timerWaits)
	if err != nil {
		return nil, fmt.Errorf("proving the generator's timer: %w", err)
	}
	proof = &result.Proof{TimerP50Ms: millis(late[len(late)/2]), TimerP99Ms: millis(late[len(late)*99/100])}
	echo, err := witness.NewEcho(ctx, p.Workers)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, echo.Close()) }()
	twice := p
	twice.Rate, twice.Pace = min(2*p.fastest(), fastestProof), Constant
	if p.Pace == Poisson {
		twice.Pace = Poisson
	}
	open := load.Open{Pacer: twice.pacer(), Workers: p.Workers, Warm: proofWindow / 4, Measure: max(proofWindow, p.tick()), Drain: proofWindow}
	window, err := open.Run(ctx, func(_ context.Context, worker int, _ int64) store.Outcome {
		if err := echo.Ask(worker); err != nil {
			return store.Outcome{Err: err}
		}
		return store.Done()
	})
	window.Engine, window.Workload, window.Window = "none", "no-op", fmt.Sprintf("no-op, %g/s for %s", twice.Rate, open.Measure)
	window.Timeline = nil // nobody looks at it
	proof.NoOp = window.Measurement
	return proof, err
}

// fastestProof is the fastest rate that a pacer takes.
const fastestProof = 1_000_000

func millis(d time.Duration) float64 { return d.Seconds() * 1000 }
