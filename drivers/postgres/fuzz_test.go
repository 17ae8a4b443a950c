package postgres

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"tristore/drivers/store"
)

// Whatever an update says, none of its words reach the SQL text.
func FuzzUpdateText(f *testing.F) {
	f.Add("key", `"a', admin = 'true"`, 1.0)
	f.Add("doc.a'); DROP TABLE x; --", `["a\"b"]`, 0.5)
	f.Add("tags", `"x"`, -1.0)
	f.Add("n", `9007199254740993`, 1e300)
	of := newDeclared(store.Schema{Collection: store.Collection{Namespace: "ws", Name: "t"}, Properties: []store.Property{{Name: "key", Type: store.Text},
		{Name: "n", Type: store.Integer}, {Name: "tags", Type: store.TextArray}, {Name: "doc", Type: store.JSON}, {Name: "at", Type: store.Datetime}}})
	f.Fuzz(func(t *testing.T, field, value string, by float64) {
		var decoded any
		if json.Unmarshal([]byte(value), &decoded) != nil {
			decoded = value
		}
		sent := map[string]any{field: decoded}
		for _, update := range []store.Update{{Set: sent}, {Inc: map[string]float64{field: by}}, {Push: sent}, {AddToSet: sent}, {Pull: sent}} {
			b := build(of)
			sql, err := b.sets(update)
			if err != nil {
				continue
			}
			top, path, _ := strings.Cut(field, ".")
			if !slices.Contains(of.order, top) || of.fields[top].automatic && top != fieldUpdatedBy {
				t.Errorf("field %q reached %q", field, sql)
			}
			checkNoWords(t, sql, len(b.args))
			if len(path) > 12 && strings.Contains(sql, path) || len(value) > 12 && strings.Contains(sql, value) {
				t.Errorf("%q = %q reached %q", field, value, sql)
			}
		}
	})
}

// checkNoWords: the text is made of our own letters, its quotes close, and every value has a place.
func checkNoWords(t *testing.T, sql string, values int) {
	t.Helper()
	const ours = `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $"_.<>=~&@#():,[]{}+|'`
	if strings.Trim(sql, ours) != "" || strings.Count(sql, "'")%2 != 0 || strings.Count(sql, `"`)%2 != 0 {
		t.Errorf("%q", sql)
	}
	if places := strings.Count(sql, "$"); places < values {
		t.Errorf("%d values, %d places in %q", values, places, sql)
	}
}

// What a server answers to EXPLAIN is a plan that can be read, or an error.
func FuzzReadPlan(f *testing.F) {
	f.Add(`[{"Plan": {"Node Type": "Index Scan", "Index Name": "i", "Index Cond": "(a = 1)"}}]`)
	f.Add(`[{"Plan": {"Node Type": "Append", "Plans": [{"Node Type": "Seq Scan"}, {}]}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := readPlan(text)
		if err == nil && strings.Contains(text, "Index Name") && len(plan.Indexes) > strings.Count(text, "Index Name")+strings.Count(text, `\u`) {
			t.Errorf("%q has indexes %q", text, plan.Indexes)
		}
	})
}
