package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"tristore/drivers/store"
)

// Schemas reads every declaration; a database without their table has none.
func (r *Reader) Schemas(ctx context.Context) (all []store.Schema, outcome store.Outcome) {
	const read = `SELECT namespace, name, properties, indexes FROM collection_schemas ORDER BY namespace || '/' || name COLLATE "C"`
	outcome = absent(r.each(ctx, statement{text: read}, func(rows pgx.Rows) error {
		var one store.Schema
		if err := rows.Scan(&one.Collection.Namespace, &one.Collection.Name, &one.Properties, &one.Indexes); err != nil {
			return err
		}
		all = append(all, one)
		return nil
	}))
	return all, outcome
}

// Fields counts the values of each column that are neither null nor empty text.
func (r *Reader) Fields(ctx context.Context, table string) (map[string]int64, store.Outcome) {
	const columnsOf = `SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`
	columns, outcome := every[string](ctx, r.session, lookup{columnsOf, column{}}, quote(table))
	if !outcome.OK() || len(columns) == 0 {
		return nil, outcome
	}
	counted := make([]string, len(columns))
	counts, places := make([]int64, len(columns)), make([]any, len(columns))
	for i, column := range columns {
		counted[i], places[i] = "count(nullif("+quote(column)+"::text, ''))", &counts[i]
	}
	outcome = r.one(ctx, "SELECT "+strings.Join(counted, ", ")+" FROM "+quote(table), places)
	fields := map[string]int64{}
	for i, column := range columns {
		if counts[i] > 0 {
			fields[column] = counts[i]
		}
	}
	return fields, outcome
}
