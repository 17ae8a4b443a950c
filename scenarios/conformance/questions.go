package conformance

import (
	"context"
	"fmt"
	"time"

	"tristore/drivers/store"
)

// questioner owns the collections that questions are asked of: things holds the four
// rows of fixture and is only read; changing has a unique key and is written to, each
// question under a key of its own; unkeyed has no unique index.
type questioner struct {
	in        store.Collections
	namespace string
	serial    int
	detail    string // what the store said when it refused last
}

func (q *questioner) at(name string) store.Collection {
	return store.Collection{Namespace: q.namespace, Name: name}
}

// key is a fresh key of the changing collection.
func (q *questioner) key() string {
	q.serial++
	return fmt.Sprintf("q%03d", q.serial)
}

// told keeps the words of a refusal as evidence.
func (q *questioner) told(outcome store.Outcome) store.Outcome {
	if !outcome.OK() {
		q.detail = outcome.Detail()
	}
	return outcome
}

func properties() []store.Property {
	return []store.Property{
		{Name: "key", Type: store.Text, Required: true}, {Name: "n", Type: store.Integer}, {Name: "price", Type: store.Double},
		{Name: "active", Type: store.Boolean}, {Name: "at", Type: store.Datetime}, {Name: "tags", Type: store.TextArray},
		{Name: "doc", Type: store.JSON}, {Name: "items", Type: store.JSON}, {Name: "note", Type: store.Text},
		{Name: "order", Type: store.Text}, {Name: "select", Type: store.Text},
	}
}

func (q *questioner) prepare(ctx context.Context) error {
	unique := []store.Index{{Fields: []string{"key"}, Unique: true}}
	for name, indexes := range map[string][]store.Index{"things": unique, "changing": unique, "unkeyed": nil} {
		schema := store.Schema{Collection: q.at(name), Properties: properties(), Indexes: indexes}
		if outcome := q.in.UpdateSchema(ctx, schema); !outcome.OK() {
			return errorOf("declaring "+name, outcome)
		}
	}
	for _, row := range fixture() {
		if _, outcome := q.in.Create(ctx, q.at("things"), row); !outcome.OK() {
			return errorOf("creating a row to ask about", outcome)
		}
	}
	return nil
}

// fixture: c has nothing but its key, d has an empty array.
func fixture() []store.Document {
	item := func(sku string, qty int64) map[string]any { return map[string]any{"sku": sku, "qty": qty} }
	return []store.Document{
		{"key": "a", "n": int64(1), "price": 1.5, "active": true, "at": moment(1), "tags": []any{"x", "y"}, "note": "first",
			"doc": map[string]any{"city": "Paris", "zip": int64(75)}, "items": []any{item("p1", 1), item("p2", 5)}, "order": "first"},
		{"key": "b", "n": int64(2), "price": 2.25, "active": false, "at": moment(2), "tags": []any{"y"},
			"doc": map[string]any{"city": "Lyon"}, "items": []any{item("p2", 1)}, "order": "second"},
		{"key": "c"},
		{"key": "d", "n": int64(3), "price": 10.0, "active": true, "at": moment(3), "tags": []any{},
			"doc": map[string]any{"city": "Paris", "note": "what?", "q?": int64(1)}, "items": []any{}},
	}
}

func moment(day int) time.Time { return time.Date(2024, 1, day, 10, 30, 0, 0, time.UTC) }

func is(field string, op store.Op, value any) store.Condition {
	return store.Condition{Field: field, Op: op, Value: value}
}

func tagged(tags ...any) store.Document { return store.Document{"tags": tags} }

type question = func(ctx context.Context, q *questioner) string

// find answers with the keys of the fixture's rows that fit, sorted here.
func find(conditions ...store.Condition) question { return findFilter(store.Where(conditions...)) }

func findFilter(filter store.Filter) question {
	return func(ctx context.Context, q *questioner) string {
		rows, outcome := q.in.Find(ctx, q.at("things"), store.Query{Filter: filter})
		return answer(q.told(outcome), sortedKeys(rows))
	}
}

// matches is find where "does not work" may be a refusal or an empty answer.
func matches(condition store.Condition) question {
	return func(ctx context.Context, q *questioner) string {
		got := find(condition)(ctx, q)
		if got == "none" || got == store.Refuse(store.Invalid, "").String() {
			return "no match"
		}
		return got
	}
}

// ordered answers with the keys as the store ordered them.
func ordered(query store.Query) question {
	return func(ctx context.Context, q *questioner) string {
		rows, outcome := q.in.Find(ctx, q.at("things"), query)
		return answer(q.told(outcome), keysText(rows))
	}
}

func projected(ctx context.Context, q *questioner) string {
	rows, outcome := q.in.Find(ctx, q.at("things"), store.Query{Filter: store.Where(is("key", store.Eq, "a")), Fields: []string{"key", "n"}})
	if !q.told(outcome).OK() || len(rows) != 1 {
		return fmt.Sprintf("%s, %d rows", outcome, len(rows))
	}
	note := "absent"
	if _, there := rows[0]["note"]; there {
		note = "present"
	}
	return "key=" + text(rows[0]["key"]) + " note " + note
}

func counted(condition store.Condition) question {
	return func(ctx context.Context, q *questioner) string {
		n, outcome := q.in.Count(ctx, q.at("things"), store.Where(condition))
		return answer(q.told(outcome), n)
	}
}

func distinct(field string) question {
	return func(ctx context.Context, q *questioner) string {
		values, outcome := q.in.Distinct(ctx, q.at("things"), field, store.Filter{})
		return answer(q.told(outcome), values)
	}
}

// aggregated answers with one value per group of active; true first, whatever the order of booleans.
func aggregated(function, field string) question {
	return func(ctx context.Context, q *questioner) string {
		groups, outcome := q.in.Aggregate(ctx, q.at("things"), store.Aggregation{Filter: store.Where(is("n", store.Exists, true)),
			GroupBy: []string{"active"}, Outputs: []store.Accumulator{{Name: "out", Function: function, Field: field}}})
		if len(groups) == 2 && groups[0]["active"] == false {
			groups[0], groups[1] = groups[1], groups[0]
		}
		return answer(q.told(outcome), groupText(groups, "active", "out"))
	}
}

// with creates a row of the changing collection under a fresh key.
func (q *questioner) with(ctx context.Context, row store.Document) (string, store.Outcome) {
	key, full := q.key(), store.Document{}
	for field, value := range row {
		full[field] = value
	}
	full["key"] = key
	_, outcome := q.in.Create(ctx, q.at("changing"), full)
	return key, q.told(outcome)
}

// read gets one row of the changing collection.
func (q *questioner) read(ctx context.Context, key string) (store.Document, store.Outcome) {
	rows, outcome := q.in.Find(ctx, q.at("changing"), store.Query{Filter: store.Where(is("key", store.Eq, key))})
	if outcome.OK() && len(rows) != 1 {
		return nil, q.told(store.Refuse(store.NotFound, "%d rows have key %s", len(rows), key))
	}
	if !outcome.OK() {
		return nil, q.told(outcome)
	}
	return rows[0], outcome
}

// changed answers with one field after an update of a fresh row; arrays as sets.
func changed(row store.Document, update store.Update, field string) question {
	return func(ctx context.Context, q *questioner) string {
		key, outcome := q.with(ctx, row)
		if !outcome.OK() {
			return "creating: " + outcome.String()
		}
		if _, outcome := q.in.Update(ctx, q.at("changing"), store.Where(is("key", store.Eq, key)), update); !q.told(outcome).OK() {
			return outcome.String()
		}
		after, outcome := q.read(ctx, key)
		if !outcome.OK() {
			return outcome.String()
		}
		return asSet(after[field])
	}
}

// roundTrip answers whether a value comes back as it went in.
func roundTrip(field string, value any) question {
	return func(ctx context.Context, q *questioner) string {
		key, outcome := q.with(ctx, store.Document{field: value})
		if !outcome.OK() {
			return outcome.String()
		}
		after, outcome := q.read(ctx, key)
		if !outcome.OK() {
			return outcome.String()
		}
		if after[field] != value {
			return fmt.Sprintf("%T %v", after[field], after[field])
		}
		return "kept"
	}
}

func createWith(field string, value any) question {
	return func(ctx context.Context, q *questioner) string {
		_, outcome := q.with(ctx, store.Document{field: value})
		return outcome.String()
	}
}
