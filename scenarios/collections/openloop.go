package collections

import (
	"context"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
)

// OpenLoop loads a modest collections data set and replays the everyday mix over it
// for one window of the depth, at a rate that the engine can be expected to serve.
//
// Facts: those of load.Trial; setup_seconds, how long loading took; workspaces
// and rows, the size of the data set. The measurement is sound with lag_p99_ms at most
// 20, clipped and unaccounted 0, and enough with 100 due; the promise is refused,
// unknown and dropped 0, and achieved_ratio at least 0.95.
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
	saw.Set("workspaces", float64(data.Sizes.Workspaces))
	saw.Set("rows", float64(data.Rows()))
	trial := load.Trial{
		Open: load.Open{
			Pacer: load.Poisson{PerSecond: Rate(on.Engine), Seed: on.Seed + 1}, Workers: Workers,
			Warm: on.Depth.Window() / 10, Measure: on.Depth.Window(), Drain: 30 * time.Second,
		},
		Step: func(attempt uint64) load.Step {
			return New(deployed.Collections, Options{Data: data, Mix: Everyday, Window: attempt, BulkRows: 50, SumsOnly: SumsOnly(on.Engine)}).Step
		},
		Label:  result.Measurement{Engine: on.Engine.String(), Claim: saw.Claim, Workload: Name, Window: "collections " + on.Engine.String()},
		Record: on.Record,
	}
	trial.Run(ctx, saw)
}

// Name is what measurements of this workload are called.
const Name = "collections"

// Workers is how many operations may be under way: more than a pool's connections.
const Workers = 16

// Rate is operations per second that any sound server of the engine serves on two
// shared cores; FerretDB 1 keeps its rows in SQLite and reads a whole table for most filters.
func Rate(engine drivers.Engine) float64 {
	if engine.Product == drivers.FerretDB {
		return 15
	}
	return 50
}

// SumsOnly tells which engines have no average, least and most. That is a difference
// between engines, judged where differences are; a load asks for what the engine has.
func SumsOnly(engine drivers.Engine) bool {
	return engine == drivers.Engine{Product: drivers.FerretDB, Major: 1}
}

// DataFor is a data set that the stage's engine loads within seconds.
func DataFor(on scenarios.Stage) dataset.Collections {
	if on.Engine.Product == drivers.FerretDB {
		return dataset.Collections{Of: dataset.Identity{Seed: on.Seed, Sizes: dataset.Small()}, Sizes: dataset.SmallCollections()}
	}
	return dataset.Collections{Of: dataset.Identity{Seed: on.Seed, Sizes: dataset.Modest()}, Sizes: dataset.ModestCollections()}
}
