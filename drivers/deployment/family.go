package deployment

import (
	"context"

	"tristore/drivers"
	"tristore/drivers/store"
)

// family is what a host needs of an engine family. Its methods may be called by
// several goroutines at once.
type family interface {
	// CreateRole makes the application role with a password, or reports an unrestricted one.
	CreateRole(ctx context.Context, name string) (Role, error)
	DropRole(ctx context.Context, name string) error
	// CreateDatabase makes an empty database in which role has the documented grants.
	CreateDatabase(ctx context.Context, name string, role Role) error
	// DropDatabase is content when there is no such database.
	DropDatabase(ctx context.Context, name string) error
	// Close releases the administrator's connections.
	Close(ctx context.Context) error
}

// cloner is a family whose server copies a whole database.
type cloner interface {
	// CloneDatabase copies a migrated database; the source has no sessions.
	CloneDatabase(ctx context.Context, source, name string, role Role) error
}

// encoder is a family whose databases have an encoding each.
type encoder interface {
	// CreateDatabaseIn is CreateDatabase in an encoding other than the server's.
	CreateDatabaseIn(ctx context.Context, name, encoding string, role Role) error
}

// opened is one store and how to close it.
type opened[S any] struct {
	store S
	close func(context.Context) error
}

func openFamily(admin drivers.Target) family {
	if admin.Engine.Family() == drivers.FamilyPostgres {
		return openPostgres(admin)
	}
	return openMongo(admin)
}

// openInto opens one store and puts it into the deployment.
func openInto(ctx context.Context, d *Deployment, name store.Name, target drivers.Target) error {
	var end func(context.Context) error
	switch name {
	case store.UsersStore:
		users, err := openUsers(ctx, target)
		if err != nil {
			return err
		}
		d.Users, end = users.store, users.close
	case store.PermissionsStore:
		permissions, err := openPermissions(ctx, target)
		if err != nil {
			return err
		}
		d.Permissions, end = permissions.store, permissions.close
	default:
		collections, err := openCollections(ctx, target)
		if err != nil {
			return err
		}
		d.Collections, end = collections.store, collections.close
	}
	d.opened = append(d.opened, end)
	return nil
}

func openUsers(ctx context.Context, target drivers.Target) (opened[store.Users], error) {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgresUsers(ctx, target)
	}
	return mongoUsers(ctx, target)
}

func openPermissions(ctx context.Context, target drivers.Target) (opened[store.Permissions], error) {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgresPermissions(ctx, target)
	}
	return mongoPermissions(ctx, target)
}

func openCollections(ctx context.Context, target drivers.Target) (opened[store.Collections], error) {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgresCollections(ctx, target)
	}
	return mongoCollections(ctx, target)
}
