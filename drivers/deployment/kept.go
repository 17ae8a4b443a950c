package deployment

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// keptPrefix begins the names on a cluster that is filled once and copied from then on,
// where a prefix by chance would not be found again.
const keptPrefix = Prefix + "kept_"

// Keep migrates the templates of a cluster of ours, lets fill write into them, and leaves
// them there for Adopt: a deployment will begin with what was written.
func Keep(ctx context.Context, on *cluster.Cluster, fill func(context.Context, *Deployment) error) (err error) {
	if !cluster.CanSeed(on.Engine, on.Reach) {
		return fmt.Errorf("%s (%s) is not filled to be copied", on.Engine, on.Reach)
	}
	host := &Host{Cluster: on, prefix: keptPrefix}
	if err := host.prepare(ctx); err != nil {
		return fmt.Errorf("preparing %s: %w", on.Engine, err)
	}
	defer func() { err = errors.Join(err, host.family.Close(context.WithoutCancel(ctx))) }()
	if _, can := host.family.(cloner); can && !host.Role.Restricted {
		return fmt.Errorf("the application role of %s is not restricted: %s", on.Engine, host.Role.Why)
	}
	inside := &Deployment{Engine: on.Engine, places: map[store.Name]place{}}
	for _, name := range store.Names() {
		inside.places[name] = place{host, host.target(host.template(name))}
	}
	if err = inside.open(ctx); err == nil {
		err = fill(ctx, inside)
	}
	if err = errors.Join(err, inside.Close(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	if on.Engine.Family() != drivers.FamilyPostgres {
		return nil
	}
	for _, name := range store.Names() {
		// What autovacuum would do some time later, in every copy again.
		if err := postgres.Exec(ctx, host.TemplateTarget(name), "VACUUM (FREEZE, ANALYZE)"); err != nil {
			return fmt.Errorf("vacuuming store %s: %w", name, err)
		}
	}
	return nil
}

// Adopt is Prepare for a cluster that began with what Keep left: its deployments hold that.
// Where the server copies no database there is one deployment, of what was left itself.
func Adopt(ctx context.Context, on *cluster.Cluster, options Options) (*Host, error) {
	host := &Host{Cluster: on, options: options, prefix: keptPrefix, family: openFamily(on.Admin)}
	if _, can := host.family.(cloner); !can {
		host.handOut, host.Role = new(atomic.Bool), Role{Why: "the administrator's account: content is kept without accounts"}
		return host, nil
	}
	host.Role = Role{Name: keptPrefix + "app", Password: drivers.GenerateSecret(), Restricted: true, Why: "it was restricted when the content was made"}
	if err := postgres.SetPassword(ctx, on.Admin, host.Role.Name, host.Role.Password); err != nil {
		return nil, errors.Join(fmt.Errorf("taking over the content of %s: %w", on.Engine, err), host.family.Close(context.WithoutCancel(ctx)))
	}
	return host, nil
}
