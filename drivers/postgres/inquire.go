package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// inquire lends a connection of its own to do and closes it.
func inquire(ctx context.Context, target drivers.Target, do func(*pgx.Conn) error) (err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	if err := do(connection); err != nil {
		return fmt.Errorf("in database %s: %w", target.URL.Database(), err)
	}
	return nil
}

// lines reads a query of one text column.
func lines(ctx context.Context, on *pgx.Conn, query string, args ...any) ([]string, error) {
	rows, err := on.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
