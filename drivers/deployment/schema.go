package deployment

import (
	"context"
	"errors"
	"io/fs"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// The functions of this file ask the family of the target; their contracts stand in
// packages postgres and mongo.

// Files are the schema files by which this host migrates a store: the user's, or built in.
func (h *Host) Files(name store.Name) fs.FS {
	if h.options.Migrations == nil {
		return Migrations(h.Cluster.Admin, name)
	}
	folder, err := fs.Sub(h.options.Migrations, string(name))
	if err != nil { // only for a name that is no path, which a store's is not
		return h.options.Migrations
	}
	return folder
}

// BuiltIn tells whether this host migrates by the built-in schema files.
func (h *Host) BuiltIn() bool { return h.options.Migrations == nil }

// Migrate does what the platform does at its start. Any number may do it at once.
func Migrate(ctx context.Context, target drivers.Target, name store.Name, files fs.FS) (store.Migration, error) {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgres.Migrate(ctx, target, name, files)
	}
	return mongo.Migrate(ctx, target, name, files)
}

// Migrations are the built-in schema files of a store.
func Migrations(target drivers.Target, name store.Name) fs.FS {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgres.Migrations(name)
	}
	return mongo.Migrations(name)
}

// Indexes lists the indexes of a database as the server describes them.
func Indexes(ctx context.Context, target drivers.Target) ([]store.IndexInfo, error) {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgres.Indexes(ctx, target)
	}
	return mongo.Indexes(ctx, target)
}

// ExpectedIndexes lists the indexes that a store must have, on this family.
func ExpectedIndexes(target drivers.Target, name store.Name) []store.ExpectedIndex {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgres.ExpectedIndexes(name)
	}
	return mongo.ExpectedIndexes(name)
}

// HotPlans asks how the server would run the statements of a request path.
func HotPlans(ctx context.Context, target drivers.Target, name store.Name) ([]store.HotPlan, error) {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgres.HotPlans(ctx, target, name)
	}
	return mongo.HotPlans(ctx, target, name)
}

// TellsNoPlan tells whether HotPlans failed because the server's explain says nothing
// about indexes.
func TellsNoPlan(err error) bool { return errors.Is(err, mongo.ErrNoPlan) }

// Fingerprint digests the content and the catalogue of a database, order-free.
func Fingerprint(ctx context.Context, target drivers.Target) (store.Fingerprint, error) {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgres.Fingerprint(ctx, target)
	}
	return mongo.Fingerprint(ctx, target)
}

// Powers asks the server what the application role may do beyond its grants. On MongoDB
// the server told when the role was made: without roles it was refused. Asked is false
// where the engine has no restricted roles; Role.Why then says how that is known.
func (h *Host) Powers(ctx context.Context, target drivers.Target) (powers []string, asked bool, err error) {
	if !h.Role.Restricted || target.Engine.Family() != drivers.FamilyPostgres {
		return nil, h.Role.Restricted, nil
	}
	powers, err = postgres.Powers(ctx, target)
	return powers, err == nil, err
}

// SequencesBehind names the sequences whose next value is taken already, and counts all
// that there are; an engine without sequences has none.
func SequencesBehind(ctx context.Context, target drivers.Target) (behind []string, total int, err error) {
	if target.Engine.Family() != drivers.FamilyPostgres {
		return nil, 0, nil
	}
	return postgres.SequencesBehind(ctx, target)
}
