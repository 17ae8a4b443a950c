package auth

import (
	"context"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
)

// OpenLoop loads a modest identity data set and replays the v27 auth path over it for
// one window of the depth, at a rate that the engine can be expected to serve.
//
// Facts: those of load.Trial; setup_seconds, how long loading took; users, the
// size of the data set. The measurement is sound with lag_p99_ms at most 20, clipped
// and unaccounted 0, and enough with 100 due; the promise is refused, unknown and dropped 0, and
// achieved_ratio at least 0.95.
func OpenLoop(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	deployed, err := on.Deploy(ctx)
	if err != nil {
		saw.Stop(err)
		return
	}
	defer func() { saw.Stop(deployed.Close(context.WithoutCancel(ctx))) }()
	data, began := DataFor(on), time.Now()
	if err := data.LoadInto(ctx, deployed); err != nil {
		saw.Stop(err)
		return
	}
	saw.Set("setup_seconds", time.Since(began).Seconds())
	saw.Set("users", float64(data.Sizes.Users))
	trial := load.Trial{
		Open: load.Open{
			Pacer: load.Poisson{PerSecond: Rate(on.Engine), Seed: on.Seed}, Workers: Workers,
			Warm: on.Depth.Window() / 10, Measure: on.Depth.Window(), Drain: 30 * time.Second,
		},
		Step: func(attempt uint64) load.Step {
			return New(deployed.Users, deployed.Permissions, Options{Data: data, Profile: V27, Window: attempt, Expires: time.Now().Add(visitorLife)}).Step
		},
		Label:  result.Measurement{Engine: on.Engine.String(), Claim: saw.Claim, Workload: Name, Window: "auth " + on.Engine.String()},
		Record: on.Record,
	}
	trial.Run(ctx, saw)
}

// Name is what measurements of this workload are called.
const Name = "auth"

// Workers is how many requests may be under way: more than a pool's connections, so
// that waiting for a connection happens where the platform waits, in the pool.
const Workers = 16

// visitorLife is the platform's default for anonymous visitors.
const visitorLife = 30 * 24 * time.Hour

// Rate is requests per second that any sound server of the engine serves on two shared
// cores. A request of the v27 profile is seven operations; FerretDB 1 keeps its rows in
// SQLite and reads a whole table for most filters, so that each takes milliseconds.
func Rate(engine drivers.Engine) float64 {
	if engine.Product == drivers.FerretDB {
		return 15
	}
	return 100
}

// DataFor is a data set that the stage's engine loads within seconds.
func DataFor(on scenarios.Stage) dataset.Identity {
	if on.Engine.Product == drivers.FerretDB {
		return dataset.Identity{Seed: on.Seed, Sizes: dataset.Small()}
	}
	return dataset.Identity{Seed: on.Seed, Sizes: dataset.Modest()}
}
