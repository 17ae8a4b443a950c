package postgres_test

import (
	"reflect"
	"sync"
	"testing"

	"tristore/drivers/store"
)

func TestUpdateOperatorsInsideJSON(t *testing.T) {
	c, in := openCollections(t, migrated(t, store.CollectionsStore)), at("ws", "things")
	must(t, c.UpdateSchema(t.Context(), everything(in)))
	list := func(values ...any) []any { return append([]any{}, values...) }
	type object = map[string]any
	for name, test := range map[string]struct {
		before any
		update store.Update
		after  any
	}{
		"$set of the whole":           {object{"a": int64(1)}, store.Update{Set: object{"doc": object{"b": "x"}}}, object{"b": "x"}},
		"$set of a place":             {object{"a": int64(1)}, store.Update{Set: object{"doc.b": list("x")}}, object{"a": int64(1), "b": list("x")}},
		"$set of a place in nothing":  {nil, store.Update{Set: object{"doc.b": true}}, object{"b": true}},
		"$set of a place to null":     {object{"a": int64(1)}, store.Update{Set: object{"doc.a": nil}}, object{"a": nil}},
		"two places at once":          {object{"a": int64(1)}, store.Update{Set: object{"doc.b": "x"}, Inc: map[string]float64{"doc.a": 2}}, object{"a": int64(3), "b": "x"}},
		"$inc of nothing":             {object{}, store.Update{Inc: map[string]float64{"doc.n": 0.5}}, object{"n": 0.5}},
		"$push":                       {object{"l": list("a")}, store.Update{Push: object{"doc.l": object{"k": "v"}}}, object{"l": list("a", object{"k": "v"})}},
		"$push to nothing":            {object{}, store.Update{Push: object{"doc.l": "a"}}, object{"l": list("a")}},
		"$push to a whole list":       {list("a"), store.Update{Push: object{"doc": "a"}}, list("a", "a")},
		"$addToSet, new":              {object{"l": list("a")}, store.Update{AddToSet: object{"doc.l": "b"}}, object{"l": list("a", "b")}},
		"$addToSet, there":            {object{"l": list("a", "b")}, store.Update{AddToSet: object{"doc.l": "b"}}, object{"l": list("a", "b")}},
		"$addToSet, to null":          {object{"l": nil}, store.Update{AddToSet: object{"doc.l": "b"}}, object{"l": list("b")}},
		"$addToSet, part of an entry": {list(object{"k": "v", "w": "x"}), store.Update{AddToSet: object{"doc": object{"k": "v"}}}, list(object{"k": "v", "w": "x"}, object{"k": "v"})},
		"$pull":                       {object{"l": list("a", int64(1), "a")}, store.Update{Pull: object{"doc.l": "a"}}, object{"l": list(int64(1))}},
		"$pull of everything":         {list("a"), store.Update{Pull: object{"doc": "a"}}, list()},
		"$pull from no list":          {object{"l": "a"}, store.Update{Pull: object{"doc.l": "a"}}, object{"l": "a"}},
	} {
		must(t, c.Upsert(t.Context(), in, store.Upsert{ConflictFields: []string{"key"}, Row: store.Document{"key": name, "doc": test.before}}))
		if _, outcome := c.Update(t.Context(), in, where("key", store.Eq, name), test.update); !outcome.OK() {
			t.Errorf("%s: %s", name, outcome.Detail())
			continue
		}
		rows, outcome := c.Find(t.Context(), in, store.Query{Filter: where("key", store.Eq, name)})
		must(t, outcome)
		if !reflect.DeepEqual(rows[0]["doc"], test.after) {
			t.Errorf("%s: %#v, wanted %#v", name, rows[0]["doc"], test.after)
		}
	}
}

func TestReadsInsideJSONAndLists(t *testing.T) {
	c, in := openCollections(t, migrated(t, store.CollectionsStore)), at("ws", "things")
	must(t, c.UpdateSchema(t.Context(), everything(in)))
	must(t, c.BulkCreate(t.Context(), in, []store.Document{
		{"key": "a", "doc": map[string]any{"n": int64(2), "t": "x"}, "tags": []any{"p", "q"}}, {"key": "b", "doc": map[string]any{"n": 1.5, "t": "y"}, "tags": []any{"q"}},
		{"key": "c", "doc": map[string]any{"n": "text", "t": nil}}, {"key": "d"},
	}))
	for name, test := range map[string]struct {
		filter store.Filter
		want   int64
	}{
		"$gt by type": {where("doc.n", store.Gt, int64(1)), 2}, "$lt by type": {where("doc.n", store.Lt, "zzz"), 1}, "$in": {where("doc.t", store.In, []any{"x", "z"}), 1},
		"$nin on a list": {where("tags", store.NotIn, []any{"p"}), 1}, "$regex": {where("doc.t", store.Regex, "^[xy]$"), 2}, "null": {where("doc.q", store.Eq, nil), 4},
		"$in with null": {where("n", store.In, []any{nil, int64(1)}), 4}, "$ne on a number": {where("doc.n", store.Ne, 1.5), 2}, "whole json": {where("doc", store.Eq, map[string]any{"t": "x", "n": 2.0}), 1},
		"$in over json values": {where("doc.n", store.In, []any{int64(2), "text"}), 2}, "a value with quotes": {where("doc.t", store.Eq, `'"\`), 0},
	} {
		if got, outcome := c.Count(t.Context(), in, test.filter); got != test.want || !outcome.OK() {
			t.Errorf("%s: %d rows, wanted %d: %s", name, got, test.want, outcome.Detail())
		}
	}
	tags, outcome := c.Distinct(t.Context(), in, "tags", store.Filter{})
	must(t, outcome)
	if !reflect.DeepEqual(tags, []any{"p", "q"}) {
		t.Errorf("distinct tags: %v", tags)
	}
	sums, outcome := c.Aggregate(t.Context(), in, store.Aggregation{GroupBy: []string{"doc.t"}, Filter: where("doc", store.Exists, true),
		Outputs: []store.Accumulator{{Name: "sum", Function: "sum", Field: "doc.n"}, {Name: "rows", Function: "count"}}})
	must(t, outcome)
	if len(sums) != 3 || sums[1]["doc.t"] != "x" && sums[0]["doc.t"] != "x" && sums[2]["doc.t"] != "x" {
		t.Errorf("sums: %v", sums)
	}
}

func TestConcurrentUpsertsLoseNothing(t *testing.T) {
	c, in := openCollections(t, migrated(t, store.CollectionsStore)), at("ws", "things")
	must(t, c.UpdateSchema(t.Context(), everything(in)))
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			upsert := store.Upsert{ConflictFields: []string{"key"}, Row: store.Document{"key": "k"}, Inc: map[string]float64{"n": 1}}
			if outcome := c.Upsert(t.Context(), in, upsert); !outcome.OK() {
				t.Error(outcome.Detail())
			}
			if _, outcome := c.Update(t.Context(), in, where("key", store.Eq, "k"), store.Update{Push: map[string]any{"tags": "x"}}); !outcome.OK() {
				t.Error(outcome.Detail())
			}
		})
	}
	all.Wait()
	rows, outcome := c.Find(t.Context(), in, store.Query{})
	must(t, outcome)
	if tags, _ := rows[0]["tags"].([]any); len(rows) != 1 || rows[0]["n"] != int64(40) || len(tags) != 40 {
		t.Errorf("rows: %v", rows)
	}
}

// A pooler in transaction mode may allow no statement that is prepared for later.
func TestStoresWorkWithoutNamedStatements(t *testing.T) {
	for _, mode := range []string{"cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			users := openAs(t, withOption(migrated(t, store.UsersStore), "default_query_exec_mode", mode))
			must(t, users.Insert(t.Context(), account(1)))
			must(t, users.Insert(t.Context(), account(2), account(3)))
			got, outcome := users.UpdateSSO(t.Context(), store.SSOLogin{Provider: "azure", ProviderID: "az-1", Claims: map[string]any{"a": "b"}})
			must(t, outcome)
			if got.AuthData["azure"]["a"] != "b" || !reflect.DeepEqual(got.Meta, account(1).Meta) {
				t.Errorf("after sign-in: %+v", got)
			}
			c, in := openCollections(t, withOption(migrated(t, store.CollectionsStore), "default_query_exec_mode", mode)), at("ws", "things")
			must(t, c.UpdateSchema(t.Context(), everything(in)))
			_, outcome = c.Create(t.Context(), in, store.Document{"key": "k", "n": int64(1), "doc": map[string]any{"a": "b"}, "tags": []any{"x"}, "at": day(1)})
			must(t, outcome)
			must(t, c.BulkCreate(t.Context(), in, []store.Document{{"key": "l", "n": int64(1)}, {"key": "m", "doc": []any{}}}))
			n, outcome := c.Update(t.Context(), in, where("doc.a", store.Eq, "b"), store.Update{Inc: map[string]float64{"n": 1}, AddToSet: map[string]any{"tags": "y"}, Set: map[string]any{"doc.c": "d"}})
			must(t, outcome)
			rows, outcome := c.Find(t.Context(), in, store.Query{Filter: where("tags", store.In, []any{"y"})})
			must(t, outcome)
			if n != 1 || len(rows) != 1 || rows[0]["n"] != int64(2) || !reflect.DeepEqual(rows[0]["doc"], map[string]any{"a": "b", "c": "d"}) {
				t.Errorf("%d updated, found %v", n, rows)
			}
		})
	}
}
