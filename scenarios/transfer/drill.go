package transfer

import (
	"context"
	"fmt"
	"path/filepath"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/dataset"
	"tristore/scenarios/road"
)

// End is the engine that the data comes from and how it is reached.
type End struct {
	Engine drivers.Engine `json:"engine"`
	Reach  drivers.Reach  `json:"reach"` // embedded or container
	Why    string         `json:"why,omitempty"`
}

// Plan is everything that a drill depends on; its head is about the engine that the data
// goes to.
type Plan struct {
	road.Head
	From End           `json:"from"`
	Set  dataset.Whole `json:"set"`
}

// The claims of a transfer; their sentences and rules stand in package suites.
const (
	Arrives = "IMPORT-1"
	Repeats = "IMPORT-2"
	Returns = "IMPORT-3"
)

// steps is how many steps a drill has, for the bar.
const steps = 9

// drill is one transfer on its way.
type drill struct {
	plan Plan
	book road.Runbook
	ends *road.Ends
	from *deployment.Host

	source, target, back *deployment.Deployment
	arrived              bool // both passes of the import came to their end
}

// Drill starts both clusters, fills one with a data set, takes it across, stopped half way
// and gone on with, once more for nothing, and then back. The facts are returned also beside
// an error, which says that it could not be measured.
func Drill(ctx context.Context, plan Plan) (*result.Run, error) {
	facts := plan.Facts()
	d := &drill{plan: plan, book: road.Runbook{Head: plan.Head, Facts: facts, Steps: steps}}
	return facts, road.Follow(ctx, facts, d.follow)
}

func (d *drill) follow(ctx context.Context, ends *road.Ends) (err error) {
	d.ends = ends
	from := d.plan.Head
	from.Engine, from.Reach, from.Why = d.plan.From.Engine, d.plan.From.Reach, d.plan.From.Why
	if d.from, d.source, err = d.start(ctx, from); err != nil {
		return err
	}
	err = d.book.Step("load the data set into "+from.Engine.Title(), func(s *result.Step) error {
		s.Said = fmt.Sprintf("%d rows", dataset.Total(d.plan.Set))
		return dataset.NewLoading(d.plan.Set, d.source, 4).Run(ctx)
	})
	if err != nil {
		return err
	}
	if _, d.target, err = d.start(ctx, d.plan.Head); err != nil {
		return err
	}
	for _, claim := range []struct {
		id    string
		check func(context.Context, *result.Observation) error
	}{{Arrives, d.arrives}, {Repeats, d.repeats}, {Returns, d.returns}} {
		d.book.Try(ctx, claim.id, claim.check)
	}
	return nil
}

// seededRoles is how many roles stand for those that the platform makes at its start.
const seededRoles = 3

// seedRoles adds roles that must not arrive.
func (d *drill) seedRoles(ctx context.Context) error {
	var roles []store.Record
	for i := range seededRoles {
		id := fmt.Sprintf("%024x", i+1)
		roles = append(roles, store.Role{Subject: store.Subject{MongoID: id, ID: "platform/role/" + id}, Name: id, Type: SeededType})
	}
	return notDone(d.source.Permissions.Insert(ctx, roles...), "seeding roles")
}

func (d *drill) start(ctx context.Context, at road.Head) (host *deployment.Host, deployed *deployment.Deployment, err error) {
	at.Dir = filepath.Join(at.Dir, at.Engine.String())
	err = d.book.Step("start an empty "+at.Engine.Title()+" and migrate it", func(*result.Step) error {
		running, err := cluster.Start(ctx, at.Spec(cluster.Relaxed, cluster.External{}))
		if err != nil {
			return err
		}
		d.ends.Add(running.Close)
		if at.Engine == d.plan.Engine {
			road.Met(running, d.book.Facts)
		}
		if host, err = deployment.Prepare(ctx, running, deployment.Options{}); err != nil {
			return err
		}
		d.ends.Add(host.Close)
		deployed, err = d.deploy(ctx, host)
		return err
	})
	return host, deployed, err
}

func (d *drill) deploy(ctx context.Context, on *deployment.Host) (*deployment.Deployment, error) {
	deployed, err := on.Deploy(ctx)
	if err == nil {
		d.ends.Add(deployed.Close)
	}
	return deployed, err
}
