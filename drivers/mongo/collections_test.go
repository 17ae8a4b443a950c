package mongo_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"tristore/drivers/mongo"
	"tristore/drivers/store"
)

func openCollections(t *testing.T) *mongo.Collections {
	t.Helper()
	collections, err := mongo.OpenCollections(t.Context(), migrated(t, store.CollectionsStore))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, collections.Close) })
	return collections
}

var things = store.Collection{Namespace: "ws", Name: "things"}

func declare(t *testing.T, in *mongo.Collections) {
	t.Helper()
	want(t, "declaring", "committed", in.UpdateSchema(t.Context(), store.Schema{Collection: things, Properties: []store.Property{
		{Name: "key", Type: store.Text, Required: true}, {Name: "n", Type: store.Integer}, {Name: "price", Type: store.Double}, {Name: "active", Type: store.Boolean},
		{Name: "at", Type: store.Datetime}, {Name: "tags", Type: store.TextArray}, {Name: "doc", Type: store.JSON},
	}, Indexes: []store.Index{{Fields: []string{"key"}, Unique: true}}}))
}

func eq(field string, value any) store.Filter {
	return store.Where(store.Condition{Field: field, Op: store.Eq, Value: value})
}

func TestRowsComeBackAsTheyWentIn(t *testing.T) {
	in := openCollections(t)
	declare(t, in)
	row := store.Document{"key": "k", "n": int64(1) << 60, "price": 2.0, "active": true, "at": moment(), "tags": []any{"x", "y"},
		"doc": map[string]any{"a": []any{int64(1), 1.5, nil, "x", map[string]any{"b": false}}, "at": moment()}, "createdBy": "me"}
	made, outcome := in.Create(t.Context(), things, row)
	want(t, "creating", "committed", outcome)
	found, outcome := in.Find(t.Context(), things, store.Query{Filter: eq("_id", made)})
	if want(t, "finding", "committed", outcome); len(found) != 1 {
		t.Fatalf("%d rows", len(found))
	}
	for field, value := range row {
		if !reflect.DeepEqual(found[0][field], value) {
			t.Errorf("%s: %T %v, want %T %v", field, found[0][field], found[0][field], value, value)
		}
	}
	for what, bad := range map[string]store.Document{
		"text in an integer": {"key": "b", "n": "1"}, "a number in text": {"key": int64(1)}, "a number among texts": {"key": "b", "tags": []any{int64(1)}},
		"a required null": {"key": nil}, "an unknown field": {"key": "b", "x": "y"}, "a fraction in an integer": {"key": "b", "n": 1.5},
		"an operator in json": {"key": "b", "doc": map[string]any{"$where": "1"}}, "a channel": {"key": "b", "doc": make(chan int)}, "text that is not UTF-8": {"key": "\xff"},
		"a path": {"key": "b", "doc.a": int64(1), "key.b": "x"},
	} {
		_, outcome := in.Create(t.Context(), things, bad)
		want(t, what, "refused(invalid)", outcome)
	}
}

func TestFiltersAreNotInjected(t *testing.T) {
	in := openCollections(t)
	declare(t, in)
	_, outcome := in.Create(t.Context(), things, store.Document{"key": "k", "doc": map[string]any{"a": "b"}})
	want(t, "creating", "committed", outcome)
	rows, outcome := in.Find(t.Context(), things, store.Query{Filter: eq("doc.a", map[string]any{"$ne": "x"})})
	if !outcome.Is(store.Invalid) {
		t.Errorf("an operator as a value: %s, %d rows", outcome.Detail(), len(rows))
	}
	for what, filter := range map[string]store.Filter{
		"an unknown field": eq("x", "y"), "an operator as a field": eq("$where", "1"), "an unknown operator": store.Where(store.Condition{Field: "key", Op: "$where", Value: "1"}),
		"a path that ends in a dot": eq("doc.", "y"),
	} {
		_, outcome := in.Count(t.Context(), things, filter)
		want(t, what, "refused(invalid)", outcome)
	}
	// A filter of an alternative that restricts nothing restricts nothing.
	trap := store.Filter{Any: []store.Filter{eq("key", "nobody"), {}}}
	_, outcome = in.Delete(t.Context(), things, trap)
	want(t, "deleting by a filter that restricts nothing", "refused(invalid)", outcome)
	_, outcome = in.Update(t.Context(), things, eq("key", "k"), store.Update{})
	want(t, "an update of nothing", "refused(invalid)", outcome)
	_, outcome = in.Update(t.Context(), things, eq("key", "k"), store.Update{Inc: map[string]float64{"n": 0.5}})
	want(t, "half an integer", "refused(invalid)", outcome)
	_, outcome = in.Find(t.Context(), store.Collection{Namespace: "ws", Name: "nothing"}, store.Query{})
	want(t, "a collection nobody declared", "refused(invalid)", outcome)
}

func TestTwoSchemasAtOnceBecomeOne(t *testing.T) {
	in := openCollections(t)
	var busy sync.WaitGroup
	outcomes := make([]store.Outcome, 12)
	for i := range outcomes {
		busy.Go(func() {
			name := fmt.Sprintf("p%d", i)
			outcomes[i] = in.UpdateSchema(t.Context(), store.Schema{Collection: things, Properties: []store.Property{{Name: name, Type: store.Integer}}, Indexes: []store.Index{{Fields: []string{name}}}})
		})
	}
	busy.Wait()
	row := store.Document{}
	for i, outcome := range outcomes {
		want(t, fmt.Sprintf("declaring p%d", i), "committed", outcome)
		row[fmt.Sprintf("p%d", i)] = int64(i)
	}
	_, outcome := in.Create(t.Context(), things, row)
	want(t, "a row with every property", "committed", outcome)
	want(t, "the same once more", "committed", in.UpdateSchema(t.Context(), store.Schema{Collection: things, Properties: []store.Property{{Name: "p0", Type: store.Integer}}}))
	want(t, "another type", "refused(invalid)", in.UpdateSchema(t.Context(), store.Schema{Collection: things, Properties: []store.Property{{Name: "p0", Type: store.Text}}}))
	want(t, "a required field where rows are", "refused(invalid)", in.UpdateSchema(t.Context(), store.Schema{Collection: things, Properties: []store.Property{{Name: "new", Type: store.Text, Required: true}}}))
	for what, schema := range map[string]store.Schema{
		"an index name of 64 bytes": {Collection: things, Indexes: []store.Index{{Name: strings.Repeat("i", 64), Fields: []string{"p0"}}}},
		"an index over nothing":     {Collection: things, Indexes: []store.Index{{Name: "i", Fields: []string{"nobody"}}}},
		"a slash in a namespace":    {Collection: store.Collection{Namespace: "a/b", Name: "c"}},
		"an automatic property":     {Collection: things, Properties: []store.Property{{Name: "_id", Type: store.Text}}},
	} {
		want(t, what, "refused(invalid)", in.UpdateSchema(t.Context(), schema))
	}
}

func TestBulkIsAllOrNothing(t *testing.T) {
	in := openCollections(t)
	declare(t, in)
	mine := "00000000000000000000aaaa"
	_, outcome := in.Create(t.Context(), things, store.Document{"_id": mine, "key": "k7"})
	want(t, "creating", "committed", outcome)
	rows := make([]store.Document, 300)
	for i := range rows {
		rows[i] = store.Document{"key": fmt.Sprintf("k%d", i+8)}
	}
	rows[250]["key"] = "k7"
	rows[299]["_id"] = mine // never reached, and not to be removed
	want(t, "a bulk with a taken key", "refused(unique)", in.BulkCreate(t.Context(), things, rows))
	count, outcome := in.Count(t.Context(), things, store.Filter{})
	if want(t, "counting", "committed", outcome); count != 1 {
		t.Errorf("%d rows after a refused bulk, want the one before it", count)
	}
	want(t, "no rows", "committed", in.BulkCreate(t.Context(), things, nil))
}

func TestUpsertsAtOnceMakeOneRow(t *testing.T) {
	in := openCollections(t)
	declare(t, in)
	var busy sync.WaitGroup
	for range 6 {
		busy.Go(func() {
			want(t, "upserting", "committed", in.Upsert(t.Context(), things, store.Upsert{ConflictFields: []string{"key"}, Row: store.Document{"key": "one", "active": true}}))
		})
	}
	busy.Wait()
	rows, _ := in.Find(t.Context(), things, store.Query{})
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	if made, is := rows[0]["_id"].(string); !is || len(made) != 24 {
		t.Errorf("_id is %v", rows[0]["_id"])
	}
	found, outcome := in.Find(t.Context(), things, store.Query{Filter: eq("_id", rows[0]["_id"])})
	if want(t, "finding by that _id", "committed", outcome); len(found) != 1 {
		t.Errorf("%d rows by that _id", len(found))
	}
}
