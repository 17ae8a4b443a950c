package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"tristore/drivers/store"
)

// findDefault is how many rows a find gives when the caller does not say [D].
const findDefault = 50

// distinctMax is the product's limit on distinct values [D].
const distinctMax = 1000

// Find gives the rows that fit.
func (c *Collections) Find(ctx context.Context, from store.Collection, query store.Query) ([]store.Document, store.Outcome) {
	var found []store.Document
	outcome := c.on(ctx, from, func(d *declared) (outcome store.Outcome) {
		b := build(d)
		text, fields, err := b.find(query)
		if err != nil {
			return invalid(err)
		}
		found, outcome = c.documents(ctx, statement{text, b.args}, fields)
		return outcome
	})
	return found, outcome
}

func (b *builder) find(query store.Query) (text string, fields []string, err error) {
	if query.Limit < 0 || query.Skip < 0 {
		return "", nil, fmt.Errorf("limit %d, skip %d: neither may be negative", query.Limit, query.Skip)
	}
	if fields = query.Fields; len(fields) == 0 {
		fields = b.of.order
	}
	columns := make([]string, len(fields))
	for i, name := range fields {
		found, err := b.of.field(name)
		if err != nil {
			return "", nil, err
		}
		columns[i] = found.column
	}
	where, err := b.where(query.Filter, 0)
	if err != nil {
		return "", nil, err
	}
	text = "SELECT " + strings.Join(columns, ", ") + " FROM " + b.of.table + " WHERE " + where
	var keys []string
	for _, key := range query.Sort {
		on, err := b.operand(key.Field)
		if err != nil {
			return "", nil, err
		}
		if key.Descending {
			on.sql += " DESC"
		}
		keys = append(keys, on.sql)
	}
	if len(keys) > 0 {
		text += " ORDER BY " + strings.Join(keys, ", ")
	}
	limit := query.Limit
	if limit == 0 {
		limit = findDefault
	}
	text += " LIMIT " + b.arg(int64(limit))
	if query.Skip > 0 {
		text += " OFFSET " + b.arg(int64(query.Skip))
	}
	return text, fields, nil
}

// Count gives how many rows fit.
func (c *Collections) Count(ctx context.Context, from store.Collection, filter store.Filter) (int64, store.Outcome) {
	var count int64
	outcome := c.on(ctx, from, func(d *declared) store.Outcome {
		b := build(d)
		where, err := b.where(filter, 0)
		if err != nil {
			return invalid(err)
		}
		return c.one(ctx, "SELECT count(*) FROM "+d.table+" WHERE "+where, []any{&count}, b.args...)
	})
	return count, outcome
}

// Distinct gives the values of one field; of a list, its elements.
func (c *Collections) Distinct(ctx context.Context, from store.Collection, name string, filter store.Filter) ([]any, store.Outcome) {
	var all []any
	outcome := c.on(ctx, from, func(d *declared) store.Outcome {
		b := build(d)
		on, err := b.operand(name)
		if err != nil {
			return invalid(err)
		}
		where, err := b.where(filter, 0)
		if err != nil {
			return invalid(err)
		}
		value := on.sql
		if on.kind == store.TextArray {
			value = "unnest(" + value + ")"
		}
		text := "SELECT DISTINCT " + value + " AS value FROM " + d.table + " WHERE " + on.sql + " IS NOT NULL AND " + where +
			" ORDER BY value LIMIT " + strconv.Itoa(distinctMax)
		all = []any{}
		return c.each(ctx, statement{text, b.args}, func(rows pgx.Rows) error {
			values, err := rows.Values()
			if err == nil {
				all = append(all, values[0])
			}
			return err
		})
	})
	return all, outcome
}

// Aggregate groups and accumulates.
func (c *Collections) Aggregate(ctx context.Context, from store.Collection, aggregation store.Aggregation) ([]store.Document, store.Outcome) {
	var groups []store.Document
	outcome := c.on(ctx, from, func(d *declared) (outcome store.Outcome) {
		b := build(d)
		text, names, err := b.aggregate(aggregation)
		if err != nil {
			return invalid(err)
		}
		groups, outcome = c.documents(ctx, statement{text, b.args}, names)
		return outcome
	})
	return groups, outcome
}

func (b *builder) aggregate(a store.Aggregation) (text string, names []string, err error) {
	var columns, keys []string
	for i, name := range a.GroupBy {
		on, err := b.operand(name)
		if err != nil {
			return "", nil, err
		}
		columns, keys, names = append(columns, on.sql), append(keys, strconv.Itoa(i+1)), append(names, name)
	}
	for _, output := range a.Outputs {
		one, err := b.accumulate(output)
		if err != nil {
			return "", nil, err
		}
		columns, names = append(columns, one), append(names, output.Name)
	}
	if len(columns) == 0 {
		return "", nil, fmt.Errorf("an aggregation needs a group or an output")
	}
	where, err := b.where(a.Filter, 0)
	if err != nil {
		return "", nil, err
	}
	text = "SELECT " + strings.Join(columns, ", ") + " FROM " + b.of.table + " WHERE " + where
	if len(keys) > 0 {
		by := strings.Join(keys, ", ")
		text += " GROUP BY " + by + " ORDER BY " + by
	}
	return text, names, nil
}

// accumulate is one aggregate function. Sums of integers stay integers; every average
// is a float. Numbers inside json are summed as floats, other values there left out.
func (b *builder) accumulate(a store.Accumulator) (string, error) {
	if a.Function == "count" && a.Field == "" {
		return "count(*)", nil
	}
	on, err := b.operand(a.Field)
	if err != nil {
		return "", err
	}
	if a.Function == "count" {
		return "count(" + on.sql + ")", nil
	}
	number := on.kind == store.Integer || on.kind == store.Double
	if on.inside {
		on.sql, number = "CASE WHEN jsonb_typeof("+on.sql+") = 'number' THEN ("+on.sql+" #>> '{}')::double precision END", true
	}
	switch {
	case a.Function == "sum" && on.kind == store.Integer:
		return "sum(" + on.sql + ")::bigint", nil
	case a.Function == "sum" && number:
		return "sum(" + on.sql + ")", nil
	case a.Function == "avg" && number:
		return "avg(" + on.sql + ")::double precision", nil
	case (a.Function == "min" || a.Function == "max") && on.kind != store.Boolean:
		return a.Function + "(" + on.sql + ")", nil
	}
	return "", fmt.Errorf("%s of %q, which is %s", a.Function, a.Field, on.kind)
}
