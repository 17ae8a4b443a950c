package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tristore/drivers"
)

// PageReport is what reading relations told: how many, and what the server said of those
// that are damaged.
type PageReport struct {
	Read    int
	Damaged []string
}

// What the server says of damage: data_corrupted of a page with a wrong checksum and of a
// row that has no entry in a B-tree, index_corrupted of a B-tree in disorder.
const (
	dataCorrupted  = "XX001"
	indexCorrupted = "XX002"
)

// ReadPages has the server read each page of each table and index, which compares the
// page's checksum where there are any. It makes extension pageinspect, as a superuser.
func ReadPages(ctx context.Context, target drivers.Target) (PageReport, error) {
	return pages(ctx, target, "pageinspect", `SELECT c.oid::regclass::text,
		format('SELECT count(get_raw_page(%L, b::int))::text FROM generate_series(0, %s) b', c.oid::regclass, pg_relation_size(c.oid) / current_setting('block_size')::int - 1)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'i') AND `+ours+` ORDER BY 1`)
}

// CheckBTrees has amcheck compare each B-tree with itself and with every row of its table.
// It makes the extension, as a superuser.
func CheckBTrees(ctx context.Context, target drivers.Target) (PageReport, error) {
	return pages(ctx, target, "amcheck", `SELECT c.oid::regclass::text, format('SELECT bt_index_check(%s::oid::regclass, true)::text', c.oid)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am a ON a.oid = c.relam
		WHERE c.relkind = 'i' AND a.amname = 'btree' AND `+ours+` ORDER BY 1`)
}

// pages runs, for each relation that a query lists with it, the statement that reads it.
func pages(ctx context.Context, target drivers.Target, extension, list string) (report PageReport, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	if _, err := connection.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS "+extension); err != nil {
		return report, fmt.Errorf("making extension %s on %s: %w", extension, target.URL.HostPort(), err)
	}
	rows, err := connection.Query(ctx, list)
	if err != nil {
		return report, fmt.Errorf("listing the relations of %s: %w", target.URL.Database(), err)
	}
	type relation struct{ Name, Read string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[relation])
	if err != nil {
		return report, fmt.Errorf("listing the relations of %s: %w", target.URL.Database(), err)
	}
	for _, one := range all {
		report.Read++
		_, err := connection.Exec(ctx, one.Read)
		var said *pgconn.PgError
		switch {
		case err == nil:
		case errors.As(err, &said) && (said.Code == dataCorrupted || said.Code == indexCorrupted):
			report.Damaged = append(report.Damaged, one.Name+": "+said.Message)
		default:
			return report, fmt.Errorf("reading %s of %s: %w", one.Name, target.URL.Database(), err)
		}
	}
	return report, nil
}

// IgnoringChecksums reads on where a page's checksum is another one, as a superuser may:
// what is damaged is then for others to see.
func IgnoringChecksums(target drivers.Target) drivers.Target {
	target.URL = target.URL.WithOption("ignore_checksum_failure", "on")
	return target
}

// FileOf is where a relation lies below the data folder.
func FileOf(ctx context.Context, target drivers.Target, relation string) (path string, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	if err := connection.QueryRow(ctx, "SELECT pg_relation_filepath($1::text::regclass)", pgx.Identifier{relation}.Sanitize()).Scan(&path); err != nil {
		return "", fmt.Errorf("asking where %s lies: %w", relation, err)
	}
	return path, nil
}
