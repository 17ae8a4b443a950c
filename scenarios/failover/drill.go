package failover

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/faults"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/dataset"
	"tristore/scenarios/road"
	"tristore/scenarios/traffic"
)

// drill is one run over its losses.
type drill struct {
	plan     Plan
	facts    *result.Run
	book     road.Runbook
	clusters []*cluster.Cluster // all that were started
	primary  *cluster.Cluster   // the one that takes writes
	wire     *faults.Wire       // the application's address
	stores   *deployment.Deployment
	writers  *traffic.Writers
	losses   []loss
}

// Drill loses the primary as often as the plan says and records what was seen. The facts
// are returned also beside an error, which says that it could not be measured. Everything
// that it started is gone when it returns.
func Drill(ctx context.Context, plan Plan) (*result.Run, error) {
	d := &drill{plan: plan, facts: plan.Facts()}
	d.book = road.Runbook{Head: plan.Head, Facts: d.facts, Steps: 3 + stepsOfLoss*plan.Times}
	err := road.Follow(ctx, d.facts, d.run)
	return d.facts, err
}

// stepsOfLoss is how many steps one loss has, for the bar.
const stepsOfLoss = 4

// run is the story of a drill. What was seen before an error stays seen.
func (d *drill) run(ctx context.Context, ends *road.Ends) error {
	err := d.begin(ctx, ends)
	for n := 0; err == nil && n < d.plan.Times; n++ {
		err = d.lose(ctx, n)
	}
	for _, claim := range []struct {
		id  string
		see func(*result.Observation)
	}{{Kept, d.seeKept}, {Writable, d.seeWritable}} {
		d.book.Try(ctx, claim.id, func(_ context.Context, saw *result.Observation) error {
			claim.see(saw)
			return err
		})
	}
	return err
}

// begin starts the first primary with filled stores behind the application's address, and
// lets the application write.
func (d *drill) begin(ctx context.Context, ends *road.Ends) error {
	ends.Add(d.closeClusters)
	if err := d.book.Step("start "+d.plan.Engine.Title(), func(*result.Step) (err error) {
		d.primary, err = d.start(ctx, "primary-0", nil)
		return err
	}); err != nil {
		return err
	}
	road.Met(d.primary, d.facts)
	if err := d.book.Step("fill three stores behind one address", func(*result.Step) error { return d.fill(ctx, ends) }); err != nil {
		return err
	}
	d.writers = traffic.Start(ctx, d.stores, 0)
	ends.Add(func(context.Context) error { d.writers.Stop(); return nil })
	return d.writers.Await(ctx, 0, least)
}

// least is how many writes each store acknowledges between two losses.
const least = 10

func (d *drill) start(ctx context.Context, name string, from *cluster.Recovery) (*cluster.Cluster, error) {
	spec := d.plan.Spec(cluster.Strict, cluster.External{})
	spec.Dir, spec.Recovery = filepath.Join(d.plan.Dir, name), from
	spec.Settings = map[string]string{"wal_level": "replica", "max_wal_senders": "10", "max_replication_slots": "10", "hot_standby": "on", "wal_receiver_status_interval": "1s"}
	if d.plan.Synchronous {
		spec.Settings["synchronous_commit"] = "remote_apply"
	}
	started, err := cluster.Start(ctx, spec)
	if err == nil {
		d.clusters = append(d.clusters, started)
	}
	return started, err
}

// fill makes the stores. Whatever reaches them goes by the address, so that it finds the
// next primary; the certificate is the same on all.
func (d *drill) fill(ctx context.Context, ends *road.Ends) (err error) {
	if d.wire, err = faults.NewWire(d.primary.Admin.URL.HostPort()); err != nil {
		return err
	}
	ends.Add(func(context.Context) error { d.wire.Close(); return nil })
	authority, err := os.ReadFile(d.primary.CAFile)
	if err != nil {
		return fmt.Errorf("reading the authority's certificate: %w", err)
	}
	front := *d.primary
	front.CAFile = filepath.Join(d.plan.Dir, "ca.pem") // the primary's own goes with it
	if err := os.WriteFile(front.CAFile, authority, 0o600); err != nil {
		return fmt.Errorf("keeping the authority's certificate: %w", err)
	}
	ends.Add(func(context.Context) error { return os.Remove(front.CAFile) })
	front.Admin.URL, front.Admin.CAFile = d.wire.Through(front.Admin.URL), front.CAFile
	host, err := deployment.Prepare(ctx, &front, deployment.Options{})
	if err != nil {
		return err
	}
	// Its session ended with the first primary, and its databases end with the clusters.
	ends.Add(func(ctx context.Context) error { _ = host.Close(ctx); return nil })
	var blanks []*deployment.Blank
	for _, name := range store.Names() {
		blank, err := host.Blank(ctx, name)
		if err == nil {
			_, err = deployment.Migrate(ctx, blank.Target, name, host.Files(name))
		}
		if err != nil {
			return fmt.Errorf("making store %s: %w", name, err)
		}
		blanks = append(blanks, blank)
	}
	if d.stores, err = host.OpenOn(ctx, blanks); err != nil {
		return err
	}
	ends.Add(d.stores.Close)
	return dataset.Identity{Seed: d.plan.Seed, Sizes: dataset.Small()}.LoadInto(ctx, d.stores)
}

func (d *drill) closeClusters(ctx context.Context) error {
	var all []error
	for _, one := range d.clusters {
		all = append(all, one.Close(ctx))
	}
	return errors.Join(all...)
}
