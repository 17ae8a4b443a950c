package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// Exec runs one SQL statement on a connection of its own and closes it, so that no
// session is left on the database. It is for deliberate damage, never for a store.
func Exec(ctx context.Context, target drivers.Target, statement string) (err error) {
	address := target.URL
	switch {
	case target.SelfSigned:
		address = address.WithOption("sslmode", "require")
	case target.CAFile != "":
		address = address.WithOption("sslmode", "verify-full").WithOption("sslrootcert", target.CAFile)
	}
	connection, err := pgx.Connect(ctx, address.Reveal())
	if err != nil {
		return fmt.Errorf("connecting to %s as %s: %w", target.URL.HostPort(), target.URL.User(), err)
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	if _, err := connection.Exec(ctx, statement); err != nil {
		return fmt.Errorf("in database %s: %w", target.URL.Database(), err)
	}
	return nil
}
