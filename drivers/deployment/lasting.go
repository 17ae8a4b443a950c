package deployment

import (
	"context"
	"errors"
	"fmt"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// LastingPrefix begins the names of the databases that stay after the program ends, and
// that the next one finds again.
const LastingPrefix = Prefix + "data_"

// OpenLasting opens the three stores of a cluster that stay: as the cluster's
// administrator, since a role's password would be known to one process only. With create,
// databases that are missing are made and migrated, on a marked sandbox only; without, it
// writes nothing and asks for no mark, so that a copy elsewhere can be read. The caller
// must Close the deployment, which keeps the databases.
func OpenLasting(ctx context.Context, on *cluster.Cluster, create bool) (d *Deployment, err error) {
	if create && on.Reach == drivers.External {
		if err := CheckSandbox(ctx, on); err != nil {
			return nil, err
		}
	}
	host := &Host{Cluster: on, prefix: LastingPrefix, family: openFamily(on.Admin)}
	d = &Deployment{Engine: on.Engine, places: map[store.Name]place{}, closes: []func(context.Context) error{host.family.Close}}
	for _, name := range store.Names() {
		d.places[name] = place{host, host.target(host.template(name))}
	}
	for _, name := range store.Names() {
		if err == nil {
			err = host.last(ctx, name, create)
		}
	}
	if err == nil {
		err = d.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the lasting stores on %s: %w", on.Engine, err), d.Close(context.WithoutCancel(ctx)))
	}
	return d, nil
}

// notLoaded is something that the user can mend, and so counts as cluster.ErrUnreachable.
type notLoaded struct{ database string }

func (e *notLoaded) Error() string {
	return fmt.Sprintf("there is no database %s: load a data set first", e.database)
}

// Is makes it one of those that the user can mend.
func (e *notLoaded) Is(target error) bool { return target == cluster.ErrUnreachable }

// last makes sure of one database.
func (h *Host) last(ctx context.Context, name store.Name, create bool) error {
	database := h.template(name)
	there, err := h.has(ctx, database)
	switch {
	case err != nil:
		return err
	case !there && !create:
		return &notLoaded{database}
	case !create:
		return nil
	case !there && h.Cluster.Engine.Family() == drivers.FamilyPostgres: // elsewhere the first write makes it
		if err := h.family.CreateDatabase(ctx, database, Role{Name: h.Cluster.Admin.URL.User()}); err != nil {
			return fmt.Errorf("making database %s: %w", database, err)
		}
	}
	if _, err := Migrate(ctx, h.target(database), name, h.Files(name)); err != nil {
		return fmt.Errorf("migrating store %s: %w", name, err)
	}
	return nil
}

// has tells whether a database is there: on PostgreSQL by going in, elsewhere by what it holds.
func (h *Host) has(ctx context.Context, database string) (bool, error) {
	if h.Cluster.Engine.Family() == drivers.FamilyPostgres {
		dialed := Dial(ctx, h.target(database))
		if dialed.Accepted || postgres.NoSuchDatabase(dialed.Err) {
			return dialed.Accepted, nil
		}
		return false, dialed.Err
	}
	print, err := Fingerprint(ctx, h.target(database))
	return len(print.Tables) > 0, err
}

// DropLasting removes the databases that OpenLasting made, on a marked sandbox only.
func DropLasting(ctx context.Context, on *cluster.Cluster) (err error) {
	if on.Reach == drivers.External {
		if err := CheckSandbox(ctx, on); err != nil {
			return err
		}
	}
	family := openFamily(on.Admin)
	defer func() { err = errors.Join(err, family.Close(context.WithoutCancel(ctx))) }()
	for _, name := range store.Names() {
		if err := family.DropDatabase(ctx, LastingPrefix+string(name)); err != nil {
			return err
		}
	}
	return nil
}
