package arms

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/dataset"
	"tristore/scenarios/road"
)

// times is by how much an intervention widens a setting.
const times = 4

// narrowPool is the pool cap that the platform's documents suggest for collections, rounded down.
const narrowPool = 2

// pairOf is what one intervention is tried on: auth alone, and both.
type pairOf struct {
	alone, both *deployment.Deployment
	data        dataset.Collections
}

// causes has one pair of arms without a change, and one for each intervention. Auth alone
// is measured with the change as well, so that what is seen to go is the interference and
// not only some latency. A pool cap of collections leaves auth alone as it was.
func (r *rig) causes(ctx context.Context, facts *result.Interference) ([]arm, error) {
	shared, err := r.start(ctx, "shared", r.plan.Collections, nil)
	if err != nil {
		return nil, err
	}
	base, err := r.pair(ctx, shared)
	if err != nil {
		return nil, err
	}
	all := armsOf(base, result.Arm{}, nil, nil)
	wide, err := r.start(ctx, "larger cache", r.plan.Collections, map[string]string{"shared_buffers": fmt.Sprintf("%dMB", times*r.plan.MemoryBytes/4>>20)})
	if err != nil {
		return nil, err
	}
	cached, err := r.pair(ctx, wide)
	if err != nil {
		return nil, err
	}
	all = append(all, armsOf(cached, result.Arm{Channel: "cache", Change: fmt.Sprintf("shared_buffers × %d", times)}, nil, nil)...)
	for _, c := range []struct {
		arm      result.Arm
		settings map[string]string
	}{
		{result.Arm{Channel: "checkpoints", Change: fmt.Sprintf("max_wal_size and checkpoint_timeout × %d", times)}, map[string]string{"max_wal_size": "4GB", "checkpoint_timeout": "20min"}},
		{result.Arm{Channel: "vacuum", Change: "autovacuum off"}, map[string]string{"autovacuum": "off"}},
	} {
		enter, leave := toggle(base.both, c.settings)
		all = append(all, armsOf(base, c.arm, enter, leave)...)
	}
	narrow, err := base.both.WithPool(ctx, store.CollectionsStore, narrowPool)
	if err != nil {
		return nil, err
	}
	r.ends.Add(narrow.Close)
	capped := pairOf{nil, narrow, base.data}
	all = append(all, armsOf(capped, result.Arm{Channel: "connections", Change: fmt.Sprintf("at most %d connections for collections", narrowPool)}, nil, nil)...)
	indexed, err := r.index(ctx, shared, base, facts)
	facts.NotRun = append(facts.NotRun, result.NotRun{What: "interventions on CPU, locks, replication and backup", Why: "none is made here, so that these can be suspect and never a cause"})
	return append(all, indexed...), err
}

// index makes the indexes that the stores' own declarations ask for and that are not there.
func (r *rig) index(ctx context.Context, shared host, base pairOf, facts *result.Interference) ([]arm, error) {
	r.plan.Say(road.Progress{Current: "looking for missing indexes"})
	whole, err := r.whole(ctx, shared)
	if err != nil {
		return nil, err
	}
	should, err := names(ctx, whole.both)
	if err != nil {
		return nil, err
	}
	are, err := names(ctx, base.both)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(should, func(name string) bool { return slices.Contains(are, name) })
	if len(missing) == 0 {
		facts.NotRun = append(facts.NotRun, result.NotRun{What: "index", Why: "every index that the stores declare is there"})
		return nil, nil
	}
	change := fmt.Sprintf("%d indexes made that were declared and not there, such as on %s", len(missing), missing[0])
	return armsOf(whole, result.Arm{Channel: "index", Change: change}, nil, nil), nil
}

// names are the indexes of the collections' database, by table and columns.
func names(ctx context.Context, on *deployment.Deployment) (all []string, err error) {
	found, err := deployment.Indexes(ctx, on.AdminTarget(store.CollectionsStore))
	for _, index := range found {
		if index.Valid {
			all = append(all, index.Table+" ("+strings.Join(index.Fields, ", ")+")")
		}
	}
	return all, err
}

// pair is two filled deployments on one host, with what was prepared.
func (r *rig) pair(ctx context.Context, on host) (p pairOf, err error) {
	if p, err = r.whole(ctx, on); err == nil && r.plan.Prepared == MissingIndex {
		for _, d := range []*deployment.Deployment{p.alone, p.both} {
			if err := dropIndexes(ctx, d); err != nil {
				return p, err
			}
		}
	}
	return p, err
}

func (r *rig) whole(ctx context.Context, on host) (p pairOf, err error) {
	p.data = on.data
	if p.alone, err = r.deploy(ctx, on); err == nil {
		p.both, err = r.deploy(ctx, on)
	}
	return p, err
}

// dropIndexes is the prepared bottleneck: lists of collections have no index to use. What is
// unique stays, since writes lean on it.
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

// armsOf are the two arms of an intervention; auth alone is left out where it has no deployment.
func armsOf(p pairOf, as result.Arm, enter, leave func(context.Context) error) (all []arm) {
	label := as.Channel + " changed"
	if as.Channel == "" {
		label = "as it is"
	}
	if p.alone != nil {
		alone := as
		alone.Name, alone.Dose = "auth alone, "+label, 0
		all = append(all, arm{alone, p.alone, p.data, enter, leave})
	}
	both := as
	both.Name, both.Dose = "both, "+label, 1
	return append(all, arm{both, p.both, p.data, enter, leave})
}

// toggle changes settings of a running cluster, and takes the change back.
func toggle(on *deployment.Deployment, settings map[string]string) (enter, leave func(context.Context) error) {
	target, back := on.AdminTarget(store.CollectionsStore), map[string]string{}
	for name := range settings {
		back[name] = ""
	}
	return func(ctx context.Context) error { return postgres.Reconfigure(ctx, target, settings) },
		func(ctx context.Context) error { return postgres.Reconfigure(ctx, target, back) }
}
