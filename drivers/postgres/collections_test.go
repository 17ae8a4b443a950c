package postgres_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

func openCollections(t *testing.T, target drivers.Target) *postgres.Collections {
	t.Helper()
	collections, err := postgres.OpenCollections(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, collections.Close) })
	return collections
}

func at(namespace, name string) store.Collection {
	return store.Collection{Namespace: namespace, Name: name}
}

// everything has one property of each type.
func everything(in store.Collection) store.Schema {
	return store.Schema{Collection: in, Properties: []store.Property{
		{Name: "key", Type: store.Text, Required: true}, {Name: "orgSlug", Type: store.Text}, {Name: "n", Type: store.Integer}, {Name: "d", Type: store.Double},
		{Name: "b", Type: store.Boolean}, {Name: "at", Type: store.Datetime}, {Name: "doc", Type: store.JSON}, {Name: "tags", Type: store.TextArray},
	}, Indexes: []store.Index{{Fields: []string{"key"}, Unique: true}, {Fields: []string{"tags"}}, {Name: "by_n", Fields: []string{"n", "at"}}}}
}

func where(field string, op store.Op, value any) store.Filter {
	return store.Where(store.Condition{Field: field, Op: op, Value: value})
}

func TestADocumentComesBackAsItWentIn(t *testing.T) {
	c, in := openCollections(t, migrated(t, store.CollectionsStore)), at("ws", "Things")
	must(t, c.UpdateSchema(t.Context(), everything(in)))
	row := store.Document{"key": "k", "orgSlug": "acme", "n": int64(1)<<62 + 1, "d": 0.1, "b": false, "at": day(1).Add(123456 * time.Microsecond),
		"doc": map[string]any{"i": int64(1)<<53 + 1, "f": 1.5, "null": nil, "list": []any{"a", true, map[string]any{}}}, "tags": []any{"x", ""}, "createdBy": "me"}
	id, outcome := c.Create(t.Context(), in, row)
	must(t, outcome)
	got, outcome := c.Find(t.Context(), in, store.Query{})
	must(t, outcome)
	want := store.Document{"_id": id, "updatedBy": nil}
	for field, value := range row {
		want[field] = value
	}
	for _, moment := range []string{"createdAt", "updatedAt"} {
		if set, is := got[0][moment].(time.Time); !is || time.Since(set).Abs() > time.Hour {
			t.Errorf("%s is %v", moment, got[0][moment])
		}
		delete(got[0], moment)
	}
	if len(id) != 24 || len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestRefusedRequests(t *testing.T) {
	c, in := openCollections(t, migrated(t, store.CollectionsStore)), at("ws", "things")
	must(t, c.UpdateSchema(t.Context(), everything(in)))
	create := func(row store.Document) store.Outcome { _, outcome := c.Create(t.Context(), in, row); return outcome }
	find := func(filter store.Filter) store.Outcome {
		_, outcome := c.Find(t.Context(), in, store.Query{Filter: filter})
		return outcome
	}
	update := func(update store.Update) store.Outcome {
		_, outcome := c.Update(t.Context(), in, where("key", store.Eq, "k"), update)
		return outcome
	}
	deep := where("key", store.Eq, "k")
	for range 20 {
		deep = store.Filter{Any: []store.Filter{deep}}
	}
	_, emptyIn := c.Delete(t.Context(), in, where("key", store.In, []any{}))
	_, vacuous := c.Update(t.Context(), in, store.Filter{Any: []store.Filter{{}}}, store.Update{Set: map[string]any{"n": int64(1)}, Many: true})
	for name, outcome := range map[string]store.Outcome{
		"text for a number": create(store.Document{"key": "k", "n": "1"}), "a fraction for an integer": create(store.Document{"key": "k", "n": 1.5}),
		"a number in a list of texts": create(store.Document{"key": "k", "tags": []any{1}}), "NUL": create(store.Document{"key": "a\x00b"}),
		"NUL inside json": create(store.Document{"key": "k", "doc": map[string]any{"x": "a\x00b"}}), "broken UTF-8": create(store.Document{"key": "\xff"}),
		"an unknown field": create(store.Document{"key": "k", "x": 1}), "null where required": create(store.Document{"key": nil}), "an id that is no text": create(store.Document{"key": "k", "_id": 1}),
		"an unknown field in a filter": find(where("x", store.Eq, 1)), "a path into text": find(where("key.x", store.Eq, 1)), "an unknown operator": find(where("key", "$near", 1)),
		"a bad pattern": find(where("key", store.Regex, "(")), "$in without a list": find(where("key", store.In, "k")), "lists compared": find(where("tags", store.Gt, []any{"a"})),
		"a filter too deep": find(deep), "a filter too wide": find(store.Where(make([]store.Condition, 1001)...)), "$exists of no boolean": find(where("key", store.Exists, 1)),
		"no operator": update(store.Update{}), "$inc of text": update(store.Update{Inc: map[string]float64{"key": 1}}), "$push to text": update(store.Update{Push: map[string]any{"key": "x"}}),
		"an id changed": update(store.Update{Set: map[string]any{"_id": "x"}}), "one field twice": update(store.Update{Set: map[string]any{"n": 1}, Inc: map[string]float64{"n": 1}}),
		"a place inside another": update(store.Update{Set: map[string]any{"doc.a": 1, "doc.a.b": 1}}), "an update of everything": vacuous, "a deletion of everything": emptyIn,
		"upsert on half a key":    c.Upsert(t.Context(), in, store.Upsert{ConflictFields: []string{"key", "n"}, Row: store.Document{"key": "k", "n": 1}}),
		"upsert without its key":  c.Upsert(t.Context(), in, store.Upsert{ConflictFields: []string{"key"}, Row: store.Document{"n": 1}}),
		"upsert on no fields":     c.Upsert(t.Context(), in, store.Upsert{Row: store.Document{"key": "k"}}),
		"upsert of a field twice": c.Upsert(t.Context(), in, store.Upsert{ConflictFields: []string{"key"}, Row: store.Document{"key": "k", "n": 1}, Inc: map[string]float64{"n": 1}}),
	} {
		if !outcome.Is(store.Invalid) {
			t.Errorf("%s: %s, wanted refused(invalid)", name, outcome.Detail())
		}
	}
	if n, outcome := c.Count(t.Context(), in, store.Filter{}); n != 0 {
		t.Errorf("%d rows were written all the same, %s", n, outcome)
	}
	_, outcome := c.Count(t.Context(), at("ws", "nowhere"), store.Filter{})
	refused(t, outcome, store.NotFound)
}

func TestRefusedDeclarations(t *testing.T) {
	c := openCollections(t, migrated(t, store.CollectionsStore))
	with := func(in store.Collection, properties []store.Property, indexes ...store.Index) store.Schema {
		return store.Schema{Collection: in, Properties: properties, Indexes: indexes}
	}
	text := func(names ...string) (all []store.Property) {
		for _, name := range names {
			all = append(all, store.Property{Name: name, Type: store.Text})
		}
		return all
	}
	long := strings.Repeat("é", 32)
	for name, schema := range map[string]store.Schema{
		"a long table name": with(at("ws", strings.Repeat("x", 61)), text("a")), "a slash in the namespace": with(at("a/b", "c"), text("a")), "no name": with(at("ws", ""), text("a")),
		"a long property": with(at("ws", "a"), text(long)), "two properties of one column": with(at("ws", "a"), text("fooBar", "foo_bar")), "an automatic column": with(at("ws", "a"), text("created_at")),
		"an unknown type": with(at("ws", "a"), []store.Property{{Name: "a", Type: "blob"}}), "NUL in a name": with(at("ws", "a"), text("a\x00")), "a dot": with(at("ws", "a"), text("a.b")),
		"a long index name": with(at("ws", "a"), text("a"), store.Index{Name: long, Fields: []string{"a"}}), "an index of nothing": with(at("ws", "a"), text("a"), store.Index{Name: "i"}),
		"an index over an unknown field": with(at("ws", "a"), text("a"), store.Index{Fields: []string{"b"}}), "a system column": with(at("ws", "a"), text("ctid")),
		"one index name twice": with(at("ws", "a"), text("a", "b"), store.Index{Name: "i", Fields: []string{"a"}}, store.Index{Name: "i", Fields: []string{"b"}}),
	} {
		if outcome := c.UpdateSchema(t.Context(), schema); !outcome.Is(store.Invalid) {
			t.Errorf("%s: %s, wanted refused(invalid)", name, outcome.Detail())
		}
	}
	if names, outcome := c.ListCollections(t.Context(), "ws"); len(names) != 0 {
		t.Errorf("declared all the same: %v, %s", names, outcome)
	}
	must(t, c.UpdateSchema(t.Context(), with(at("ws", strings.Repeat("x", 60)), text(strings.Repeat("y", 63)))))
	must(t, c.UpdateSchema(t.Context(), with(at("ws", "a"), text("a"))))
	refused(t, c.UpdateSchema(t.Context(), with(at("ws", "a"), []store.Property{{Name: "a", Type: store.Integer}})), store.Invalid)
}

func TestConcurrentDeclarationsGiveOneSchema(t *testing.T) {
	target := migrated(t, store.CollectionsStore)
	c, other, in := openCollections(t, target), openCollections(t, target), at("ws", "shared")
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			by, schema := c, everything(in)
			if i%2 == 1 {
				by = other
			}
			schema.Properties = append(schema.Properties, store.Property{Name: fmt.Sprint("p", i%4), Type: store.Text})
			schema.Indexes = append(schema.Indexes, store.Index{Fields: []string{fmt.Sprint("p", i%4)}})
			if outcome := by.UpdateSchema(t.Context(), schema); !outcome.OK() {
				t.Error(outcome.Detail())
			}
		})
	}
	all.Wait()
	for _, by := range []*postgres.Collections{c, other} {
		_, outcome := by.Create(t.Context(), in, store.Document{"key": fmt.Sprintf("%p", by), "p0": "a", "p1": "a", "p2": "a", "p3": "a"})
		must(t, outcome)
	}
	indexes, err := postgres.Indexes(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, index := range indexes {
		if index.Table == in.Physical() {
			count++
		}
	}
	if count != 1+3+4 {
		t.Errorf("%d indexes, wanted the primary key, three of everything and one of each property: %+v", count, indexes)
	}
}

func TestAnotherProcessChangesTheSchema(t *testing.T) {
	target := migrated(t, store.CollectionsStore)
	c, other, in := openCollections(t, target), openCollections(t, target), at("ws", "things")
	must(t, c.UpdateSchema(t.Context(), everything(in)))
	_, outcome := c.Create(t.Context(), in, store.Document{"key": "a"})
	must(t, outcome)
	must(t, other.DropNamespace(t.Context(), "ws"))
	_, outcome = c.Create(t.Context(), in, store.Document{"key": "b"})
	refused(t, outcome, store.NotFound)
	again := store.Schema{Collection: in, Properties: []store.Property{{Name: "key", Type: store.Integer}}}
	must(t, other.UpdateSchema(t.Context(), again))
	_, outcome = c.Create(t.Context(), in, store.Document{"key": int64(1)})
	must(t, outcome)
	rows, outcome := c.Find(t.Context(), in, store.Query{Fields: []string{"key"}})
	must(t, outcome)
	if len(rows) != 1 || rows[0]["key"] != int64(1) {
		t.Errorf("rows: %v", rows)
	}
	again.Properties = append(again.Properties, store.Property{Name: "late", Type: store.Text})
	must(t, other.UpdateSchema(t.Context(), again))
	deadline := time.Now().Add(time.Minute)
	for outcome = (store.Outcome{}); !outcome.OK() && time.Now().Before(deadline); { // a field is asked for again once a second
		_, outcome = c.Create(t.Context(), in, store.Document{"key": int64(2), "late": "x"})
	}
	must(t, outcome)
}
