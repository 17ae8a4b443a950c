package deployment

import (
	"cmp"
	"context"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/store"
)

// mongoFamily serves family by the administrator of a MongoDB-compatible cluster.
type mongoFamily struct {
	*admins[*mongo.Admin]
	at drivers.Target
}

// openMongo keeps the role's account where the administrator's is: what signs in there
// need not name another place.
func openMongo(admin drivers.Target) family {
	admin = admin.WithDatabase(homeOf(admin))
	return mongoFamily{newAdmins(func(ctx context.Context) (*mongo.Admin, error) { return mongo.OpenAdmin(ctx, admin) }), admin}
}

func (m mongoFamily) CreateRole(ctx context.Context, name string) (role Role, err error) {
	role = Role{Name: name, Password: drivers.GenerateSecret()}
	err = m.with(ctx, func(admin *mongo.Admin) error {
		role.Restricted, role.Why, err = admin.CreateRole(ctx, name, role.Password)
		return err
	})
	return role, err
}

func (m mongoFamily) DropRole(ctx context.Context, name string) error {
	return mongo.Exec(ctx, m.at, `{"dropUser": "`+name+`"}`)
}

// homeOf is the database that holds the administrator's account: as the address says, or
// the one it names, or the server's default.
func homeOf(admin drivers.Target) string {
	return cmp.Or(admin.URL.Option("authSource"), admin.URL.Database(), "admin")
}

func (m mongoFamily) CreateDatabase(ctx context.Context, name string, role Role) error {
	return m.with(ctx, func(admin *mongo.Admin) error { return admin.CreateDatabase(ctx, name, role.Name) })
}

func (m mongoFamily) DropDatabase(ctx context.Context, name string) error {
	return m.with(ctx, func(admin *mongo.Admin) error { return admin.DropDatabase(ctx, name) })
}

func mongoUsers(ctx context.Context, target drivers.Target) (opened[store.Users], error) {
	users, err := mongo.OpenUsers(ctx, target)
	if err != nil {
		return opened[store.Users]{}, err
	}
	return opened[store.Users]{users, users.Close}, nil
}

func mongoPermissions(ctx context.Context, target drivers.Target) (opened[store.Permissions], error) {
	permissions, err := mongo.OpenPermissions(ctx, target)
	if err != nil {
		return opened[store.Permissions]{}, err
	}
	return opened[store.Permissions]{permissions, permissions.Close}, nil
}

func mongoCollections(ctx context.Context, target drivers.Target) (opened[store.Collections], error) {
	collections, err := mongo.OpenCollections(ctx, target)
	if err != nil {
		return opened[store.Collections]{}, err
	}
	return opened[store.Collections]{collections, collections.Close}, nil
}
