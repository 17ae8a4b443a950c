package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"tristore/drivers"
)

// Exec runs one SQL statement on a connection of its own and closes it, so that no
// session is left on the database. It is for deliberate damage, never for a store.
func Exec(ctx context.Context, target drivers.Target, statement string) (err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	if _, err := connection.Exec(ctx, statement); err != nil {
		return fmt.Errorf("in database %s: %w", target.URL.Database(), err)
	}
	return nil
}

// Dial opens one connection as the target says, asks the server whether the session
// is encrypted, and closes it. The error is the driver's, with its types.
func Dial(ctx context.Context, target drivers.Target) (encrypted bool, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	const own = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
	if err := connection.QueryRow(ctx, own).Scan(&encrypted); err != nil {
		return false, fmt.Errorf("asking %s about this session: %w", target.URL.HostPort(), err)
	}
	return encrypted, nil
}

// NoSuchDatabase tells whether signing in failed because the database is not there
// (invalid_catalog_name).
func NoSuchDatabase(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && said.Code == "3D000"
}
