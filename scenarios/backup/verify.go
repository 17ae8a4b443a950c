package backup

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/road"
)

// VerifyPlan is everything that verifying somebody's dump depends on.
type VerifyPlan struct {
	road.Head                // embedded or container
	Dump      backup.Archive `json:"dump"`
	Role      string         `json:"role,omitempty"`       // the application's; empty is the owner of most tables
	Schemas   string         `json:"migrations,omitempty"` // folder of the user's own schema files; empty is built in
}

// The claims of a restored dump; their sentences and rules stand in package suites.
const (
	RestoreTool  = "RESTORE-1"
	RestoreWhole = "RESTORE-2"
	RestoreServe = "RESTORE-3"
)

// verification is one dump on its way through a cluster that is thrown away.
type verification struct {
	plan  VerifyPlan
	facts *result.Run
	book  road.Runbook
	host  *deployment.Host
	roles backup.Roles
	role  deployment.Role // the application's
	blank *deployment.Blank
	// restored is false when the tool failed: nothing is then looked for in what it left.
	restored bool
	store    store.Name // what the dump is of; empty when it is of none of the three
	print    store.Fingerprint
}

// Verify restores a dump into a cluster that it starts and ends, and records what came
// back: whether the tools were content, whether the copy is whole, and whether the
// application role can live on it. The facts are returned also beside an error, which
// says that it could not be measured. The dump is only read.
func Verify(ctx context.Context, plan VerifyPlan) (*result.Run, error) {
	v := &verification{plan: plan, facts: plan.Facts()}
	v.book = road.Runbook{Head: plan.Head, Facts: v.facts, Steps: stepsOfVerify}
	err := road.Follow(ctx, v.facts, v.follow)
	return v.facts, err
}

func (v *verification) follow(ctx context.Context, ends *road.Ends) error {
	var running *cluster.Cluster
	if err := v.book.Step("start an empty "+v.plan.Engine.Title(), func(*result.Step) (err error) { running, err = v.start(ctx); return err }); err != nil {
		return err
	}
	ends.Add(running.Close)
	options := deployment.Options{}
	if v.plan.Schemas != "" {
		options.Migrations = os.DirFS(v.plan.Schemas)
	}
	var err error
	if v.host, err = deployment.Prepare(ctx, running, options); err != nil {
		return err
	}
	ends.Add(v.end)
	if err := v.book.Step("make the roles that the dump names", func(s *result.Step) error { return v.makeRoles(ctx, s) }); err != nil {
		return err
	}
	for _, claim := range []struct {
		id    string
		check func(context.Context, *result.Observation) error
	}{{RestoreTool, v.restore}, {RestoreWhole, v.whole}, {RestoreServe, v.serve}} {
		v.book.Try(ctx, claim.id, claim.check)
	}
	v.plan.Say(road.Progress{Done: stepsOfVerify, Total: stepsOfVerify, Current: "ending the cluster"})
	return nil
}

func (v *verification) start(ctx context.Context) (*cluster.Cluster, error) {
	running, err := cluster.Start(ctx, v.plan.Spec(cluster.Relaxed, cluster.External{}))
	if err != nil {
		return nil, err
	}
	road.Met(running, v.facts)
	return running, nil
}

// end drops the database before the roles that have rights in it.
func (v *verification) end(ctx context.Context) error {
	var all []error
	if v.blank != nil {
		all = append(all, v.blank.Drop(ctx))
	}
	return errors.Join(append(all, v.host.Close(ctx))...)
}

// stepsOfVerify is how many steps Verify and its checks have, for the bar.
const stepsOfVerify = 6

// makeRoles makes every role that the dump names, and takes one for the application's.
func (v *verification) makeRoles(ctx context.Context, s *result.Step) (err error) {
	if v.roles, err = backup.RolesOf(ctx, backup.Place{Cluster: v.host.Cluster, Database: "postgres"}, v.plan.Dump); err != nil {
		return err
	}
	v.role = v.host.Role
	wanted := v.plan.Role
	if wanted == "" {
		wanted = v.roles.Owner
	}
	admin := v.host.Cluster.Admin.URL.User()
	made := 0
	for _, name := range v.roles.Named {
		if name == admin {
			continue
		}
		role, err := v.host.AddRole(ctx, name)
		if err != nil {
			return err
		}
		made++
		if name == wanted {
			v.role = role
		}
	}
	s.Said = fmt.Sprintf("named: %s; made here: %d; the application is %s", listed(v.roles.Named), made, v.role.Name)
	if v.role.Name == v.host.Role.Name {
		s.Said += ", made here with the documented grants"
	}
	return nil
}
