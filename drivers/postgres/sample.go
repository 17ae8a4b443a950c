package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// Sampled is a table and the column that its rows are asked for by.
type Sampled struct {
	Table, Column string
	// Living leaves out rows whose time is up: nobody is served those.
	Living bool
}

// Sample gives up to limit values of one column as text, spread over the table, in order.
func Sample(ctx context.Context, target drivers.Target, of Sampled, limit int) (values []string, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	column, living := quote(of.Column), ""
	if of.Living {
		living = " AND " + alive
	}
	rows, err := connection.Query(ctx, `SELECT v FROM (SELECT `+column+`::text AS v, row_number() OVER (ORDER BY `+column+`) - 1 AS n, count(*) OVER () AS all_of
		FROM `+quote(of.Table)+` WHERE `+column+` IS NOT NULL`+living+`) s WHERE n % greatest(all_of / $1, 1) = 0 ORDER BY n LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("sampling %s of %s: %w", of.Column, of.Table, err)
	}
	if values, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, fmt.Errorf("sampling %s of %s: %w", of.Column, of.Table, err)
	}
	return values, nil
}
