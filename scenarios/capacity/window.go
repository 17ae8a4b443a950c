package capacity

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tristore/drivers/deployment"
	"tristore/reports/result"
	"tristore/scenarios/auth"
	"tristore/scenarios/collections"
	"tristore/scenarios/load"
)

// window measures one cell in one block. Both loads share one zero; the arrivals and
// requests of a block are the same in every cell. An error means that the window was
// cut short; what was measured comes with it, marked.
func (r *rig) window(ctx context.Context, plan Plan, block int, cell result.Cell) (result.SplitWindow, error) {
	w := result.SplitWindow{Block: block, Cell: cell}
	on, clock := r.on(cell), load.NewClock()
	var loads sync.WaitGroup
	var errs [2]error
	offer := func(into **result.Measurement, failed *error, pacer load.Pacer, step load.Step) {
		loads.Go(func() {
			measured, err := load.Open{Pacer: pacer, Workers: auth.Workers, Warm: plan.Warm, Measure: plan.Window, Drain: drain, Clock: clock}.Run(ctx, step)
			*into, *failed = &measured.Measurement, err
		})
	}
	serial, seed := uint64(block), plan.Seed+2*uint64(block)
	if cell != result.CollectionsAlone {
		workload := auth.New(on.Users, on.Permissions, auth.Options{Data: r.data.Of, Profile: plan.Profile, Window: serial, Expires: time.Now().Add(visitorLife)})
		offer(&w.Auth, &errs[0], load.Poisson{PerSecond: plan.AuthRate, Seed: seed}, workload.Step)
	}
	if cell != result.AuthAlone {
		workload := collections.New(on.Collections, collections.Options{Data: r.data, Mix: plan.Mix, Window: serial, BulkRows: plan.BulkRows})
		offer(&w.Collections, &errs[1], load.Poisson{PerSecond: plan.CollectionsRate, Seed: seed + 1}, workload.Step)
	}
	loads.Wait()
	label(&w, plan, auth.Name, w.Auth)
	label(&w, plan, collections.Name, w.Collections)
	err := errors.Join(errs[:]...)
	if w.Invalid = invalid(w, plan.SLO); err != nil {
		w.Invalid = "cut short: " + err.Error()
	}
	return w, err
}

// on is the deployment that a cell runs on.
func (r *rig) on(cell result.Cell) *deployment.Deployment {
	switch cell {
	case result.SplitClusters:
		return r.split
	case result.SharedCluster:
		return r.shared
	default:
		return r.alone
	}
}

// drain bounds how long a window's last arrivals may take; the next window begins after.
const drain = 15 * time.Second

const visitorLife = 30 * 24 * time.Hour

func label(w *result.SplitWindow, plan Plan, workload string, m *result.Measurement) {
	if m != nil {
		m.Engine, m.Workload = plan.Engine.String(), workload
		m.Window = fmt.Sprintf("split block %d, %s, %s", w.Block, w.Cell, workload)
	}
}

// The generator's own delay may be this share of the promise, and of the measured p99,
// before the window says more about the generator than about the store.
const (
	lagOfPromise = 0.05
	lagOfLatency = 0.5
)

// invalid says why a window measured the harness and not the store; empty when it is sound.
func invalid(w result.SplitWindow, slo result.SLO) string {
	for _, m := range []*result.Measurement{w.Auth, w.Collections} {
		if m == nil {
			continue
		}
		if why := unsound(m); why != "" {
			return why
		}
		switch {
		case m.Latency.Count == 0:
			return "no " + m.Workload + " samples"
		case m.Pacing.P99 > lagOfPromise*slo.AuthP99Ms:
			return fmt.Sprintf("the generator started %s late by itself (p99 over %g %% of the promise)", m.Workload, 100*lagOfPromise)
		case m.Pacing.P99 > lagOfLatency*m.Latency.P99:
			return fmt.Sprintf("the generator's own delay is over %g %% of the %s p99", 100*lagOfLatency, m.Workload)
		}
	}
	return ""
}
