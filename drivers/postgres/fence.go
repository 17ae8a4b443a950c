package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// Fence stops a role from writing to the admin's database: its sessions begin read-only
// from now on, and those that began before are ended, which the call waits for. The role
// may still read.
func Fence(ctx context.Context, admin drivers.Target, role string) error {
	return fence(ctx, admin, role, "SET default_transaction_read_only = on")
}

// Unfence lets the role write again, in sessions of its own that begin from now on.
func Unfence(ctx context.Context, admin drivers.Target, role string) error {
	return fence(ctx, admin, role, "RESET default_transaction_read_only")
}

func fence(ctx context.Context, admin drivers.Target, role, change string) error {
	database := admin.URL.Database()
	return inquire(ctx, admin, func(on *pgx.Conn) error {
		if _, err := on.Exec(ctx, "ALTER ROLE "+quote(role)+" IN DATABASE "+quote(database)+" "+change); err != nil {
			return err
		}
		var before string
		if err := on.QueryRow(ctx, "SELECT clock_timestamp()::text").Scan(&before); err != nil {
			return err
		}
		const old = ` FROM pg_stat_activity WHERE datname = $1 AND usename = $2 AND backend_start < $3::text::timestamptz`
		if _, err := on.Exec(ctx, "SELECT pg_terminate_backend(pid)"+old, database, role, before); err != nil {
			return err
		}
		if err := await(ctx, on, catchUpMax, "SELECT pid::text"+old, database, role, before); err != nil {
			return fmt.Errorf("waiting for the sessions of %s to end: %w", role, err)
		}
		return nil
	})
}
