package arms

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/reports/result"
	"tristore/scenarios/capacity"
	"tristore/scenarios/dataset"
	"tristore/scenarios/road"
)

// rig is what a test runs on. Every cluster of it has all of the hardware; while one is
// measured the others are idle.
type rig struct {
	plan  Plan
	hosts []host
	ends  road.Ends
}

// host is one cluster and the data of its deployments.
type host struct {
	*deployment.Host
	name string
	data dataset.Collections
	full bool // a deployment has the data from its start
}

func (r *rig) build(ctx context.Context, facts *result.Interference) ([]arm, error) {
	switch r.plan.Test {
	case result.DoseTest:
		return r.dose(ctx)
	case result.GrowthTest:
		return r.growth(ctx)
	default:
		return r.causes(ctx, facts)
	}
}

// dose has one deployment for all arms.
func (r *rig) dose(ctx context.Context) ([]arm, error) {
	h, err := r.start(ctx, "shared", r.plan.Collections, nil)
	if err != nil {
		return nil, err
	}
	on, err := r.deploy(ctx, h)
	if err != nil {
		return nil, err
	}
	var all []arm
	for _, share := range []float64{0, 0.33, 0.66, 1} {
		all = append(all, arm{Arm: result.Arm{Name: fmt.Sprintf("%g %%", 100*share), Dose: share}, on: on, data: h.data})
	}
	return all, nil
}

// growthSizes are the data sets of a growth test. A cluster's cache is a quarter of its memory.
func (r *rig) growthSizes() []capacity.Sizes {
	var all []capacity.Sizes
	for _, share := range r.plan.Shares {
		sizes := r.plan.Collections
		sizes.HugeWorkspaces, sizes.HugeFactor = 0, 1
		rows := share * float64(r.plan.MemoryBytes) / 4 / float64(sizes.MessageBytes+250) // with a row's own overhead and its index entries
		sizes.MessagesPerConversation = 10
		sizes.Conversations = max(1, int(rows)/sizes.MessagesPerConversation/sizes.Workspaces)
		all = append(all, sizes)
	}
	return all
}

// growth has a cluster for each size, so that none has the cache that another left.
func (r *rig) growth(ctx context.Context) ([]arm, error) {
	var all []arm
	for i, sizes := range r.growthSizes() {
		name := fmt.Sprintf("data of %g× the cache", r.plan.Shares[i])
		h, err := r.start(ctx, name, sizes, nil)
		if err != nil {
			return nil, err
		}
		on, err := r.deploy(ctx, h)
		if err != nil {
			return nil, err
		}
		all = append(all, arm{Arm: result.Arm{Name: name, Dose: 1}, on: on, data: h.data})
	}
	return all, nil
}

// dataSeed makes the data: the same in every run, so that a set that was kept is met again.
// Arrivals come from the plan's seed.
const dataSeed = 1

// start starts a cluster of all the hardware, with settings on top, whose deployments hold
// data of these sizes. Where a cluster can begin with content, it is loaded once and copied.
func (r *rig) start(ctx context.Context, name string, sizes capacity.Sizes, settings map[string]string) (h host, err error) {
	r.plan.Say(road.Progress{Current: "starting the cluster: " + name})
	cores, err := capacity.UsableCores(r.plan.CPUs)
	if err != nil {
		return h, err
	}
	spec := r.plan.Spec(cluster.Strict, cluster.External{})
	spec.Limits = cluster.Limits{CPUs: r.plan.CPUs, CPUSet: cores, MemoryBytes: r.plan.MemoryBytes}
	spec.Dir, spec.Settings = filepath.Join(r.plan.Dir, fmt.Sprintf("cluster-%d", len(r.hosts)+1)), settings
	h = host{name: name, data: dataset.Collections{Of: dataset.Identity{Seed: dataSeed, Sizes: r.plan.Identity}, Sizes: sizes}}
	if h.full = cluster.CanSeed(spec.Engine, spec.Reach); h.full {
		started, err := dataset.Start(ctx, spec, dataset.Whole{Collections: h.data}, func(*dataset.Loading) { r.plan.Say(road.Progress{Current: "loading the data, once"}) })
		if err != nil {
			return h, err
		}
		r.ends.Add(started.Close)
		h.Host = started.Host
	} else {
		on, err := cluster.Start(ctx, spec)
		if err != nil {
			return h, err
		}
		r.ends.Add(on.Close)
		if h.Host, err = deployment.Prepare(ctx, on, deployment.Options{PoolMax: drivers.DefaultPoolMax}); err != nil {
			return h, err
		}
		r.ends.Add(h.Close)
	}
	r.hosts = append(r.hosts, h)
	return h, nil
}

// deploy gives three stores with the host's data in them. What the planner knows of it is
// up to date, so that no arm begins with worse plans than another.
func (r *rig) deploy(ctx context.Context, h host) (*deployment.Deployment, error) {
	on, err := h.Deploy(ctx)
	if err != nil {
		return nil, err
	}
	r.ends.Add(on.Close)
	if h.full {
		return on, nil
	}
	r.plan.Say(road.Progress{Current: "loading the data"})
	if err = h.data.Of.LoadInto(ctx, on); err == nil {
		err = h.data.LoadInto(ctx, on)
	}
	if err == nil {
		err = capacity.Settle(ctx, on)
	}
	return on, err
}

// hardware says what each cluster got, as it reports it.
func (r *rig) hardware() map[string]string {
	all := map[string]string{
		"asked":     fmt.Sprintf("%g CPUs, %d MiB; one cluster is measured at a time", r.plan.CPUs, r.plan.MemoryBytes>>20),
		"generator": "runs on this machine and shares these cores with the servers, in every arm alike: read ratios between arms, not absolute latencies",
		"disk":      "what is beyond the cache of a server may be in that of this machine: read how the arms differ, not how much a disk costs",
	}
	for _, h := range r.hosts {
		var said []string
		for _, name := range []string{"shared_buffers", "max_connections", "max_wal_size", "checkpoint_timeout", "autovacuum", "fsync", "synchronous_commit"} {
			said = append(said, name+"="+h.Cluster.InForce[name])
		}
		slices.Sort(said)
		all[h.name+" in force"] = strings.Join(said, ", ")
	}
	return all
}
