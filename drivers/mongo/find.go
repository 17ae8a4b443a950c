package mongo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers/store"
)

// findDefault is the platform's own limit of a find [D].
const findDefault = 50

// found is a query as it is sent.
type found struct {
	filter bson.D
	how    *options.FindOptionsBuilder
}

// Find gives the rows that fit, in the order asked for.
func (c *Collections) Find(ctx context.Context, from store.Collection, query store.Query) ([]store.Document, store.Outcome) {
	request, outcome := checked(ctx, c, from, func(d *declared) (found, error) { return d.query(query) })
	if !outcome.OK() {
		return nil, outcome
	}
	rows := []store.Document{}
	outcome = c.do(ctx, func(ctx context.Context) error {
		cursor, err := c.rows(from).Find(ctx, request.filter, request.how)
		if err != nil {
			return err
		}
		return cursor.All(ctx, &rows)
	})
	if !outcome.OK() {
		return nil, outcome
	}
	return rows, outcome
}

func (d *declared) query(query store.Query) (found, error) {
	filter, err := d.where(query.Filter)
	if err != nil {
		return found{}, err
	}
	if query.Limit < 0 || query.Skip < 0 {
		return found{}, fmt.Errorf("limit %d and skip %d may not be negative", query.Limit, query.Skip)
	}
	how := options.Find().SetLimit(int64(cmp.Or(query.Limit, findDefault))).SetSkip(int64(query.Skip))
	order := bson.D{}
	for _, key := range query.Sort {
		direction := 1
		if key.Descending {
			direction = -1
		}
		if _, _, err := d.property(key.Field); err != nil {
			return found{}, err
		}
		order = append(order, bson.E{Key: key.Field, Value: direction})
	}
	if len(order) > 0 {
		how.SetSort(order)
	}
	if len(query.Fields) > 0 {
		fields := bson.D{}
		for _, field := range query.Fields {
			if _, _, err := d.property(field); err != nil {
				return found{}, err
			}
			fields = append(fields, bson.E{Key: field, Value: 1})
		}
		if !slices.Contains(query.Fields, fieldID) {
			fields = append(fields, bson.E{Key: fieldID, Value: 0})
		}
		how.SetProjection(fields)
	}
	return found{filter, how}, nil
}

// Count counts the rows that fit.
func (c *Collections) Count(ctx context.Context, from store.Collection, filter store.Filter) (n int64, outcome store.Outcome) {
	where, outcome := checked(ctx, c, from, func(d *declared) (bson.D, error) { return d.where(filter) })
	if !outcome.OK() {
		return 0, outcome
	}
	outcome = c.do(ctx, func(ctx context.Context) (err error) {
		n, err = c.rows(from).CountDocuments(ctx, where)
		return err
	})
	return n, outcome
}

// distinctMax is the product's limit on distinct values [D].
const distinctMax = 1000

// Distinct gives the values of a field, those inside lists one by one, sorted by type
// and value, without null. The server gathers all of them first, 16 MB at most.
func (c *Collections) Distinct(ctx context.Context, from store.Collection, field string, filter store.Filter) ([]any, store.Outcome) {
	where, outcome := checked(ctx, c, from, func(d *declared) (bson.D, error) {
		if _, _, err := d.property(field); err != nil {
			return nil, err
		}
		return d.where(filter)
	})
	if !outcome.OK() {
		return nil, outcome
	}
	var values []any
	outcome = c.do(ctx, func(ctx context.Context) error { return c.rows(from).Distinct(ctx, field, where).Decode(&values) })
	if !outcome.OK() {
		return nil, outcome
	}
	values = slices.DeleteFunc(values, func(value any) bool { return value == nil })
	slices.SortFunc(values, compare)
	return values[:min(len(values), distinctMax)], outcome
}

// accumulators are the server's words for the platform's functions.
func accumulators() map[string]string {
	return map[string]string{"sum": "$sum", "avg": "$avg", "min": "$min", "max": "$max"}
}

// Aggregate groups and accumulates on the server; groups come sorted by key.
func (c *Collections) Aggregate(ctx context.Context, from store.Collection, aggregation store.Aggregation) ([]store.Document, store.Outcome) {
	pipeline, outcome := checked(ctx, c, from, func(d *declared) (bson.A, error) { return d.pipeline(aggregation) })
	if !outcome.OK() {
		return nil, outcome
	}
	var groups []store.Document
	outcome = c.do(ctx, func(ctx context.Context) error {
		cursor, err := c.rows(from).Aggregate(ctx, pipeline)
		if err != nil {
			return err
		}
		return cursor.All(ctx, &groups)
	})
	if !outcome.OK() {
		return nil, outcome
	}
	all := make([]store.Document, len(groups))
	for i, group := range groups {
		key, _ := group[fieldID].(map[string]any)
		row := store.Document{}
		for n, field := range aggregation.GroupBy {
			row[field] = key[keyName(n)]
		}
		for n, output := range aggregation.Outputs {
			row[output.Name] = group[outputName(n)]
		}
		all[i] = row
	}
	slices.SortFunc(all, func(a, b store.Document) int {
		for _, field := range aggregation.GroupBy {
			if c := compare(a[field], b[field]); c != 0 {
				return c
			}
		}
		return 0
	})
	return all, outcome
}

// The names of keys and outputs on the way: a name of the caller's may hold a dot.
func keyName(n int) string    { return fmt.Sprintf("k%d", n) }
func outputName(n int) string { return fmt.Sprintf("o%d", n) }

func (d *declared) pipeline(aggregation store.Aggregation) (bson.A, error) {
	where, err := d.where(aggregation.Filter)
	if err != nil {
		return nil, err
	}
	var key any
	keys := bson.D{}
	for n, field := range aggregation.GroupBy {
		if _, _, err := d.property(field); err != nil {
			return nil, err
		}
		keys = append(keys, bson.E{Key: keyName(n), Value: "$" + field})
	}
	if len(keys) > 0 {
		key = keys
	}
	group := bson.D{{Key: fieldID, Value: key}}
	for n, output := range aggregation.Outputs {
		if output.Function == "count" {
			group = append(group, bson.E{Key: outputName(n), Value: equal("$sum", int64(1))})
			continue
		}
		function, known := accumulators()[output.Function]
		if !known {
			return nil, fmt.Errorf("function %q is not known", output.Function)
		}
		if _, _, err := d.property(output.Field); err != nil {
			return nil, err
		}
		group = append(group, bson.E{Key: outputName(n), Value: equal(function, "$"+output.Field)})
	}
	return bson.A{equal("$match", where), equal("$group", group)}, nil
}

// compare orders values of a Document: null, false and true, numbers, text, moments,
// then anything else by its spelling.
func compare(a, b any) int {
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	switch x := a.(type) {
	case bool:
		y := b.(bool)
		switch {
		case x == y:
			return 0
		case y:
			return -1
		}
		return 1
	case int64:
		if y, is := b.(int64); is {
			return cmp.Compare(x, y)
		}
		return cmp.Compare(float64(x), b.(float64))
	case float64:
		if y, is := b.(int64); is {
			return cmp.Compare(x, float64(y))
		}
		return cmp.Compare(x, b.(float64))
	case string:
		return strings.Compare(x, b.(string))
	case time.Time:
		return x.Compare(b.(time.Time))
	}
	return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

func rank(value any) int {
	switch value.(type) {
	case nil:
		return 0
	case bool:
		return 1
	case int64, float64:
		return 2
	case string:
		return 3
	case time.Time:
		return 4
	}
	return 5
}
