package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// SandboxFacts asks one session about the cluster and database that target names. It
// writes nothing.
//
// The identity is the cluster's system identifier, made by initdb, and the oid of the
// database: a restored dump has another cluster, a clone in the same cluster another
// oid. Sessions are those of other databases, apart from tristore's own, the
// maintenance database postgres and the providers' (rdsadmin, cloudsqladmin, azure_*).
func SandboxFacts(ctx context.Context, target drivers.Target) (facts drivers.SandboxFacts, err error) {
	err = oneSession(ctx, target, func(connection *pgx.Conn) error {
		facts, err = readSandbox(ctx, connection)
		return err
	})
	return facts, err
}

// MarkSandbox writes the mark, in one transaction with a last look at the facts: permit
// decides on them. Older marks are replaced. The returned mark has the session's identity.
func MarkSandbox(ctx context.Context, target drivers.Target, mark drivers.Sandbox, permit func(drivers.SandboxFacts) error) (drivers.Sandbox, error) {
	err := oneSession(ctx, target, func(connection *pgx.Conn) error {
		return pgx.BeginFunc(ctx, connection, func(tx pgx.Tx) error {
			facts, err := readSandbox(ctx, tx)
			if err != nil {
				return err
			}
			if err := permit(facts); err != nil {
				return err
			}
			const table = "CREATE TABLE IF NOT EXISTS public." + drivers.SandboxMark +
				" (id text PRIMARY KEY, owner text NOT NULL, expires timestamptz NOT NULL, identity text NOT NULL)"
			if _, err := tx.Exec(ctx, table); err != nil {
				return fmt.Errorf("making the sandbox mark: %w", err)
			}
			if _, err := tx.Exec(ctx, "DELETE FROM public."+drivers.SandboxMark); err != nil {
				return fmt.Errorf("removing older sandbox marks: %w", err)
			}
			mark.Identity = facts.Identity
			const insert = "INSERT INTO public." + drivers.SandboxMark + " VALUES ($1, $2, $3, $4)"
			if _, err := tx.Exec(ctx, insert, mark.ID, mark.Owner, mark.Expires, mark.Identity); err != nil {
				return fmt.Errorf("writing the sandbox mark: %w", err)
			}
			return nil
		})
	})
	return mark, err
}

func oneSession(ctx context.Context, target drivers.Target, use func(*pgx.Conn) error) error {
	return inSession(ctx, target.WithApplication("tristore sandbox"), use)
}

// inSession opens a session, uses it and ends it.
func inSession(ctx context.Context, target drivers.Target, use func(*pgx.Conn) error) (err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	return use(connection)
}

// asker is a connection or a transaction.
type asker interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func readSandbox(ctx context.Context, on asker) (drivers.SandboxFacts, error) {
	var facts drivers.SandboxFacts
	const own = `SELECT current_database()::text, now(), pg_is_in_recovery(),
		(SELECT system_identifier FROM pg_control_system())::text || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())::text`
	if err := on.QueryRow(ctx, own).Scan(&facts.Database, &facts.Now, &facts.Standby, &facts.Identity); err != nil {
		return facts, fmt.Errorf("asking the cluster who it is: %w", err)
	}
	const objects = `SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		AND c.oid IS DISTINCT FROM to_regclass('public.` + drivers.SandboxMark + `')
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
		ORDER BY 1 LIMIT $1`
	var err error
	if facts.Objects, err = texts(ctx, on, objects, drivers.SandboxShown); err != nil {
		return facts, fmt.Errorf("listing what the database holds: %w", err)
	}
	const sessions = `SELECT DISTINCT datname || ' (' || coalesce(nullif(application_name, ''), 'no name') || ')' FROM pg_stat_activity
		WHERE pid <> pg_backend_pid() AND usesysid IS NOT NULL AND datname IS NOT NULL AND datname <> current_database()
		AND datname NOT LIKE 'tristore\_%' AND datname !~ '^(postgres|template[01]|rdsadmin|cloudsqladmin|azure_.*)$'
		ORDER BY 1 LIMIT $1`
	if facts.Sessions, err = texts(ctx, on, sessions, drivers.SandboxShown); err != nil {
		return facts, fmt.Errorf("listing the sessions of the cluster: %w", err)
	}
	facts.Marks, err = readMarks(ctx, on)
	return facts, err
}

func readMarks(ctx context.Context, on asker) ([]drivers.Sandbox, error) {
	var there bool
	if err := on.QueryRow(ctx, "SELECT to_regclass('public."+drivers.SandboxMark+"') IS NOT NULL").Scan(&there); err != nil || !there {
		return nil, wrapped(err, "looking for the sandbox mark")
	}
	rows, err := on.Query(ctx, "SELECT id, owner, expires, identity FROM public."+drivers.SandboxMark+" ORDER BY expires DESC LIMIT 2")
	if err != nil {
		return nil, wrapped(err, "reading the sandbox mark")
	}
	marks, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (mark drivers.Sandbox, err error) {
		err = row.Scan(&mark.ID, &mark.Owner, &mark.Expires, &mark.Identity)
		return mark, err
	})
	return marks, wrapped(err, "reading the sandbox mark")
}

func texts(ctx context.Context, on asker, query string, args ...any) ([]string, error) {
	rows, err := on.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func wrapped(err error, attempted string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", attempted, err)
}
