package deployment

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
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
	serial  atomic.Int64
}

// Role is the account that the stores are opened with.
type Role struct {
	Name     string
	Password drivers.Secret
	// Restricted is false where the engine cannot limit a role; Why says how that is known.
	Restricted bool
	Why        string
}

// family is what a host needs of an engine family.
type family interface {
	// CreateRole makes the application role with a password, or reports an unrestricted one.
	CreateRole(ctx context.Context, name string) (Role, error)
	// CreateDatabase makes an empty database in which role has the documented grants.
	CreateDatabase(ctx context.Context, name string, role Role) error
	// CloneDatabase copies a migrated database; the source has no sessions.
	CloneDatabase(ctx context.Context, source, name string, role Role) error
	DropDatabase(ctx context.Context, name string) error
	// Close releases the administrator's connections.
	Close(ctx context.Context) error
}

// template is the name of a store's migrated database.
func template(name store.Name) string { return "tristore_" + string(name) }

// databaseName is unique on its cluster.
func (h *Host) databaseName(name store.Name) string {
	return "t" + strconv.FormatInt(h.serial.Add(1), 10) + "_" + string(name)
}

// Prepare migrates template databases on a started cluster. The cluster stays its
// caller's; Close the host first.
func Prepare(ctx context.Context, on *cluster.Cluster, options Options) (*Host, error) {
	host := &Host{Cluster: on, options: options}
	if err := host.prepare(ctx); err != nil {
		return nil, fmt.Errorf("preparing %s: %w", on.Engine, err)
	}
	return host, nil
}
