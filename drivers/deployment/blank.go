package deployment

import (
	"context"
	"errors"
	"fmt"

	"tristore/drivers"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// Blank is an empty database meant for one store, in which the application role has
// the documented grants and nothing else. The caller owns it and must Drop it.
type Blank struct {
	Store store.Name
	// Target signs in as the application, Admin as the administrator.
	Target, Admin drivers.Target

	host *Host
}

// Blank makes an empty database for one store.
func (h *Host) Blank(ctx context.Context, name store.Name) (*Blank, error) {
	database := h.databaseName(name)
	if err := h.family.CreateDatabase(ctx, database, h.Role); err != nil {
		return nil, fmt.Errorf("making an empty database for store %s: %w", name, err)
	}
	return &Blank{Store: name, Target: h.target(database), Admin: h.admin(database), host: h}, nil
}

// BlankIn is Blank in an encoding of its own; only PostgreSQL's databases have one.
func (h *Host) BlankIn(ctx context.Context, name store.Name, encoding string) (*Blank, error) {
	makes, can := h.family.(encoder)
	if !can {
		return nil, fmt.Errorf("making an empty database in encoding %s: databases of %s have none", encoding, h.Cluster.Engine.Title())
	}
	database := h.databaseName(name)
	if err := makes.CreateDatabaseIn(ctx, database, encoding, h.Role); err != nil {
		return nil, fmt.Errorf("making an empty database for store %s in %s: %w", name, encoding, err)
	}
	return &Blank{Store: name, Target: h.target(database), Admin: h.admin(database), host: h}, nil
}

// AddRole makes a role of a given name with what an application role may do, on a cluster
// that is thrown away afterwards: nobody takes the role away.
func (h *Host) AddRole(ctx context.Context, name string) (Role, error) {
	if h.Cluster.Reach == drivers.External {
		return Role{}, fmt.Errorf("making role %s: only on a cluster of our own", name)
	}
	role, err := h.family.CreateRole(ctx, name)
	if err != nil {
		return role, fmt.Errorf("making role %s: %w", name, err)
	}
	return role, nil
}

// BlankFor is Blank for another role than the host's.
func (h *Host) BlankFor(ctx context.Context, name store.Name, role Role) (*Blank, error) {
	database := h.databaseName(name)
	if err := h.family.CreateDatabase(ctx, database, role); err != nil {
		return nil, fmt.Errorf("making an empty database for store %s: %w", name, err)
	}
	return h.blankOf(name, database, role), nil
}

// blankOf is an empty database that was made for a role.
func (h *Host) blankOf(name store.Name, database string, role Role) *Blank {
	blank := &Blank{Store: name, Target: h.target(database), Admin: h.admin(database), host: h}
	if role.Restricted {
		blank.Target.URL = blank.Target.URL.WithUser(role.Name, role.Password)
	}
	return blank
}

// BlankLike is an empty PostgreSQL database made as another one was, with no grant that a
// new database does not have; role is whom the application signs in as. Where this server
// does not know the other's locale, alike is false.
func (h *Host) BlankLike(ctx context.Context, name store.Name, role Role, as postgres.Like) (blank *Blank, alike bool, err error) {
	makes, can := h.family.(postgresFamily)
	if !can {
		return nil, false, fmt.Errorf("making a database like one of PostgreSQL: %s cannot", h.Cluster.Engine.Title())
	}
	database := h.databaseName(name)
	err = makes.with(ctx, func(admin *postgres.Admin) (err error) {
		alike, err = admin.CreateLike(ctx, database, as)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("making an empty database for store %s: %w", name, err)
	}
	return h.blankOf(name, database, role), alike, nil
}

// CopyFor is a copy of a filled database of this host, for what would change it; nobody is
// connected to the original meanwhile.
func (h *Host) CopyFor(ctx context.Context, original *Blank, role Role) (*Blank, error) {
	copies, can := h.family.(cloner)
	if !can {
		return nil, fmt.Errorf("copying database %s: %s cannot", original.Target.URL.Database(), h.Cluster.Engine.Title())
	}
	database := h.databaseName(original.Store)
	if err := copies.CloneDatabase(ctx, original.Target.URL.Database(), database, role); err != nil {
		return nil, fmt.Errorf("copying database %s: %w", original.Target.URL.Database(), err)
	}
	copied := *original
	copied.Target, copied.Admin = original.Target.WithDatabase(database), original.Admin.WithDatabase(database)
	return &copied, nil
}

// Drop removes the database. Stores that were opened on it are closed before.
func (b *Blank) Drop(ctx context.Context) error {
	return b.host.family.DropDatabase(ctx, b.Target.URL.Database())
}

// OpenOn opens the three stores on databases that somebody else filled, a restored copy
// for instance. Closing the deployment closes the stores and leaves the databases.
func (h *Host) OpenOn(ctx context.Context, filled []*Blank) (*Deployment, error) {
	d := &Deployment{Engine: h.Cluster.Engine, places: map[store.Name]place{}}
	for _, blank := range filled {
		d.places[blank.Store] = place{h, blank.Target}
	}
	if len(d.places) != len(store.Names()) {
		return nil, fmt.Errorf("opening %d stores: all of %v are needed", len(d.places), store.Names())
	}
	if err := d.open(ctx); err != nil {
		return nil, errors.Join(err, d.Close(context.WithoutCancel(ctx)))
	}
	return d, nil
}
