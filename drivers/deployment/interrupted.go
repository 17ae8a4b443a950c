package deployment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
)

// Versions lists the versions of schema files, oldest first.
func Versions(files fs.FS) ([]int64, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("listing schema files: %w", err)
	}
	var versions []int64
	for _, entry := range entries {
		if version, is := VersionOf(entry.Name()); is {
			versions = append(versions, version)
		}
	}
	slices.Sort(versions)
	return versions, nil
}

// VersionOf reads the version from the name of an upward schema file.
func VersionOf(file string) (version int64, is bool) {
	parts := versioned.FindStringSubmatch(file)
	if parts == nil || parts[2] != "up" {
		return 0, false
	}
	version, err := strconv.ParseInt(parts[1], 10, 64)
	return version, err == nil
}

// VersionTable is where golang-migrate keeps the version, on both families.
const VersionTable = "schema_migrations"

// VersionTables are all that a migrated database holds about its migrations: the
// version, and on MongoDB the lease of whoever migrates.
func VersionTables() []string { return []string{VersionTable, VersionTable + "_lock"} }

// DeclaredTable is where a collections store keeps what was declared at run time.
const DeclaredTable = "collection_schemas"

// UpTo is files without the versions after last: what an older release ships.
func UpTo(files fs.FS, last int64) fs.FS { return older{files, last} }

type older struct {
	fs.FS
	last int64
}

// ReadDir hides the newer files.
func (o older) ReadDir(folder string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, folder)
	return slices.DeleteFunc(entries, func(entry fs.DirEntry) bool {
		version, is := VersionOf(entry.Name())
		return is && version > o.last
	}), err
}

// Refused finds the version that a start refused by name as half-applied.
func Refused(err error) (version int64, named bool) {
	var onPostgres *postgres.HalfApplied
	var onMongo *mongo.HalfApplied
	switch {
	case errors.As(err, &onPostgres):
		return int64(onPostgres.Version), true
	case errors.As(err, &onMongo):
		return int64(onMongo.Version), true
	default:
		return 0, false
	}
}

// MarkHalfApplied writes what golang-migrate leaves behind when it dies inside a
// version: that version, marked dirty, as the only one. It signs in as the target does.
func MarkHalfApplied(ctx context.Context, target drivers.Target, version int64) error {
	exec, statement := mongo.Exec, fmt.Sprintf(
		`{"update": %q, "updates": [{"q": {}, "u": {"$set": {"version": {"$numberLong": "%d"}, "dirty": true}}, "upsert": true}]}`, VersionTable, version)
	if target.Engine.Family() == drivers.FamilyPostgres {
		exec, statement = postgres.Exec, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %[1]s (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
			TRUNCATE %[1]s; INSERT INTO %[1]s VALUES (%[2]d, true)`, VersionTable, version)
	}
	if err := exec(ctx, target, statement); err != nil {
		return fmt.Errorf("marking version %d half-applied: %w", version, err)
	}
	return nil
}

// DropIndex removes one index by name, to leave less than a version promised.
func DropIndex(ctx context.Context, target drivers.Target, table, index string) error {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgres.Exec(ctx, target, fmt.Sprintf(`DROP INDEX %q`, index))
	}
	return mongo.Exec(ctx, target, fmt.Sprintf(`{"dropIndexes": %q, "index": %q}`, table, index))
}

// SetTrap makes the server end the session of role that has just made an index of that
// name in the database; DisarmTrap takes the trap away. It needs an administrator who
// may create event triggers, and is for PostgreSQL only.
func SetTrap(ctx context.Context, admin drivers.Target, role, index string) error {
	err := postgres.Exec(ctx, admin, fmt.Sprintf(`CREATE SCHEMA tristore_trap;
		CREATE FUNCTION tristore_trap.spring() RETURNS event_trigger LANGUAGE plpgsql AS $trap$ BEGIN
			IF session_user = '%s' AND EXISTS (SELECT FROM pg_class WHERE relkind = 'i' AND relname = '%s')
			THEN PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(60); END IF;
		END $trap$;
		CREATE EVENT TRIGGER tristore_trap ON ddl_command_end EXECUTE FUNCTION tristore_trap.spring()`, role, index))
	if err != nil {
		return fmt.Errorf("setting a trap for migrations: %w", err)
	}
	return nil
}

// DisarmTrap removes what SetTrap made.
func DisarmTrap(ctx context.Context, admin drivers.Target) error {
	err := postgres.Exec(ctx, admin, `DROP EVENT TRIGGER tristore_trap; DROP SCHEMA tristore_trap CASCADE`)
	if err != nil {
		return fmt.Errorf("removing the trap for migrations: %w", err)
	}
	return nil
}
