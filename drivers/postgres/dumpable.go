package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// Dumpable is what must be known of somebody's database before it is dumped, and before
// there is one to restore it into.
type Dumpable struct {
	// Like is how the database was made.
	Like Like
	// Bootstrap is the superuser that initdb made; it owns what the system made.
	Bootstrap string
	// Extensions that the database uses, without those that every server has.
	Extensions []string
	// Hidden are the tables and sequences that this account may not read whole, with why; at
	// most HiddenShown of HiddenAll.
	Hidden    []string
	HiddenAll int
	Tables    int // of people
}

// HiddenShown bounds the names in a refusal.
const HiddenShown = 3

// Like is how a database is made so that it sorts and stores as another one.
type Like struct {
	Encoding, Collate, Ctype string
	Owner                    string // empty is whoever makes it
}

// ReadDumpable asks what an account may read of the target's database. It writes nothing.
func ReadDumpable(ctx context.Context, target drivers.Target) (d Dumpable, err error) {
	err = inSession(ctx, target, func(on *pgx.Conn) error {
		if err := on.QueryRow(ctx, `SELECT pg_encoding_to_char(encoding), datcollate, datctype, pg_get_userbyid(datdba), pg_get_userbyid(10)
			FROM pg_database WHERE datname = current_database()`).Scan(&d.Like.Encoding, &d.Like.Collate, &d.Like.Ctype, &d.Like.Owner, &d.Bootstrap); err != nil {
			return fmt.Errorf("asking how database %s was made: %w", target.URL.Database(), err)
		}
		var err error
		if d.Extensions, err = texts(ctx, on, `SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1`); err != nil {
			return fmt.Errorf("listing the extensions of %s: %w", target.URL.Database(), err)
		}
		// A policy that hides rows from this account makes pg_dump end, and a fingerprint wrong.
		hidden, err := texts(ctx, on, `SELECT s.name || CASE WHEN s.policed THEN ' (its policies hide rows)' ELSE '' END FROM (
			SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relrowsecurity AND row_security_active(c.oid) AS policed,
				has_schema_privilege(n.oid, 'USAGE') AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE has_table_privilege(c.oid, 'SELECT') END AS readable
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't' AND `+ours+` AND `+notOfExtension("pg_class", "c.oid")+`) s
			WHERE s.policed OR NOT s.readable ORDER BY 1`)
		if err != nil {
			return fmt.Errorf("asking what this account may read in %s: %w", target.URL.Database(), err)
		}
		d.HiddenAll, d.Hidden = len(hidden), hidden[:min(len(hidden), HiddenShown)]
		err = on.QueryRow(ctx, `SELECT count(*)::int FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND `+ours+` AND `+notOfExtension("pg_class", "c.oid")).Scan(&d.Tables)
		return wrapped(err, "counting the tables of "+target.URL.Database())
	})
	return d, err
}

// Databases are those of people that the account may connect to.
func Databases(ctx context.Context, target drivers.Target) (names []string, err error) {
	err = inSession(ctx, target, func(on *pgx.Conn) error {
		names, err = texts(ctx, on, `SELECT datname::text FROM pg_database WHERE datallowconn AND NOT datistemplate AND has_database_privilege(oid, 'CONNECT') ORDER BY 1`)
		return wrapped(err, "listing databases")
	})
	return names, err
}

// LacksExtensions are those of the named ones that the target's server could not make.
func LacksExtensions(ctx context.Context, target drivers.Target, named []string) (lacks []string, err error) {
	err = inSession(ctx, target, func(on *pgx.Conn) error {
		lacks, err = texts(ctx, on, `SELECT n FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = n) ORDER BY 1`, named)
		return wrapped(err, "listing the extensions that can be had")
	})
	return lacks, err
}

// ReadSome reads a row of each table of people, as the target's account.
func ReadSome(ctx context.Context, target drivers.Target) error {
	return inSession(ctx, target, func(on *pgx.Conn) error {
		return pgx.BeginTxFunc(ctx, on, readsOneView(), func(tx pgx.Tx) error {
			tables, err := tablesOf(ctx, tx)
			if err != nil {
				return err
			}
			for _, table := range tables {
				if _, err := tx.Exec(ctx, "SELECT FROM "+table.quoted+" LIMIT 1"); err != nil {
					return fmt.Errorf("reading table %s: %w", table.shown, err)
				}
			}
			return nil
		})
	})
}

// wrongType and invalidDefinition are how a server refuses a locale that it does not know,
// and one that does not go with an encoding.
const (
	wrongType         = "42809"
	invalidDefinition = "42P17"
)

// CreateLike makes an empty database as another one was made, without any grant beyond
// those that every new one has. Where this server does not know the other's locale, alike
// is false and text there sorts by its bytes.
func (a *Admin) CreateLike(ctx context.Context, name string, as Like) (alike bool, err error) {
	owner := ""
	if as.Owner != "" {
		owner = " OWNER " + quote(as.Owner)
	}
	in := func(collate, ctype string) error {
		return a.create(ctx, name, quote("template0")+owner+" ENCODING "+literal(as.Encoding)+" LC_COLLATE "+literal(collate)+" LC_CTYPE "+literal(ctype))
	}
	err = in(as.Collate, as.Ctype)
	if refused := code(err); refused == wrongType || refused == invalidDefinition {
		return false, in("C", "C")
	}
	return err == nil, err
}
