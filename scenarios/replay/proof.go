package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/load"
	"tristore/scenarios/trace"
	"tristore/scenarios/witness"
)

// How the generator is proved.
const (
	proofWindow = 2 * time.Second
	timerWait   = 500 * time.Microsecond
	timerWaits  = 400
)

// prove replays the beginning of the trace at twice the speed to an endpoint that answers
// at once, over loopback as the server is, and finds out how late the timer wakes. What
// it showed is judged later, with the window.
func (p Plan) prove(ctx context.Context) (proof *result.Proof, err error) {
	p.tell(Progress{Current: "proving the generator at twice the speed"})
	late, err := load.TimerError(ctx, timerWait, timerWaits)
	if err != nil {
		return nil, fmt.Errorf("proving the generator's timer: %w", err)
	}
	millis := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	proof = &result.Proof{TimerP50Ms: millis(late[len(late)/2]), TimerP99Ms: millis(late[len(late)*99/100])}
	from, err := trace.Open(p.Trace)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	echo, err := witness.NewEcho(ctx, p.Connections)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, echo.Close()) }()
	twice := p
	twice.Speed, twice.For, twice.Drain, twice.Writes = min(2*p.Speed, fastest), proofWindow, proofWindow, true // all is sent, since it goes nowhere
	var senders []map[string]sender
	for worker := range p.Connections {
		mine := map[string]sender{}
		for _, name := range p.databases() {
			mine[name] = echoing{echo, worker}
		}
		senders = append(senders, mine)
	}
	play := newPlayer(ctx, twice, load.NewClock())
	err = play.play(from, senders) //nolint:contextcheck // the player has it since it was made
	m, recordErr := play.measurement()
	m.Engine, m.Workload, m.Window, m.Timeline = "none", "no-op", "no-op, "+play.label(), nil // nobody looks at it by the second
	proof.NoOp = m
	return proof, errors.Join(err, recordErr)
}

// echoing serves a replay with answers from nowhere.
type echoing struct {
	of     *witness.Echo
	worker int
}

func (e echoing) Run(context.Context, postgres.RawStatement) store.Outcome {
	if err := e.of.Ask(e.worker); err != nil {
		return store.Outcome{Err: err}
	}
	return store.Done()
}

func (echoing) InTransaction() bool            { return false }
func (echoing) Rollback(context.Context) error { return nil }
func (echoing) Rows() int64                    { return 0 }
