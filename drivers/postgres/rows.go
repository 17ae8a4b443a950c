package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// Columns lists the columns of every table of a database, by table. Fields
// of the version table are left out.
func Columns(ctx context.Context, target drivers.Target) (all map[string][]string, err error) {
	all = map[string][]string{}
	err = inquire(ctx, target, func(on *pgx.Conn) error {
		return snapshot(ctx, on, func(tx pgx.Tx) error {
			tables, err := tablesOf(ctx, tx)
			for _, one := range tables {
				if one.shown != MigrationsTable {
					all[one.shown] = one.columns
				}
			}
			return err
		})
	})
	return all, err
}

// CopyRows fills the tables of one database with the rows of another's, in the columns
// that both have. What to lacks stays behind.
func CopyRows(ctx context.Context, from, to drivers.Target) (rows int64, err error) {
	source, err := Columns(ctx, from)
	if err != nil {
		return 0, err
	}
	target, err := Columns(ctx, to)
	if err != nil {
		return 0, err
	}
	err = inquire(ctx, from, func(reading *pgx.Conn) error {
		return inquire(ctx, to, func(writing *pgx.Conn) error {
			for table, columns := range target {
				var both []string
				for _, column := range columns {
					for _, other := range source[table] {
						if column == other {
							both = append(both, quote(column))
						}
					}
				}
				if len(both) == 0 {
					continue
				}
				copied, err := copyTable(ctx, reading, writing, quote(table)+" ("+strings.Join(both, ", ")+")")
				if err != nil {
					return fmt.Errorf("copying the rows of %s: %w", table, err)
				}
				rows += copied
			}
			return nil
		})
	})
	return rows, err
}

func copyTable(ctx context.Context, reading, writing *pgx.Conn, what string) (rows int64, err error) {
	text, lines := io.Pipe()
	read := make(chan error, 1)
	go func() {
		_, err := reading.PgConn().CopyTo(ctx, lines, "COPY "+what+" TO STDOUT")
		_ = lines.CloseWithError(err) // returns nil, always
		read <- err
	}()
	tag, err := writing.PgConn().CopyFrom(ctx, text, "COPY "+what+" FROM STDIN")
	_ = text.CloseWithError(io.ErrClosedPipe) // returns nil, always; ends the reading when the writing failed
	return tag.RowsAffected(), errors.Join(err, <-read)
}

// DigestColumns digests each column of each table with the key of its row: how many rows,
// and a sum of hashes, as text and so whatever its type. A column that is not there is "gone".
func DigestColumns(ctx context.Context, target drivers.Target, of map[string][]string) (sums map[string]map[string]string, err error) {
	sums = map[string]map[string]string{}
	err = inquire(ctx, target, func(on *pgx.Conn) error {
		return snapshot(ctx, on, func(tx pgx.Tx) error {
			tables, err := tablesOf(ctx, tx)
			if err != nil {
				return err
			}
			for name, columns := range of {
				sums[name] = map[string]string{}
				for _, column := range columns {
					sums[name][column] = "gone"
				}
			}
			for _, one := range tables {
				if of[one.shown] == nil {
					continue
				}
				if err := digestColumns(ctx, tx, one, sums[one.shown]); err != nil {
					return fmt.Errorf("table %s: %w", one.shown, err)
				}
			}
			return nil
		})
	})
	return sums, err
}

func digestColumns(ctx context.Context, tx pgx.Tx, of table, sums map[string]string) error {
	var names, parts []string
	var key strings.Builder
	for _, column := range of.key {
		key.WriteString(quote(column) + "::text, ")
	}
	for _, column := range of.columns {
		if sums[column] == "" {
			continue
		}
		names = append(names, column)
		parts = append(parts, "count(*) || ' ' || coalesce(sum(('x' || left(md5(ROW("+key.String()+quote(column)+"::text)::text), 16))::bit(64)::bigint), 0)")
	}
	if len(names) == 0 {
		return nil
	}
	values, places := make([]string, len(names)), make([]any, len(names))
	for i := range names {
		places[i] = &values[i]
	}
	if err := tx.QueryRow(ctx, "SELECT "+strings.Join(parts, ", ")+" FROM "+of.quoted).Scan(places...); err != nil {
		return err
	}
	for i, name := range names {
		sums[name] = values[i]
	}
	return nil
}
