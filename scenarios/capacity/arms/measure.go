package arms

import (
	"context"
	"errors"
	"fmt"
	"math"

	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/capacity"
	"tristore/scenarios/dataset"
	"tristore/scenarios/observe"
	"tristore/scenarios/road"
)

// arm is one way to run the workloads.
type arm struct {
	result.Arm
	on   *deployment.Deployment
	data dataset.Collections
	// enter makes a change before a window of the arm, and leave takes it back; nil for none.
	enter, leave func(context.Context) error
}

// Measure carries a test out. Everything it started is gone when it returns. The facts are
// nil only when nothing could be measured; otherwise an error is in them as well.
func Measure(ctx context.Context, plan Plan) (*result.Interference, error) {
	if err := plan.Check(); err != nil {
		return nil, err
	}
	r := &rig{plan: plan}
	facts := &result.Interference{
		Engine: plan.Engine.String(), Reach: string(plan.Reach), Test: plan.Test, Prepared: plan.Prepared, AuthRate: plan.AuthRate, CollectionsRate: plan.CollectionsRate, Cores: int(math.Ceil(plan.CPUs)),
	}
	arms, err := r.build(ctx, facts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("preparing the %s test: %w", plan.Test, err), r.ends.Close(context.WithoutCancel(ctx)))
	}
	facts.Hardware, facts.Ground = r.hardware(), plan.Ground(r.hosts[0].Cluster.Version)
	for i := range arms {
		if arms[i].Bytes, arms[i].CacheBytes, err = postgres.Footprint(ctx, arms[i].on.AdminTarget(store.CollectionsStore)); err != nil {
			break
		}
		facts.Arms = append(facts.Arms, arms[i].Arm)
	}
	if err == nil {
		err = blocks(ctx, plan, arms, facts)
	}
	if endErr := r.ends.Close(context.WithoutCancel(ctx)); err == nil {
		err = endErr
	}
	if err != nil {
		facts.Trouble = err.Error()
	}
	return facts, err
}

// blocks measures every arm once per block, and keeps what was measured when it stops.
func blocks(ctx context.Context, plan Plan, arms []arm, facts *result.Interference) error {
	whole := 0
	for block := 0; plan.Another(block, whole); block++ {
		sound := true
		for order, at := range capacity.Order(plan.Seed, block, len(arms)) {
			w, err := window(ctx, plan, place{block, block*len(arms) + at}, arms[at])
			w.Order = order
			facts.Windows = append(facts.Windows, w)
			if err != nil {
				return fmt.Errorf("measuring %s in block %d: %w", w.Arm, block, err)
			}
			sound = sound && w.Invalid == ""
			done, all := len(facts.Windows), max(plan.Blocks, block+1)*len(arms)
			plan.Say(road.Progress{Done: done, Total: all, Current: fmt.Sprintf("window %d of %d", min(done+1, all), all)})
		}
		if sound {
			whole++
		}
	}
	return nil
}

// place is where a window stands: arms that share a deployment have the arrivals of a block
// in common, and never a serial.
type place struct{ block, serial int }

// window measures one arm once, with its change in force, and the server's statistics beside.
func window(ctx context.Context, plan Plan, at place, a arm) (w result.ArmWindow, err error) {
	w = result.ArmWindow{Block: at.block, Arm: a.Name, Invalid: "its change could not be made"}
	if a.enter != nil {
		if err := a.enter(ctx); err != nil {
			return w, err
		}
		defer func() { err = errors.Join(err, a.leave(context.WithoutCancel(ctx))) }()
	}
	offer := capacity.Offer{On: a.on, Data: a.data, AuthRate: plan.AuthRate, CollectionsRate: a.Dose * plan.CollectionsRate, Block: at.block, Serial: at.serial, Label: fmt.Sprintf("%s block %d, %s", plan.Test, at.block, a.Name)}
	var offered error
	seen, err := observe.Beside(ctx, a.on.AdminTarget(store.CollectionsStore), plan.Every, func() {
		w.Auth, w.Collections, w.Invalid, offered = plan.Offer(ctx, offer)
	})
	w.Seen = seen
	return w, errors.Join(offered, err)
}
