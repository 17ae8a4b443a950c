package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Admin makes and drops accounts and databases, as the administrator of a cluster.
// Accounts live in the target's database.
type Admin struct {
	target drivers.Target
	client *driver.Client
}

// OpenAdmin connects to the maintenance database.
func OpenAdmin(ctx context.Context, target drivers.Target) (*Admin, error) {
	if err := Dial(ctx, target); err != nil {
		return nil, fmt.Errorf("signing in at %s as %s: %w", target.URL.HostPort(), target.URL.User(), err)
	}
	client, err := dial(target, nil)
	if err != nil {
		return nil, err
	}
	return &Admin{target, client}, nil
}

// Close ends the administrator's session.
func (a *Admin) Close(ctx context.Context) error { return a.client.Disconnect(ctx) }

// documented are the actions that the platform's documents grant its role [D].
func documented() bson.A {
	return bson.A{"find", "insert", "remove", "update", "createCollection", "dropCollection", "renameCollectionSameDB", "listCollections",
		"createIndex", "dropIndex", "listIndexes", "reIndex", "collStats", "collMod", "compact"}
}

// grantRole is the role of a database's own that holds those actions.
const grantRole = "tristore_documented"

// CreateRole makes the application's account without any privilege and tries whether it
// may write all the same. On a server that lets it, there is no restricted role: the
// account is removed and why says what happened.
func (a *Admin) CreateRole(ctx context.Context, name string, password drivers.Secret) (restricted bool, why string, err error) {
	home := a.client.Database(a.target.URL.Database())
	err = home.RunCommand(ctx, equal("createUser", name, "pwd", password.Reveal(), "roles", bson.A{})).Err()
	if err != nil {
		if outcomeOf(err, true).Is(store.Unsupported) {
			return false, "the server makes no accounts without roles: " + err.Error(), nil
		}
		return false, "", fmt.Errorf("creating account %s: %w", name, err)
	}
	tried := a.tryWrite(ctx, name, password)
	if outcomeOf(tried, true).Is(store.Forbidden) {
		return true, "an account without roles was refused when it tried to write", nil
	}
	if err := home.RunCommand(ctx, equal("dropUser", name)).Err(); err != nil {
		return false, "", errors.Join(fmt.Errorf("removing account %s again: %w", name, err), tried)
	}
	if tried != nil {
		return false, "", fmt.Errorf("trying account %s: %w", name, tried)
	}
	return false, "an account without roles could write: the server does not enforce roles", nil
}

// tryWrite signs in as the account and writes into a database of its own, which is
// dropped by the administrator.
func (a *Admin) tryWrite(ctx context.Context, name string, password drivers.Secret) (err error) {
	probe := name + "_probe"
	target := a.target.WithDatabase(probe)
	target.URL = target.URL.WithUser(name, password)
	if target.URL.Option("authSource") == "" {
		target.URL = target.URL.WithOption("authSource", a.target.URL.Database())
	}
	defer func() {
		if err == nil {
			err = a.client.Database(probe).Drop(ctx)
		}
	}()
	return oneClient(ctx, target, func(in *driver.Database) error {
		_, err := in.Collection("probe").InsertOne(ctx, equal("_id", 1))
		return err
	})
}

// CreateDatabase gives the account the documented actions in one database, which must
// hold nothing; it comes into being with its first collection. An account that
// CreateRole did not keep gets nothing.
func (a *Admin) CreateDatabase(ctx context.Context, name, role string) error {
	in := a.client.Database(name)
	held, err := in.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return fmt.Errorf("looking into database %s: %w", name, err)
	}
	if len(held) > 0 {
		return fmt.Errorf("database %s is not empty: it holds %d collections", name, len(held))
	}
	var known struct {
		Users bson.A `bson:"users"`
	}
	home := a.client.Database(a.target.URL.Database())
	if err := home.RunCommand(ctx, equal("usersInfo", role)).Decode(&known); err != nil {
		return fmt.Errorf("looking for account %s: %w", role, err)
	}
	if len(known.Users) == 0 {
		return nil
	}
	privilege := equal("resource", equal("db", name, "collection", ""), "actions", documented())
	if err := in.RunCommand(ctx, equal("createRole", grantRole, "privileges", bson.A{privilege}, "roles", bson.A{})).Err(); err != nil {
		return fmt.Errorf("making the role of database %s: %w", name, err)
	}
	grant := equal("grantRolesToUser", role, "roles", bson.A{equal("role", grantRole, "db", name)})
	if err := home.RunCommand(ctx, grant).Err(); err != nil {
		return errors.Join(fmt.Errorf("granting account %s database %s: %w", role, name, err), a.DropDatabase(context.WithoutCancel(ctx), name))
	}
	return nil
}

// DropDatabase removes a database and its role; one that is not there is no error.
func (a *Admin) DropDatabase(ctx context.Context, name string) error {
	in := a.client.Database(name)
	if err := in.RunCommand(ctx, equal("dropAllRolesFromDatabase", 1)).Err(); err != nil && !outcomeOf(err, true).Is(store.Unsupported) {
		return fmt.Errorf("dropping the roles of database %s: %w", name, err)
	}
	if err := in.Drop(ctx); err != nil {
		return fmt.Errorf("dropping database %s: %w", name, err)
	}
	return nil
}
