package postgres

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Reader reads whole tables of one database. It is safe for concurrent use.
type Reader struct{ session }

// OpenReader opens a reader on a migrated database.
func OpenReader(ctx context.Context, target drivers.Target) (*Reader, error) {
	on, err := openSession(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("opening a reader: %w", err)
	}
	return &Reader{on}, nil
}

// Tables names the tables of people, sorted by byte.
func (r *Reader) Tables(ctx context.Context) ([]string, store.Outcome) {
	return every[string](ctx, r.session, lookup{`SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname = 'public' AND ` + notOfExtension("pg_class", "c.oid") + ` ORDER BY c.relname COLLATE "C"`, column{}})
}

// EachID streams the _ids of one table.
func (r *Reader) EachID(ctx context.Context, table string, see func(id string)) store.Outcome {
	var id string
	return absent(r.each(ctx, statement{text: `SELECT "_id" FROM ` + quote(table)}, func(rows pgx.Rows) error {
		if err := rows.Scan(&id); err != nil {
			return err
		}
		see(id)
		return nil
	}))
}

// EachRecord streams the rows of the table of like.
func (r *Reader) EachRecord(ctx context.Context, like store.Record, see func(store.Record)) store.Outcome {
	s, kind := shapeOf(like), reflect.TypeOf(like)
	return absent(r.each(ctx, statement{text: "SELECT " + s.list + " FROM " + quote(s.table)}, func(rows pgx.Rows) error {
		fresh := reflect.New(kind)
		if err := rows.Scan(s.places(fresh.Interface())...); err != nil {
			return err
		}
		see(fresh.Elem().Interface().(store.Record))
		return nil
	}))
}

// EachDocument streams the rows of a collection.
func (r *Reader) EachDocument(ctx context.Context, schema store.Schema, see func(store.Document)) store.Outcome {
	d := newDeclared(schema)
	columns := make([]string, len(d.order))
	for i, name := range d.order {
		columns[i] = d.fields[name].column
	}
	return absent(r.each(ctx, statement{text: "SELECT " + strings.Join(columns, ", ") + " FROM " + d.table}, func(rows pgx.Rows) error {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		row := make(store.Document, len(values))
		for i, name := range d.order {
			row[name] = values[i]
		}
		see(row)
		return nil
	}))
}

// absent takes a table that is not there (undefined_table) for one without rows.
func absent(outcome store.Outcome) store.Outcome {
	if outcome.Code == "42P01" {
		return store.Done()
	}
	return outcome
}
