package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Rights is what an account may do to a cluster that it is to look at only.
type Rights struct {
	// Writes are the ways in which it could change something, a few of each kind.
	Writes []string
	// Blind says what it may not see that a watcher needs; empty when it sees all.
	Blind string
	// Unseen are databases that it may not connect to, and so cannot write to.
	Unseen []string
	// Definers counts functions of people that run with their owner's rights and that it
	// may call: nobody can tell from outside what those do.
	Definers int
	// PublicCreate are databases in which everybody may make tables in schema public, as
	// PostgreSQL before 15 lets them.
	PublicCreate []string
}

// databasesMax bounds how many databases are looked at from inside.
const databasesMax = 256

// mine are the account's own role and all those that it may become or inherit from.
const mine = `WITH mine AS (SELECT oid, rolname::text, rolsuper, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')) `

// harmless are the predefined roles that change nothing.
func harmless() []string {
	return []string{"pg_monitor", "pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables", "pg_read_all_data", "pg_use_reserved_connections"}
}

// Rights asks the server, in every database, what the account may do. Privileges of each
// role that it is a member of count, inherited or not, since SET ROLE reaches them.
func (w *Watcher) Rights(ctx context.Context) (rights Rights, err error) {
	var super bool
	var databases []string
	keep := func(rows pgx.Rows) error { return collect(rows, &rights.Writes) }
	err = w.read(ctx, w.connection,
		question{ask: `SELECT rolsuper FROM pg_roles WHERE rolname = session_user`, see: func(rows pgx.Rows) error { return single(rows, &super) }},
		question{ask: mine + `SELECT unnest(array_remove(ARRAY[CASE WHEN rolsuper THEN 'is superuser' END, CASE WHEN rolcreaterole THEN 'may make roles' END,
				CASE WHEN rolcreatedb THEN 'may make databases' END, CASE WHEN rolreplication THEN 'may replicate and keep slots' END], NULL))
				|| CASE WHEN rolname = session_user THEN '' ELSE ' as ' || rolname END FROM mine ORDER BY 1 LIMIT 5`, see: keep},
		question{ask: mine + `SELECT 'is a member of ' || rolname FROM mine WHERE rolname LIKE 'pg\_%' AND rolname <> ALL($1)
				AND NOT EXISTS (SELECT FROM mine WHERE rolsuper) ORDER BY 1 LIMIT 5`, args: []any{harmless()}, see: keep},
		question{ask: mine + `SELECT CASE WHEN datdba IN (SELECT oid FROM mine) THEN 'owns database ' ELSE 'may make schemas in database ' END || datname FROM pg_database d
				WHERE datallowconn AND (datdba IN (SELECT oid FROM mine) OR EXISTS (SELECT FROM mine WHERE has_database_privilege(mine.oid, d.oid, 'CREATE'))) ORDER BY 1 LIMIT 5`, see: keep},
		question{ask: mine + `SELECT 'may make objects in tablespace ' || spcname FROM pg_tablespace t WHERE EXISTS (SELECT FROM mine WHERE has_tablespace_privilege(mine.oid, t.oid, 'CREATE')) ORDER BY 1 LIMIT 5`, see: keep},
		question{ask: `SELECT CASE WHEN pg_has_role(session_user, 'pg_read_all_stats', 'USAGE') THEN '' ELSE 'it does not see what other sessions do' END`,
			see: func(rows pgx.Rows) error { return single(rows, &rights.Blind) }},
		question{ask: `SELECT datname::text FROM pg_database WHERE datallowconn ORDER BY 1 LIMIT $1`, args: []any{databasesMax + 1}, see: func(rows pgx.Rows) error { return collect(rows, &databases) }},
	)
	switch {
	case err != nil:
		return rights, err
	case super:
		return rights, nil // it may do everything, everywhere
	case len(databases) > databasesMax:
		return rights, fmt.Errorf("%s has over %d databases: too many to find out in each what the account may do", w.target.URL.HostPort(), databasesMax)
	}
	for _, database := range databases {
		if err := w.rightsIn(ctx, database, &rights); err != nil {
			return rights, fmt.Errorf("asking in database %s what the account may do: %w", database, err)
		}
	}
	return rights, nil
}

// rightsIn asks in one database. What belongs to the system or is a session's own is left out.
func (w *Watcher) rightsIn(ctx context.Context, database string, rights *Rights) error {
	const people = ` n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' `
	maintain := ""
	if w.Major() >= 17 {
		maintain = ", MAINTAIN"
	}
	var writes, public []string
	var definers int
	keep := func(rows pgx.Rows) error { return collect(rows, &writes) }
	why, err := w.inside(ctx, database,
		question{ask: mine + `SELECT n.nspname::text FROM pg_namespace n WHERE n.nspname = 'public' AND nspowner NOT IN (SELECT oid FROM mine)
				AND EXISTS (SELECT FROM aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a WHERE a.grantee = 0 AND a.privilege_type = 'CREATE')
				AND NOT EXISTS (SELECT FROM aclexplode(nspacl) a WHERE a.grantee IN (SELECT oid FROM mine) AND a.privilege_type = 'CREATE')`,
			see: func(rows pgx.Rows) error { return collect(rows, &public) }},
		question{ask: mine + `SELECT CASE WHEN nspowner IN (SELECT oid FROM mine) THEN 'owns schema ' ELSE 'may make objects in schema ' END || nspname FROM pg_namespace n
				WHERE` + people + `AND EXISTS (SELECT FROM mine WHERE has_schema_privilege(mine.oid, n.oid, 'CREATE')) ORDER BY 1 LIMIT 4`, see: keep},
		question{ask: mine + `SELECT 'owns ' || n.nspname || '.' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
				WHERE relowner IN (SELECT oid FROM mine) AND` + people + `AND relkind NOT IN ('i', 'I', 't', 'c') ORDER BY 1 LIMIT 3`, see: keep},
		question{ask: mine + `SELECT 'may change rows of ' || n.nspname || '.' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
				WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND` + people + `AND relowner NOT IN (SELECT oid FROM mine) AND EXISTS (SELECT FROM mine
					WHERE has_table_privilege(mine.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER` + maintain + `') OR has_any_column_privilege(mine.oid, c.oid, 'INSERT, UPDATE'))
				ORDER BY 1 LIMIT 3`, see: keep},
		question{ask: mine + `SELECT 'may advance sequence ' || n.nspname || '.' || relname FROM (SELECT * FROM pg_class WHERE relkind = 'S' OFFSET 0) c JOIN pg_namespace n ON n.oid = relnamespace
				WHERE` + people + `AND relowner NOT IN (SELECT oid FROM mine) AND EXISTS (SELECT FROM mine WHERE has_sequence_privilege(mine.oid, c.oid, 'USAGE, UPDATE')) ORDER BY 1 LIMIT 3`, see: keep},
		question{ask: `SELECT count(*)::int FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE prosecdef AND` + people + `AND has_function_privilege(session_user, p.oid, 'EXECUTE')
				AND has_schema_privilege(session_user, n.oid, 'USAGE')`, see: func(rows pgx.Rows) error { return single(rows, &definers) }},
	)
	if err != nil {
		return err
	}
	if why != "" {
		rights.Unseen = append(rights.Unseen, database)
	}
	if len(public) > 0 { // said once for all databases
		rights.PublicCreate = append(rights.PublicCreate, database)
		writes = slices.DeleteFunc(writes, func(said string) bool { return said == "may make objects in schema public" })
	}
	for _, said := range writes {
		rights.Writes = append(rights.Writes, said+" in database "+database)
	}
	rights.Definers += definers
	return nil
}

// rightsShown bounds what a refusal lists.
const rightsShown = 3

// Refusal says in a sentence why an account may not be used to look only, with what to
// grant instead; empty when it may.
func (r Rights) Refusal(account, database string) string {
	var said []string
	if len(r.Writes) > 0 {
		shown := r.Writes[:min(len(r.Writes), rightsShown)]
		said = append(said, strings.Join(shown, ", "))
		if more := len(r.Writes) - len(shown); more > 0 {
			said[0] += fmt.Sprintf(" and %d more", more)
		}
	}
	if len(r.PublicCreate) > 0 {
		said = append(said, "like everybody it may make tables in schema public of "+strings.Join(r.PublicCreate, ", "))
	}
	switch {
	case len(said) == 0 && r.Blind != "":
		return fmt.Sprintf("the account %s sees too little: %s; grant it that: GRANT pg_monitor TO %s", account, r.Blind, quote(account))
	case len(said) == 0:
		return ""
	}
	instead := fmt.Sprintf("give one that can do nothing else: CREATE ROLE tristore_observe LOGIN PASSWORD '…'; GRANT pg_monitor TO tristore_observe; GRANT CONNECT ON DATABASE %s TO tristore_observe", quote(database))
	if len(r.PublicCreate) > 0 {
		instead += "; and in each database named: REVOKE CREATE ON SCHEMA public FROM PUBLIC (GRANT it to the application's role first)"
	}
	return fmt.Sprintf("the account %s can write, and observing is done only with one that cannot: %s; %s", account, strings.Join(said, "; "), instead)
}

func collect(rows pgx.Rows, into *[]string) error {
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	*into = append(*into, found...)
	return err
}

func single[T any](rows pgx.Rows, into *T) (err error) {
	*into, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	return err
}
