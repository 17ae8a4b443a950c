package postgres

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// Stream is one database that follows another by logical replication. Its name is that of
// the publication, of the subscription and of the slot, and is unique on both clusters.
type Stream struct {
	Name string
	// From and To sign in as administrators of the two databases. From's password is told
	// to the server of To, which keeps it.
	From, To drivers.Target
}

// Publish offers every table of the database, those made later as well.
func (s Stream) Publish(ctx context.Context) error {
	return Exec(ctx, s.From, "CREATE PUBLICATION "+quote(s.Name)+" FOR ALL TABLES")
}

// Reserve makes the slot, from where a Follow without a copy goes on.
func (s Stream) Reserve(ctx context.Context) error {
	return inquire(ctx, s.From, func(on *pgx.Conn) error {
		_, err := on.Exec(ctx, "SELECT pg_create_logical_replication_slot($1, 'pgoutput')", s.Name)
		return err
	})
}

// Follow subscribes: with a copy of what is there, making the slot, or from a slot that is
// Reserved. What is applied is flushed at once, so that the slot tells how far it came.
func (s Stream) Follow(ctx context.Context, copied bool) error {
	return inquire(ctx, s.To, func(on *pgx.Conn) error {
		// The statement holds a password: a server that refuses it must not log it.
		if _, err := on.Exec(ctx, "SET log_min_error_statement = panic"); err != nil {
			return err
		}
		if _, err := on.Exec(ctx, "SET log_statement = none"); err != nil {
			return err
		}
		_, err := on.Exec(ctx, fmt.Sprintf("CREATE SUBSCRIPTION %s CONNECTION %s PUBLICATION %s WITH (copy_data = %t, create_slot = %t, slot_name = %s, synchronous_commit = 'on')",
			quote(s.Name), literal(conninfo(s.From)), quote(s.Name), copied, copied, literal(s.Name)))
		return err
	})
}

// conninfo is how libpq reaches a target. Clients before 14 compare names with a
// certificate and no addresses, hence the name of loopback.
func conninfo(target drivers.Target) string {
	host, port, _ := net.SplitHostPort(target.URL.HostPort()) // without a port: libpq's own
	if host == "" {
		host = target.URL.HostPort()
	}
	words := map[string]string{"host": host, "port": port, "user": target.URL.User(), "password": target.URL.Password().Reveal(), "dbname": target.URL.Database(), "sslmode": "verify-full", "sslrootcert": target.CAFile}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		words["host"], words["hostaddr"] = "localhost", host
	}
	if target.SelfSigned {
		words["sslmode"], words["sslrootcert"] = "require", ""
	}
	var all []string
	for _, name := range []string{"host", "hostaddr", "port", "user", "password", "dbname", "sslmode", "sslrootcert"} {
		if value := words[name]; value != "" {
			all = append(all, name+"='"+strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value)+"'")
		}
	}
	return strings.Join(all, " ")
}

// The waits of replication: how often a server is asked, and for how long at most.
const (
	replicationPoll = 10 * time.Millisecond
	copyMax         = 30 * time.Minute
	catchUpMax      = 2 * time.Minute
)

// await asks until the answer is empty; any other is what is still missing.
func await(ctx context.Context, on *pgx.Conn, most time.Duration, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	missing := "it was not asked"
	for {
		left, err := lines(ctx, on, query, args...)
		switch {
		case err == nil && len(left) == 0:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("given up; last: %s: %w", missing, ctx.Err())
		case err != nil:
			return err
		}
		missing = strings.Join(left, ", ")
		if drivers.Pause(ctx, replicationPoll) != nil {
			return fmt.Errorf("given up; last: %s: %w", missing, ctx.Err())
		}
	}
}

// Copied waits until every table was copied and follows.
func (s Stream) Copied(ctx context.Context) error {
	const left = `SELECT CASE WHEN r.srrelid IS NULL THEN 'no table is followed' ELSE r.srrelid::regclass || ' is in state ' || r.srsubstate::text END
		FROM pg_subscription s LEFT JOIN pg_subscription_rel r ON r.srsubid = s.oid
		WHERE s.subname = $1 AND r.srsubstate IS DISTINCT FROM 'r' LIMIT 3`
	return inquire(ctx, s.To, func(on *pgx.Conn) error { return await(ctx, on, copyMax, left, s.Name) })
}

// CaughtUp waits until everything that From wrote before the call is flushed on To. A
// subscriber may have confirmed less than it has, and say nothing more while nothing
// comes: so each question brings along a little something for it to answer.
func (s Stream) CaughtUp(ctx context.Context) error {
	return inquire(ctx, s.From, func(on *pgx.Conn) error {
		var end string
		if err := on.QueryRow(ctx, "SELECT pg_current_wal_lsn()::text").Scan(&end); err != nil {
			return err
		}
		const left = `SELECT 'it confirmed ' || coalesce(confirmed_flush_lsn::text, 'nothing') || ' of ' || $2::text FROM pg_replication_slots
				WHERE slot_name = $1 AND (confirmed_flush_lsn IS NULL OR confirmed_flush_lsn < $2::text::pg_lsn)
			UNION ALL SELECT 'there is no slot' WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1)
			UNION ALL SELECT NULL WHERE pg_logical_emit_message(true, 'tristore', 'are you there') IS NULL`
		return await(ctx, on, catchUpMax, left, s.Name, end)
	})
}

// Behind is how many bytes of the log To has not confirmed.
func (s Stream) Behind(ctx context.Context) (bytes int64, err error) {
	err = inquire(ctx, s.From, func(on *pgx.Conn) error {
		return on.QueryRow(ctx, `SELECT (pg_current_wal_lsn() - confirmed_flush_lsn)::bigint FROM pg_replication_slots WHERE slot_name = $1`, s.Name).Scan(&bytes)
	})
	return bytes, err
}

// End stops following and removes the slot and the publication.
func (s Stream) End(ctx context.Context) error {
	err := inquire(ctx, s.To, func(on *pgx.Conn) error {
		_, err := on.Exec(ctx, "DROP SUBSCRIPTION IF EXISTS "+quote(s.Name))
		return err
	})
	if err != nil {
		return err
	}
	return inquire(ctx, s.From, func(on *pgx.Conn) error {
		if _, err := on.Exec(ctx, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND NOT active", s.Name); err != nil {
			return err
		}
		_, err := on.Exec(ctx, "DROP PUBLICATION IF EXISTS "+quote(s.Name))
		return err
	})
}

// CarrySequences gives every sequence of one database the place that it has in another,
// which logical replication does not, and tells how many there were.
func CarrySequences(ctx context.Context, from, to drivers.Target) (carried int, err error) {
	type place struct {
		name   string
		value  int64
		called bool
	}
	var all []place
	err = inquire(ctx, from, func(on *pgx.Conn) error {
		names, err := lines(ctx, on, `SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename) FROM pg_sequences ORDER BY 1`)
		for _, name := range names {
			one := place{name: name}
			if err = on.QueryRow(ctx, "SELECT last_value, is_called FROM "+name).Scan(&one.value, &one.called); err != nil {
				break
			}
			all = append(all, one)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return len(all), inquire(ctx, to, func(on *pgx.Conn) error {
		for _, one := range all {
			if _, err := on.Exec(ctx, "SELECT setval($1::text::regclass, $2, $3)", one.name, one.value, one.called); err != nil {
				return err
			}
		}
		return nil
	})
}

// NotCarried names what logical replication of every table leaves behind or stops at:
// tables whose rows it cannot tell apart, and what it has no words for.
func NotCarried(ctx context.Context, target drivers.Target) (all []string, err error) {
	const left = `SELECT 'table ' || c.oid::regclass || ' has no primary key and no replica identity' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND ` + ours + ` AND (c.relreplident = 'n'
				OR c.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
				OR c.relreplident = 'i' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisreplident))
		UNION ALL SELECT 'table ' || c.oid::regclass || ' is unlogged' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relpersistence = 'u' AND ` + ours + `
		UNION ALL SELECT 'materialised view ' || c.oid::regclass || ' arrives without rows' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' AND ` + ours + `
		UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata
		ORDER BY 1`
	err = inquire(ctx, target, func(on *pgx.Conn) (err error) { all, err = lines(ctx, on, left); return err })
	return all, err
}

// IdentifyByRow lets replication tell the rows of keyless tables apart by all their
// columns, and names those tables.
func IdentifyByRow(ctx context.Context, target drivers.Target) (tables []string, err error) {
	const keyless = `SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND ` + ours + `
		AND (c.relreplident = 'n' OR c.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)) ORDER BY 1`
	err = inquire(ctx, target, func(on *pgx.Conn) (err error) {
		if tables, err = lines(ctx, on, keyless); err != nil {
			return err
		}
		for _, table := range tables {
			if _, err := on.Exec(ctx, "ALTER TABLE "+table+" REPLICA IDENTITY FULL"); err != nil {
				return err
			}
		}
		return nil
	})
	return tables, err
}
