package road

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

// Offering is one window, and the same generator over an endpoint that answers at once.
type Offering struct {
	Callers int    // of the endpoint
	Twice   string // of what it is proved at: rate, speed
	// NoOp offers about twice as much to the endpoint, for ProofWindow.
	NoOp func(context.Context, *witness.Echo) (result.Measurement, error)
	// Window measures; what it learns of its warm-up goes into the proof.
	Window func(context.Context, *result.Proof) error
}

// ProofWindow is how long the generator is proved.
const ProofWindow = 2 * time.Second

// How its timer is tried.
const (
	timerWait  = 500 * time.Microsecond
	timerWaits = 400
)

// Offer waits for a quiet machine, proves the generator, and measures the window between
// two looks at the canaries. What they showed is judged later, with the window.
func (h Head) Offer(ctx context.Context, facts *result.Run, o Offering) (err error) {
	if h.Quiet != nil {
		done, err := h.Quiet()
		if err != nil {
			return err
		}
		defer done()
	}
	canaries, err := witness.OpenCanaries(ctx, h.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, canaries.Close()) }()
	h.Say(Progress{Current: "proving the generator at twice the " + o.Twice})
	proof, err := o.prove(ctx)
	if facts.Load.Proof = proof; err != nil {
		return err
	}
	if proof.Canaries, err = canaries.Before(ctx); err != nil {
		return err
	}
	if err := o.Window(ctx, proof); err != nil {
		return err
	}
	h.Say(Progress{Current: "asking the canaries again"})
	return canaries.After(ctx, proof.Canaries)
}

// prove finds out how late the generator's timer wakes, and offers load to an endpoint on
// loopback, as the store is.
func (o Offering) prove(ctx context.Context) (proof *result.Proof, err error) {
	late, err := load.TimerError(ctx, timerWait, timerWaits)
	if err != nil {
		return nil, fmt.Errorf("proving the generator's timer: %w", err)
	}
	millis := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	proof = &result.Proof{TimerP50Ms: millis(late[len(late)/2]), TimerP99Ms: millis(late[len(late)*99/100])}
	echo, err := witness.NewEcho(ctx, o.Callers)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, echo.Close()) }()
	proof.NoOp, err = o.NoOp(ctx, echo)
	proof.NoOp.Engine, proof.NoOp.Workload, proof.NoOp.Window = "none", "no-op", "no-op, "+proof.NoOp.Window
	proof.NoOp.Timeline = nil // nobody looks at it by the second
	return proof, err
}

// Asked is what a worker's question to the endpoint came to.
func Asked(echo *witness.Echo, worker int) store.Outcome {
	if err := echo.Ask(worker); err != nil {
		return store.Outcome{Err: err}
	}
	return store.Done()
}
