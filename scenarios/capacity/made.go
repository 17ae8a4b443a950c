package capacity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/scenarios/auth"
	"tristore/scenarios/load"
)

// Made is what makes a bottleneck that rates, sizes and mixes do not make.
type Made struct {
	// Settings of every cluster, on top of those that its hardware gives.
	Settings map[string]string `json:"settings,omitempty"`
	// NoIndexes drops what lists of collections look rows up by. What is unique stays, since
	// writes lean on it.
	NoIndexes bool `json:"no_indexes,omitempty"`
	// Free is how many connection slots of the shared cluster are left by connections that
	// stay open, as those of pods at rest do; 0 opens none.
	Free int `json:"free_slots,omitempty"`
	// Held is how long a job beside collections keeps all users locked, time and again, while
	// it does something else.
	Held time.Duration `json:"held_ns,omitempty"`
	// Overload makes the rate of auth so many times what the shared cluster serves of it,
	// which is measured before anything else; 0 leaves the rate.
	Overload float64 `json:"overload,omitempty"`
}

// loaded is the plan with the rate that a machine of this speed is overloaded by.
func (r *rig) loaded(ctx context.Context, p Plan) (Plan, error) {
	if p.Made == nil || p.Made.Overload == 0 {
		return p, nil
	}
	on := r.shared
	workload := auth.New(on.Users, on.Permissions, auth.Options{Data: r.data.Of, Profile: p.Profile, Mix: p.AuthMix, Window: calibration, Expires: time.Now().Add(visitorLife)})
	w, err := load.Closed{Workers: auth.Workers, Warm: p.Warm, Measure: p.Window, Drain: drain}.Run(ctx, workload.Step)
	if err != nil {
		return p, fmt.Errorf("measuring what the cluster serves of auth: %w", err)
	}
	if w.Counts.Committed == 0 {
		return p, errors.New("the cluster served nothing of auth, so that no rate can overload it")
	}
	p.AuthRate = p.Made.Overload * w.Achieved
	return p, nil
}

// calibration numbers its window apart from all others.
const calibration = 1 << 40

// Into makes it in a filled deployment.
func (m *Made) Into(ctx context.Context, on *deployment.Deployment) error {
	if m == nil || !m.NoIndexes {
		return nil
	}
	return dropIndexes(ctx, on)
}

// Rest opens connections at rest to the stores in turn, until no more slots are free than
// were asked for. It tells how many, and they stay until end is called.
func (m *Made) Rest(ctx context.Context, on *deployment.Deployment) (n int, end func(context.Context) error, err error) {
	free, err := postgres.FreeSlots(ctx, on.AdminTarget(store.UsersStore))
	if err != nil {
		return 0, nil, err
	}
	n = max(0, free-m.Free)
	end, err = RestAs(ctx, on, n)
	return n, end, err
}

// RestAs opens so many connections at rest to the stores in turn.
func RestAs(ctx context.Context, on *deployment.Deployment, n int) (end func(context.Context) error, err error) {
	var rests []*postgres.Resting
	end = func(ctx context.Context) error {
		var all []error
		for _, r := range rests {
			all = append(all, r.Close(ctx))
		}
		return errors.Join(all...)
	}
	names := store.Names()
	for at, name := range names {
		share := (n + len(names) - 1 - at) / len(names)
		r, err := postgres.Rest(ctx, on.Target(name), share)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("opening the connections of pods at rest to %s: %w", name, err), end(context.WithoutCancel(ctx)))
		}
		rests = append(rests, r)
	}
	return end, nil
}

// dropIndexes is the prepared bottleneck: lists of collections have no index to use.
func dropIndexes(ctx context.Context, on *deployment.Deployment) error {
	target := on.AdminTarget(store.CollectionsStore)
	found, err := deployment.Indexes(ctx, target)
	if err != nil {
		return err
	}
	for _, index := range found {
		if !index.Unique && strings.Contains(index.Table, "/") {
			if err := postgres.DropIndex(ctx, target, index.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// heldPause is how long the locks are gone before they are taken again.
const heldPause = 20 * time.Millisecond

// Beside does work while what belongs to collections and is no request of theirs runs
// beside it.
func (m *Made) Beside(ctx context.Context, on *deployment.Deployment, work func()) error {
	if m == nil || m.Held == 0 {
		work()
		return nil
	}
	working, ended := context.WithCancel(ctx)
	job := make(chan error, 1)
	go func() {
		job <- postgres.HoldRows(working, on.AdminTarget(store.UsersStore).WithApplication("tristore backfill"), postgres.Holding{Table: "Users", For: m.Held, Pause: heldPause})
	}()
	work()
	ended()
	return <-job
}
