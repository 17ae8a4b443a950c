package capacity

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/auth"
	"tristore/scenarios/collections"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
	"tristore/scenarios/observe"
)

// window measures one cell in one block. An error means that the window was cut short;
// what was measured comes with it, marked.
func (r *rig) window(ctx context.Context, plan Plan, block int, cell result.Cell) (w result.SplitWindow, err error) {
	w = result.SplitWindow{Block: block, Cell: cell}
	offer := Offer{On: r.on(cell), Data: r.data, AuthRate: plan.AuthRate, CollectionsRate: plan.CollectionsRate, Block: block, Serial: block, Label: fmt.Sprintf("split block %d, %s", block, cell)}
	switch cell {
	case result.CollectionsAlone:
		offer.AuthRate = 0
	case result.AuthAlone:
		offer.CollectionsRate = 0
	case result.SharedCluster, result.SplitClusters: // both
	}
	if plan.Made != nil && plan.Made.Free > 0 {
		// The idle connections of one placing would take the slots of the next.
		defer func() { err = errors.Join(err, offer.On.Reopen(context.WithoutCancel(ctx))) }()
	}
	var offered error
	work := func() { w.Auth, w.Collections, w.Invalid, offered = plan.Offer(ctx, offer) }
	if plan.Every == 0 || cell == result.SplitClusters {
		work()
		return w, offered
	}
	w.Seen, err = observe.Beside(ctx, offer.On.AdminTarget(store.CollectionsStore), plan.Every, work)
	return w, errors.Join(offered, err)
}

// Offer is one window of both workloads on one deployment; a rate of zero leaves one out.
type Offer struct {
	On                        *deployment.Deployment
	Data                      dataset.Collections
	AuthRate, CollectionsRate float64
	Block                     int // gives the arrivals
	Serial                    int // gives the requests; no two windows of one deployment share one, since rows that are made are named by it
	Label                     string
}

// Offer measures one window, with the job that was built in beside collections. Both loads share one zero; the arrivals of a block, and the
// requests of a serial, are the same wherever they are offered. An error means that the window was cut
// short; invalid says why it may not be used.
func (p Plan) Offer(ctx context.Context, o Offer) (authed, collected *result.Measurement, invalid string, err error) {
	if o.CollectionsRate == 0 {
		return p.offer(ctx, o)
	}
	besideErr := p.Made.Beside(ctx, o.On, func() { authed, collected, invalid, err = p.offer(ctx, o) })
	return authed, collected, invalid, errors.Join(err, besideErr)
}

func (p Plan) offer(ctx context.Context, o Offer) (authed, collected *result.Measurement, invalid string, err error) {
	clock := load.NewClock()
	var loads sync.WaitGroup
	var errs [2]error
	offer := func(into **result.Measurement, failed *error, pacer load.Pacer, step load.Step) {
		loads.Go(func() {
			measured, err := load.Open{Pacer: pacer, Workers: auth.Workers, Warm: p.Warm, Measure: p.Window, Drain: drain, Clock: clock}.Run(ctx, step)
			*into, *failed = &measured.Measurement, err
		})
	}
	serial, seed := uint64(o.Serial), p.Seed+2*uint64(o.Block)
	if o.AuthRate > 0 {
		workload := auth.New(o.On.Users, o.On.Permissions, auth.Options{Data: o.Data.Of, Profile: p.Profile, Mix: p.AuthMix, Window: serial, Expires: time.Now().Add(visitorLife)})
		offer(&authed, &errs[0], load.Poisson{PerSecond: o.AuthRate, Seed: seed}, workload.Step)
	}
	if o.CollectionsRate > 0 {
		workload := collections.New(o.On.Collections, collections.Options{Data: o.Data, Mix: p.Mix, Window: serial, BulkRows: p.BulkRows})
		offer(&collected, &errs[1], load.Poisson{PerSecond: o.CollectionsRate, Seed: seed + 1}, workload.Step)
	}
	loads.Wait()
	p.label(o, auth.Name, authed)
	p.label(o, collections.Name, collected)
	if err = errors.Join(errs[:]...); err != nil {
		return authed, collected, "cut short: " + err.Error(), err
	}
	return authed, collected, unusable(result.SplitWindow{Auth: authed, Collections: collected}, p.SLO), nil
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

func (p Plan) label(o Offer, workload string, m *result.Measurement) {
	if m != nil {
		m.Engine, m.Workload, m.Window = p.Engine.String(), workload, o.Label+", "+workload
	}
}

// The generator's own delay may be this share of the promise, and of the measured p99,
// before the window says more about the generator than about the store.
const (
	lagOfPromise = 0.05
	lagOfLatency = 0.5
)

// unusable says why a window measured the harness and not the store; empty when it is sound.
func unusable(w result.SplitWindow, slo result.SLO) string {
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
