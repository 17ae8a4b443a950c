package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// Read takes one reading.
func (w *Watcher) Read(ctx context.Context) (drivers.Reading, error) {
	r := drivers.Reading{At: time.Now(), AllSessions: true, Counters: map[string]drivers.Named{}, Levels: map[string]drivers.Named{}}
	questions := []question{{ask: `SELECT coalesce(datname::text, ''), backend_type, coalesce(state, ''), coalesce(wait_event_type, ''), coalesce(wait_event, ''), count(*)::int
		FROM pg_stat_activity WHERE pid <> pg_backend_pid() GROUP BY 1, 2, 3, 4, 5`, see: func(rows pgx.Rows) (err error) {
		r.Sessions, err = pgx.CollectRows(rows, pgx.RowToStructByPos[drivers.Sessions])
		return err
	}}}
	add := func(sources []statView, into map[string]drivers.Named) {
		for _, s := range sources {
			if s.has(w.Major()) {
				questions = append(questions, question{ask: s.ask, see: func(rows pgx.Rows) error { return intoNamed(rows, into) }})
			}
		}
	}
	add(counters(), r.Counters)
	add(levels(), r.Levels)
	return r, w.read(ctx, w.connection, questions...)
}

func intoNamed(rows pgx.Rows, into map[string]drivers.Named) error {
	var database, name string
	var value float64
	_, err := pgx.ForEachRow(rows, []any{&database, &name, &value}, func() error {
		if into[database] == nil {
			into[database] = drivers.Named{}
		}
		into[database][name] = value
		return nil
	})
	return err
}

// tablesMax bounds the tables that are read of one database, the largest first.
const tablesMax = 300

// Tables reads the tables of one database. why is filled where that is not allowed.
func (w *Watcher) Tables(ctx context.Context, database string) (tables []drivers.TableStats, why string, err error) {
	why, err = w.inside(ctx, database, question{ask: `SELECT s.schemaname || '.' || s.relname, c.relpages::int8 * current_setting('block_size')::int8, s.n_live_tup, s.n_dead_tup,
			coalesce(extract(epoch FROM clock_timestamp() - greatest(s.last_vacuum, s.last_autovacuum)), -1)::float8, s.seq_scan, s.seq_tup_read, coalesce(s.idx_scan, 0)
		FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid ORDER BY c.relpages DESC, 1 LIMIT $1`, args: []any{tablesMax}, see: func(rows pgx.Rows) (err error) {
		tables, err = pgx.CollectRows(rows, pgx.RowToStructByPos[drivers.TableStats])
		return err
	}})
	return tables, why, err
}

// Sizes are those of the databases, in bytes.
func (w *Watcher) Sizes(ctx context.Context) (sizes map[string]int64, err error) {
	sizes = map[string]int64{}
	err = w.read(ctx, w.connection, question{ask: `SELECT datname::text, pg_database_size(oid) FROM pg_database WHERE datallowconn AND NOT datistemplate
		AND (has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE'))`, see: func(rows pgx.Rows) error {
		var name string
		var bytes int64
		_, err := pgx.ForEachRow(rows, []any{&name, &bytes}, func() error { sizes[name] = bytes; return nil })
		return err
	}})
	return sizes, err
}

// statementsMax bounds the lines read; those with most time first. The extension keeps
// 5000 unless it is told otherwise.
const statementsMax = 10000

// statementID names a line of pg_stat_statements; an execution inside a function has a line of its own.
const statementID = `md5(concat_ws('/', s.queryid, s.userid, s.dbid, to_jsonb(s) ->> 'toplevel'))`

// Statements reads pg_stat_statements without its texts, where the URL's database has it;
// why is filled, and nothing read, where it is not there or not loaded.
func (w *Watcher) Statements(ctx context.Context) (all []drivers.StatementStats, why string, err error) {
	if why, err = w.findStatements(ctx); err != nil || why != "" {
		return nil, why, err
	}
	spent, wal := "total_exec_time", "s.wal_bytes::int8"
	if w.Major() < 13 {
		spent, wal = "total_time", "0::int8"
	}
	err = w.read(ctx, w.connection, question{ask: `SELECT ` + statementID + `, coalesce(d.datname::text, ''), s.calls, s.rows, s.` + spent + `, s.shared_blks_hit, s.shared_blks_read, ` + wal + `,
			s.userid = (SELECT oid FROM pg_roles WHERE rolname = session_user)
		FROM ` + w.statements + `.pg_stat_statements(false) s LEFT JOIN pg_database d ON d.oid = s.dbid ORDER BY s.` + spent + ` DESC LIMIT $1`, args: []any{statementsMax}, see: func(rows pgx.Rows) (err error) {
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[drivers.StatementStats])
		return err
	}})
	if code(err) == "55000" || code(err) == "42501" { // not in shared_preload_libraries; not granted
		return nil, "pg_stat_statements is not in shared_preload_libraries, or this account may not read it (SQLSTATE " + code(err) + ")", nil
	}
	return all, "", err
}

// findStatements finds the schema that the extension is in.
func (w *Watcher) findStatements(ctx context.Context) (why string, err error) {
	var schema []string
	err = w.read(ctx, w.connection, question{ask: `SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'pg_stat_statements'`,
		see: func(rows pgx.Rows) error { return collect(rows, &schema) }})
	if err != nil || len(schema) == 0 {
		return "database " + w.target.URL.Database() + " has no extension pg_stat_statements: CREATE EXTENSION pg_stat_statements there, with it in shared_preload_libraries", err
	}
	w.statements = schema[0]
	return "", nil
}

// StatementTexts are the texts of a few statements by their ids. They may hold literals:
// what is no query or change of rows is kept as it was sent.
func (w *Watcher) StatementTexts(ctx context.Context, ids []string) (texts map[string]string, err error) {
	texts = map[string]string{}
	err = w.read(ctx, w.connection, question{ask: `SELECT ` + statementID + `, coalesce(s.query, '') FROM ` + w.statements + `.pg_stat_statements s WHERE ` + statementID + ` = ANY($1)`,
		args: []any{ids}, see: func(rows pgx.Rows) error {
			var id, text string
			_, err := pgx.ForEachRow(rows, []any{&id, &text}, func() error { texts[id] = text; return nil })
			return err
		}})
	return texts, err
}
