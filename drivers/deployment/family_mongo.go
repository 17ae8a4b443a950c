package deployment

import (
	"context"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/store"
)

// mongoFamily serves family by the administrator of a MongoDB-compatible cluster.
type mongoFamily struct {
	*mongo.Admin
	at drivers.Target
}

func openMongo(ctx context.Context, admin drivers.Target) (family, error) {
	opened, err := mongo.OpenAdmin(ctx, admin)
	if err != nil {
		return nil, err
	}
	return mongoFamily{opened, admin}, nil
}

func (m mongoFamily) CreateRole(ctx context.Context, name string) (Role, error) {
	password := drivers.GenerateSecret()
	restricted, why, err := m.Admin.CreateRole(ctx, name, password)
	return Role{Name: name, Password: password, Restricted: restricted, Why: why}, err
}

// DropRole removes the account where CreateRole keeps it: in the administrator's database.
func (m mongoFamily) DropRole(ctx context.Context, name string) error {
	return mongo.Exec(ctx, m.at, `{"dropUser": "`+name+`"}`)
}

func (m mongoFamily) CreateDatabase(ctx context.Context, name string, role Role) error {
	return m.Admin.CreateDatabase(ctx, name, role.Name)
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
