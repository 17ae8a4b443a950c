package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// Conninfo is how libpq reaches a target, password and application name included.
func Conninfo(target drivers.Target) drivers.Secret {
	words := conninfo(target)
	if target.Application != "" {
		words += " application_name='" + target.Application + "'"
	}
	return drivers.NewSecret(words)
}

// MakeSlot reserves the log for a standby of that name.
func MakeSlot(ctx context.Context, primary drivers.Target, name string) error {
	return inquire(ctx, primary, func(on *pgx.Conn) error {
		_, err := on.Exec(ctx, "SELECT pg_create_physical_replication_slot($1, true)", name)
		return err
	})
}

// Streaming waits until the standby of that name has replayed everything that the primary
// wrote before the call, and says whether commits wait for it: async, sync, quorum.
func Streaming(ctx context.Context, primary drivers.Target, name string) (state string, err error) {
	err = inquire(ctx, primary, func(on *pgx.Conn) error {
		var end string
		if err := on.QueryRow(ctx, "SELECT pg_current_wal_lsn()::text").Scan(&end); err != nil {
			return err
		}
		const left = `SELECT 'it is ' || state || ' and replayed ' || coalesce(replay_lsn::text, 'nothing') || ' of ' || $2::text FROM pg_stat_replication
				WHERE application_name = $1 AND (state <> 'streaming' OR replay_lsn IS NULL OR replay_lsn < $2::text::pg_lsn)
			UNION ALL SELECT 'it is not connected' WHERE NOT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = $1)`
		if err := await(ctx, on, catchUpMax, left, name, end); err != nil {
			return fmt.Errorf("waiting for standby %s: %w", name, err)
		}
		return on.QueryRow(ctx, "SELECT sync_state FROM pg_stat_replication WHERE application_name = $1", name).Scan(&state)
	})
	return state, err
}

// Synchronise lets commits wait for whatever standby there is, or for none any more, and
// waits until the standby of that name is shown so.
func Synchronise(ctx context.Context, primary drivers.Target, name string, wait bool) error {
	change, state := "ALTER SYSTEM RESET synchronous_standby_names", "async"
	if wait {
		change, state = "ALTER SYSTEM SET synchronous_standby_names = '*'", "sync"
	}
	return inquire(ctx, primary, func(on *pgx.Conn) error {
		if _, err := on.Exec(ctx, change); err != nil {
			return err
		}
		if _, err := on.Exec(ctx, "SELECT pg_reload_conf()"); err != nil {
			return err
		}
		return await(ctx, on, catchUpMax, `SELECT 'it is ' || sync_state FROM pg_stat_replication WHERE application_name = $1 AND sync_state <> $2`, name, state)
	})
}

// promoteMax is how long a server may take to become a primary, in seconds.
const promoteMax = 60

// Promote makes a primary of a standby, and returns when it takes writes.
func Promote(ctx context.Context, standby drivers.Target) error {
	var done bool
	err := asked(ctx, standby, fmt.Sprintf("SELECT pg_promote(true, %d)", promoteMax), &done)
	if err == nil && !done {
		err = errors.New("it did not become a primary in time")
	}
	if err != nil {
		return fmt.Errorf("promoting the standby: %w", err)
	}
	return nil
}
