package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tristore/drivers/store"
)

// errEmptyFilter refuses to change every row by accident.
var errEmptyFilter = errors.New("the filter restricts nothing, so every row would be changed")

// Create inserts one row.
func (c *Collections) Create(ctx context.Context, into store.Collection, row store.Document) (string, store.Outcome) {
	var id string
	outcome := c.on(ctx, into, func(d *declared) store.Outcome {
		values, given, err := d.row(row)
		if err != nil {
			return invalid(err)
		}
		id = given
		_, outcome := c.exec(ctx, d.insert, values...)
		return outcome
	})
	if outcome.Status == store.Refused {
		id = ""
	}
	return id, outcome
}

// BulkCreate sends all rows by one COPY, which the server takes whole or not at all.
func (c *Collections) BulkCreate(ctx context.Context, into store.Collection, rows []store.Document) store.Outcome {
	if len(rows) > store.BulkMax {
		return store.Refuse(store.Invalid, "a bulk of %d rows, over %d", len(rows), store.BulkMax)
	}
	return c.on(ctx, into, func(d *declared) store.Outcome {
		if len(rows) == 0 {
			return store.Done()
		}
		now, columns := time.Now(), make([]string, len(d.order))
		for i, name := range d.order {
			columns[i] = ColumnName(name)
		}
		created, updated := slices.Index(d.order, fieldCreatedAt), slices.Index(d.order, fieldUpdatedAt)
		return c.copy(ctx, d.schema.Collection.Physical(), columns, bulk{len(rows), func(i int) ([]any, error) {
			values, _, err := d.row(rows[i])
			if err != nil {
				return nil, err
			}
			for _, at := range []int{created, updated} {
				if values[at] == nil {
					values[at] = now // COPY has no defaults within a column
				}
			}
			return values, nil
		}})
	})
}

// Update applies operators to one row that fits, or to all.
func (c *Collections) Update(ctx context.Context, in store.Collection, filter store.Filter, update store.Update) (int64, store.Outcome) {
	var matched int64
	outcome := c.on(ctx, in, func(d *declared) store.Outcome {
		b := build(d)
		sets, err := b.sets(update)
		if err != nil {
			return invalid(err)
		}
		where, err := b.where(filter, 0)
		if err != nil {
			return invalid(err)
		}
		if where == always && !update.AllowEmpty {
			return invalid(errEmptyFilter)
		}
		if !update.Many && !d.onlyOne(filter) {
			// The row is locked while it is chosen, so that two at once choose one after the other.
			where = `"_id" = (SELECT "_id" FROM ` + d.table + " WHERE " + where + " LIMIT 1 FOR UPDATE)"
		}
		return retrying(ctx, func() (outcome store.Outcome) {
			matched, outcome = c.exec(ctx, "UPDATE "+d.table+" SET "+sets+" WHERE "+where, b.args...)
			return outcome
		})
	})
	return matched, outcome
}

// onlyOne tells whether a unique index bounds the filter to one row anyway.
func (d *declared) onlyOne(filter store.Filter) bool {
	return slices.ContainsFunc(filter.All, func(c store.Condition) bool {
		return c.Op == store.Eq && c.Value != nil && d.unique([]string{c.Field})
	})
}

// Delete removes every row that fits.
func (c *Collections) Delete(ctx context.Context, from store.Collection, filter store.Filter) (int64, store.Outcome) {
	var deleted int64
	outcome := c.on(ctx, from, func(d *declared) store.Outcome {
		b := build(d)
		where, err := b.where(filter, 0)
		if err != nil {
			return invalid(err)
		}
		if where == always {
			return invalid(errEmptyFilter)
		}
		return retrying(ctx, func() (outcome store.Outcome) {
			deleted, outcome = c.exec(ctx, "DELETE FROM "+d.table+" WHERE "+where, b.args...)
			return outcome
		})
	})
	return deleted, outcome
}

// Upsert is one INSERT … ON CONFLICT, which needs a unique index over exactly the
// conflict fields [D].
func (c *Collections) Upsert(ctx context.Context, into store.Collection, upsert store.Upsert) store.Outcome {
	return c.on(ctx, into, func(d *declared) store.Outcome {
		b := build(d)
		text, err := b.upsert(upsert)
		if err != nil {
			return invalid(err)
		}
		return retrying(ctx, func() store.Outcome {
			_, outcome := c.exec(ctx, text, b.args...)
			return outcome
		})
	})
}

func (b *builder) upsert(upsert store.Upsert) (string, error) {
	d := b.of
	if len(upsert.ConflictFields) == 0 || !d.unique(upsert.ConflictFields) {
		return "", fmt.Errorf("no unique index covers exactly the fields %q", upsert.ConflictFields)
	}
	whole := store.Document{}
	sets := []string{`"updated_at" = now()`}
	for _, part := range []store.Document{upsert.Row, upsert.InsertOnly} {
		for name, value := range part {
			if _, twice := whole[name]; twice {
				return "", fmt.Errorf("field %q is given twice", name)
			}
			whole[name] = value
		}
	}
	for name, by := range upsert.Inc {
		if _, twice := whole[name]; twice {
			return "", fmt.Errorf("field %q is given twice", name)
		}
		whole[name] = by
	}
	conflict := make([]string, len(upsert.ConflictFields))
	for i, name := range upsert.ConflictFields {
		if upsert.Row[name] == nil {
			return "", fmt.Errorf("conflict field %q has no value", name)
		}
		conflict[i] = d.fields[name].column
	}
	values, _, err := d.row(whole)
	if err != nil {
		return "", err
	}
	b.args = append(b.args, values...)
	for _, name := range d.order {
		at := d.fields[name]
		_, set := upsert.Row[name]
		_, inc := upsert.Inc[name]
		switch {
		case set && name == fieldID, slices.Contains(upsert.ConflictFields, name), name == fieldCreatedAt, name == fieldUpdatedAt:
		case set:
			sets = append(sets, at.column+" = EXCLUDED."+at.column)
		case inc:
			sets = append(sets, at.column+" = coalesce("+d.table+"."+at.column+", 0) + EXCLUDED."+at.column)
		}
	}
	return d.insert + " ON CONFLICT (" + strings.Join(conflict, ", ") + ") DO UPDATE SET " + strings.Join(sets, ", "), nil
}
