package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// Halt keeps whoever migrates a database from writing the version, which is the last thing
// that a schema file's transaction does: the file is done then, and every lock that it took
// is still held. Close lets it go on.
type Halt struct {
	admin drivers.Target
	on    *pgx.Conn
}

// HaltMigration begins to read the version table and does not end.
func HaltMigration(ctx context.Context, admin drivers.Target) (*Halt, error) {
	on, err := dial(ctx, admin)
	if err != nil {
		return nil, err
	}
	if _, err = on.Exec(ctx, "BEGIN"); err == nil {
		_, err = on.Exec(ctx, "SELECT FROM "+MigrationsTable)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("holding the version table: %w", err), on.Close(ctx))
	}
	return &Halt{admin, on}, nil
}

// Close lets the migration go on.
func (h *Halt) Close(ctx context.Context) error { return h.on.Close(ctx) }

// The wait for a schema file to be done, and how often it is asked for.
const (
	haltMax  = time.Minute
	haltPoll = 5 * time.Millisecond
)

// Await waits until a session of that application waits for the version table, or ended is
// closed; halted tells which.
func (h *Halt) Await(ctx context.Context, application string, ended <-chan struct{}) (halted bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, haltMax)
	defer cancel()
	poll := time.NewTicker(haltPoll)
	defer poll.Stop()
	err = inquire(ctx, h.admin, func(on *pgx.Conn) error {
		for {
			const waits = `SELECT count(*) > 0 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
				WHERE a.application_name = $1 AND a.datname = current_database() AND NOT l.granted AND l.relation = to_regclass($2)`
			if err := on.QueryRow(ctx, waits, application, MigrationsTable).Scan(&halted); err != nil || halted {
				return err
			}
			select {
			case <-poll.C:
			case <-ended:
				return nil
			case <-ctx.Done():
				return fmt.Errorf("waiting for a migration to come to its end: %w", ctx.Err())
			}
		}
	})
	return halted, err
}

// TableLock is a lock that a session holds on a table.
type TableLock struct{ Table, Mode string }

// LocksOf lists the locks that the sessions of an application hold on tables.
func LocksOf(ctx context.Context, admin drivers.Target, application string) (all []TableLock, err error) {
	err = inquire(ctx, admin, func(on *pgx.Conn) error {
		rows, err := on.Query(ctx, `SELECT DISTINCT c.relname::text, l.mode FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_class c ON c.oid = l.relation
			JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.application_name = $1 AND a.datname = current_database() AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND l.granted AND c.relkind IN ('r', 'p') AND n.nspname = 'public' AND c.relname <> $2 ORDER BY 1, 2`, application, MigrationsTable)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[TableLock])
		return err
	})
	return all, err
}

// readMax is how long a reader waits for a lock before it is said to be kept out.
const readMax = "200ms"

// KeptOut reads one row of each table as the target's account, and tells the tables that
// somebody's lock kept it out of.
func KeptOut(ctx context.Context, target drivers.Target, tables []string) (out []string, err error) {
	err = inquire(ctx, target, func(on *pgx.Conn) error {
		if _, err := on.Exec(ctx, "SET lock_timeout = '"+readMax+"'"); err != nil {
			return err
		}
		for _, table := range tables {
			_, err := on.Exec(ctx, "SELECT FROM "+quote(table)+" LIMIT 1")
			switch {
			case code(err) == "55P03": // lock_not_available
				out = append(out, table)
			case err != nil:
				return fmt.Errorf("reading table %s: %w", table, err)
			}
		}
		return nil
	})
	return out, err
}

// Files tells which file on disk holds each table, by table: another one holds it after it
// was written anew. Tables without rows are left out.
func Files(ctx context.Context, admin drivers.Target) (files map[string]string, err error) {
	files = map[string]string{}
	err = inquire(ctx, admin, func(on *pgx.Conn) error {
		tables, err := lines(ctx, on, `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'public' AND c.relname <> $1`, MigrationsTable)
		for _, table := range tables {
			var file string
			var filled bool
			if err := on.QueryRow(ctx, "SELECT coalesce(pg_relation_filepath(to_regclass($1)), ''), EXISTS (SELECT FROM "+quote(table)+")", quote(table)).Scan(&file, &filled); err != nil {
				return err
			}
			if filled {
				files[table] = file
			}
		}
		return err
	})
	return files, err
}
