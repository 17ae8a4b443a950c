package deployment

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/store"
)

// Options shape a host.
type Options struct {
	// Migrations overrides the built-in schema files: one folder per store below it; nil means built in.
	Migrations fs.FS
	// PoolMax caps the connections of each opened store; zero means the platform's default.
	PoolMax int
}

// Host is a running cluster with migrated templates, from which deployments are cloned.
type Host struct {
	Cluster *cluster.Cluster
	// Migrated tells what the first start-up did, per store.
	Migrated []store.Migration
	// Role is the application role; on an engine without restricted roles it is the administrator.
	Role Role

	options Options
	family  family
	pools   map[store.Name]int // caps of single stores
	prefix  string             // of every database and role that this host makes
	// unapplied says why there are no templates: the server refused a schema file.
	unapplied error
	serial    atomic.Int64
	// handOut is set where the next deployment is the templates themselves, and is true when it was made.
	handOut *atomic.Bool
}

// Role is the account that the stores are opened with.
type Role struct {
	Name     string
	Password drivers.Secret
	// Restricted is false where the engine cannot limit a role; Why says how that is known.
	Restricted bool
	Why        string
}

// Prefix begins the name of every database and role that tristore makes, so that they
// are told from the user's own.
const Prefix = "tristore_"

// Prepare migrates template databases on a started cluster, as the application role. A
// server that refuses a schema file is no error here: such a host still gives empty
// databases, so that the refusal can be seen and judged, and deploys nothing.
// An external cluster is asked for its sandbox marker before the first write. The
// cluster stays its caller's; Close the host first.
func Prepare(ctx context.Context, on *cluster.Cluster, options Options) (*Host, error) {
	host := &Host{Cluster: on, options: options, prefix: Prefix + strings.ToLower(rand.Text()[:6]) + "_"}
	if err := host.prepare(ctx); err != nil {
		return nil, fmt.Errorf("preparing %s: %w", on.Engine, err)
	}
	return host, nil
}

func (h *Host) prepare(ctx context.Context) (err error) {
	if err := CheckMigrations(h.options.Migrations, h.Cluster.Engine.Family()); err != nil {
		return err
	}
	if h.Cluster.Reach == drivers.External {
		if err := CheckSandbox(ctx, h.Cluster); err != nil {
			return err
		}
	}
	h.family = openFamily(h.Cluster.Admin)
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close(context.WithoutCancel(ctx)))
		}
	}()
	if h.Role, err = h.family.CreateRole(ctx, h.prefix+"app"); err != nil {
		return fmt.Errorf("making the application role: %w", err)
	}
	h.Migrated = make([]store.Migration, len(store.Names()))
	unapplied := make([]error, len(store.Names()))
	err = eachStore(func(i int, name store.Name) error {
		migrated, err := h.fresh(ctx, name, h.template(name))
		h.Migrated[i] = migrated
		var refused *store.Unapplied
		if errors.As(err, &refused) {
			unapplied[i], err = refused, nil
		}
		return err
	})
	h.unapplied = cmp.Or(unapplied...) // the first is sentence enough
	return err
}

// fresh makes a database and migrates it as the application role does at its start.
func (h *Host) fresh(ctx context.Context, name store.Name, database string) (store.Migration, error) {
	if err := h.family.CreateDatabase(ctx, database, h.Role); err != nil {
		return store.Migration{}, fmt.Errorf("making database %s: %w", database, err)
	}
	migrated, err := Migrate(ctx, h.target(database), name, h.Files(name))
	if err != nil {
		return migrated, fmt.Errorf("migrating store %s: %w", name, err)
	}
	return migrated, nil
}

// admin is how the administrator reaches one database of this host. On MongoDB an
// account signs in where it was made, so that place must stay when the database changes.
func (h *Host) admin(database string) drivers.Target {
	target := h.Cluster.Admin
	if target.Engine.Family() == drivers.FamilyMongo {
		target.URL = target.URL.WithOption("authSource", homeOf(target))
	}
	return target.WithDatabase(database)
}

// target is how the application reaches one database of this host.
func (h *Host) target(database string) drivers.Target {
	target := h.admin(database).WithApplication("tristore")
	target.PoolMax = h.options.PoolMax
	if h.Role.Restricted {
		target.URL = target.URL.WithUser(h.Role.Name, h.Role.Password)
	}
	return target
}

// targetOf is target with the cap of the store's own pool.
func (h *Host) targetOf(name store.Name, database string) drivers.Target {
	target := h.target(database)
	if most := h.pools[name]; most > 0 {
		target.PoolMax = most
	}
	return target
}

// CapPools caps the pools of single stores in deployments that are made from now on.
func (h *Host) CapPools(most map[store.Name]int) { h.pools = most }

// template is the name of a store's migrated database.
func (h *Host) template(name store.Name) string { return h.prefix + string(name) }

// databaseName is unique on its cluster.
func (h *Host) databaseName(name store.Name) string {
	return h.prefix + strconv.FormatInt(h.serial.Add(1), 10) + "_" + string(name)
}

// Close drops the templates and the role. Deployments are closed before.
func (h *Host) Close(ctx context.Context) error {
	if h.family == nil {
		return nil
	}
	var all []error
	for _, name := range store.Names() {
		all = append(all, h.family.DropDatabase(ctx, h.template(name)))
	}
	if h.Role.Restricted {
		all = append(all, h.family.DropRole(ctx, h.Role.Name))
	}
	all = append(all, h.family.Close(ctx))
	h.family = nil
	return errors.Join(all...)
}

// eachStore works on the three stores at once and returns every error.
func eachStore(work func(i int, name store.Name) error) error {
	all := make([]error, len(store.Names()))
	var busy sync.WaitGroup
	for i, name := range store.Names() {
		busy.Go(func() { all[i] = work(i, name) })
	}
	busy.Wait()
	return errors.Join(all...)
}
