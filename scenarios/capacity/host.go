package capacity

import (
	"context"
	"fmt"
	"maps"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/scenarios/dataset"
	"tristore/scenarios/road"
)

// DataSeed makes data that is kept: the same in every run, so that a set is met again.
// Arrivals come from the plan's seed.
const DataSeed = 1

// keeps tells whether the data of a plan is kept from run to run: that of a bottleneck
// that is built in may be large, and is loaded once and copied where a cluster can begin
// with content.
func (p Plan) keeps() bool { return p.Prepared != nil && cluster.CanSeed(p.Engine, p.Reach) }

// Host starts a cluster with the settings that were built in, and data in its deployments
// where it can be kept. ends takes what is to be ended.
func (p Plan) Host(ctx context.Context, spec cluster.Spec, data dataset.Collections, ends *road.Ends) (*deployment.Host, error) {
	if p.Made != nil {
		spec.Settings = merged(p.Made.Settings, spec.Settings)
	}
	if p.keeps() {
		started, err := dataset.Start(ctx, spec, dataset.Whole{Collections: data}, func(*dataset.Loading) { p.Say(road.Progress{Current: "loading the data, once"}) })
		if err != nil {
			return nil, err
		}
		ends.Add(started.Close)
		return started.Host, nil
	}
	on, err := cluster.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	ends.Add(on.Close)
	host, err := deployment.Prepare(ctx, on, deployment.Options{PoolMax: drivers.DefaultPoolMax})
	if err != nil {
		return nil, err
	}
	ends.Add(host.Close)
	return host, nil
}

// merged are settings, the later ones on top.
func merged(all ...map[string]string) map[string]string {
	whole := map[string]string{}
	for _, settings := range all {
		maps.Copy(whole, settings)
	}
	return whole
}

// make builds the bottleneck into every deployment.
func (r *rig) make(ctx context.Context, plan Plan) error {
	for _, on := range r.deployments() {
		if err := plan.Made.Into(ctx, on); err != nil {
			return fmt.Errorf("building the bottleneck in: %w", err)
		}
	}
	if plan.Made == nil || plan.Made.Free == 0 {
		return nil
	}
	n, end, err := plan.Made.Rest(ctx, r.shared)
	if err != nil {
		return err
	}
	r.ends.Add(end)
	if r.split == nil {
		return nil
	}
	if end, err = RestAs(ctx, r.split, n); err != nil { // the same pods
		return err
	}
	r.ends.Add(end)
	return nil
}
