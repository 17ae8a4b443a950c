package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/golang-migrate/migrate/v4"
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"tristore/drivers"
	"tristore/drivers/store"
)

//go:embed migrations
var migrations embed.FS

// MigrationsTable is where golang-migrate keeps the version of a database.
const MigrationsTable = "schema_migrations"

// lockPatience bounds the wait for another starter's migration, and for any lock a
// migration needs on a table in use.
const lockPatience = time.Minute

// Migrations are the built-in versioned files of one store.
func Migrations(name store.Name) fs.FS {
	files, err := fs.Sub(migrations, "migrations/"+string(name))
	if err != nil {
		panic(err) // a store name that is no path: never from user input
	}
	return files
}

// Migrate brings one database to the newest version of files, as the target's account.
// Any number may start at once: golang-migrate holds a session advisory lock while it
// reads the version and runs the files, the others wait for lockPatience at most and
// then find nothing to do. The lock needs a session of its own, so the target must not
// be a pooler in transaction mode.
//
// Each file and its version number are committed in one transaction, so a start that is
// killed leaves nothing half done. A version that somebody else's tool left marked as
// half-applied is completed if that is provably safe, and otherwise refused by a
// *HalfApplied; it is never skipped.
func Migrate(ctx context.Context, target drivers.Target, name store.Name, files fs.FS) (done store.Migration, err error) {
	ctx, release := context.WithCancel(ctx)
	defer release()
	began := time.Now()
	done.Store = name
	defer func() {
		done.Duration = time.Since(began)
		if err != nil {
			err = fmt.Errorf("migrating %s in database %s: %w", name, target.URL.Database(), errors.Join(context.Cause(ctx), err))
		}
	}()
	source, err := iofs.New(files, ".")
	if err != nil {
		return done, fmt.Errorf("reading the migration files: %w", err)
	}
	database, err := openMigrating(ctx, target)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	inner, err := migratepgx.WithInstance(database, &migratepgx.Config{MigrationsTable: MigrationsTable})
	if err != nil {
		return done, err
	}
	steps := &atomicSteps{Driver: inner, source: source, files: files, done: &done}
	runner, err := migrate.NewWithInstance("iofs", source, "pgx5", steps)
	if err != nil {
		return done, errors.Join(err, inner.Close())
	}
	defer func() {
		ofSource, ofDatabase := runner.Close()
		err = errors.Join(err, ofSource, ofDatabase)
	}()
	runner.LockTimeout = lockPatience + 10*time.Second // the server gives up first, with a SQLSTATE
	if err := runner.Up(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return done, steps.explain(err)
	}
	version, _, err := inner.Version()
	done.Version = int64(version)
	return done, err
}

// openMigrating opens sessions whose waits for locks are bounded and that end with the
// context: golang-migrate passes none on.
func openMigrating(ctx context.Context, target drivers.Target) (*sql.DB, error) {
	config, err := pgx.ParseConfig(address(target).Reveal())
	if err != nil {
		return nil, fmt.Errorf("reading the address of %s: %w", target.URL.HostPort(), err)
	}
	config.RuntimeParams["lock_timeout"] = strconv.FormatInt(lockPatience.Milliseconds(), 10)
	database := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(_ context.Context, connection *pgx.Conn) error {
		socket := connection.PgConn().Conn()
		context.AfterFunc(ctx, func() { _ = socket.Close() }) // what it interrupts says so
		return nil
	}))
	if err := database.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connecting to %s as %s: %w", target.URL.HostPort(), target.URL.User(), err), database.Close())
	}
	return database, nil
}
