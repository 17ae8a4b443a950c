package replay

import (
	"context"
	"errors"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/load"
	"tristore/scenarios/road"
	"tristore/scenarios/trace"
	"tristore/scenarios/witness"
)

// noOp replays the beginning of the trace at twice the speed to an endpoint that answers at once.
func (p Plan) noOp(ctx context.Context, echo *witness.Echo) (m result.Measurement, err error) {
	from, err := trace.Open(p.Trace)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	twice := p
	twice.Speed, twice.For, twice.Drain, twice.Writes = min(2*p.Speed, fastest), road.ProofWindow, road.ProofWindow, true // all is sent, since it goes nowhere
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
	return m, errors.Join(err, recordErr)
}

// echoing serves a replay with answers from nowhere.
type echoing struct {
	of     *witness.Echo
	worker int
}

func (e echoing) Run(context.Context, statement) store.Outcome {
	return road.Asked(e.of, e.worker)
}

func (echoing) InTransaction() bool            { return false }
func (echoing) Rollback(context.Context) error { return nil }
func (echoing) Rows() int64                    { return 0 }
func (echoing) Close(context.Context) error    { return nil }
