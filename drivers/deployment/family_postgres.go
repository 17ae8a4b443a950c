package deployment

import (
	"context"

	"tristore/drivers"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// postgresFamily serves family, cloner and encoder by the administrator of a PostgreSQL cluster.
type postgresFamily struct {
	*admins[*postgres.Admin]
	at drivers.Target
}

func openPostgres(admin drivers.Target) family {
	return postgresFamily{newAdmins(func(ctx context.Context) (*postgres.Admin, error) { return postgres.OpenAdmin(ctx, admin) }), admin}
}

func (p postgresFamily) CreateRole(ctx context.Context, name string) (role Role, err error) {
	role = Role{Name: name, Password: drivers.GenerateSecret()}
	err = p.with(ctx, func(admin *postgres.Admin) error {
		role.Restricted, role.Why, err = admin.CreateRole(ctx, name, role.Password)
		return err
	})
	return role, err
}

// DropRole needs no DROP OWNED: the databases that held the role's objects are gone.
func (p postgresFamily) DropRole(ctx context.Context, name string) error {
	return postgres.Exec(ctx, p.at, `DROP ROLE IF EXISTS "`+name+`"`)
}

func (p postgresFamily) CreateDatabase(ctx context.Context, name string, role Role) error {
	return p.with(ctx, func(admin *postgres.Admin) error { return admin.CreateDatabase(ctx, name, role.Name) })
}

// CreateDatabaseIn serves encoder.
func (p postgresFamily) CreateDatabaseIn(ctx context.Context, name, encoding string, role Role) error {
	return p.with(ctx, func(admin *postgres.Admin) error { return admin.CreateDatabaseIn(ctx, name, role.Name, encoding) })
}

func (p postgresFamily) CloneDatabase(ctx context.Context, source, name string, role Role) error {
	return p.with(ctx, func(admin *postgres.Admin) error { return admin.CloneDatabase(ctx, source, name, role.Name) })
}

func (p postgresFamily) DropDatabase(ctx context.Context, name string) error {
	return p.with(ctx, func(admin *postgres.Admin) error { return admin.DropDatabase(ctx, name) })
}

func postgresUsers(ctx context.Context, target drivers.Target) (opened[store.Users], error) {
	users, err := postgres.OpenUsers(ctx, target)
	if err != nil {
		return opened[store.Users]{}, err
	}
	return opened[store.Users]{users, users.Close}, nil
}

func postgresPermissions(ctx context.Context, target drivers.Target) (opened[store.Permissions], error) {
	permissions, err := postgres.OpenPermissions(ctx, target)
	if err != nil {
		return opened[store.Permissions]{}, err
	}
	return opened[store.Permissions]{permissions, permissions.Close}, nil
}

func postgresCollections(ctx context.Context, target drivers.Target) (opened[store.Collections], error) {
	collections, err := postgres.OpenCollections(ctx, target)
	if err != nil {
		return opened[store.Collections]{}, err
	}
	return opened[store.Collections]{collections, collections.Close}, nil
}
