package postgres

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tristore/drivers"
	"tristore/drivers/store"
)

// The password and salt of RFC 7677's example exchange.
func TestScramVerifier(t *testing.T) {
	salt := []byte{0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81}
	const want = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
	if got, err := scramWith("pencil", salt); got != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{"", "pässword", "a\nb"} {
		if got, err := scramVerifier(drivers.NewSecret(bad)); err == nil || strings.Contains(err.Error(), bad) && bad != "" {
			t.Errorf("%q gave %q, %v", bad, got, err)
		}
	}
}

func TestColumnNames(t *testing.T) {
	for name, want := range map[string]string{"createdAt": "created_at", "_id": "_id", "orgSlug": "org_slug", "already_so": "already_so", "URL": "url", "aBC": "a_bc", "q?": "q?"} {
		if got := ColumnName(name); got != want {
			t.Errorf("%s: %s, wanted %s", name, got, want)
		}
	}
}

func TestIndexNamesAreShortAndApart(t *testing.T) {
	long := strings.Repeat("é", 31)
	seen := map[string]bool{}
	for _, table := range []string{"a/t", "b/t"} {
		for _, index := range []store.Index{{Name: "by"}, {Name: long}, {Fields: []string{"a", "b"}}, {Fields: []string{"a_b"}}, {Fields: []string{"a", "b"}, Unique: true}, {Fields: []string{long, long}}} {
			name := indexName(table, index)
			if seen[name] || len(name) > nameMax || !utf8.ValidString(name) || name != indexName(table, index) {
				t.Errorf("%s %+v: %q", table, index, name)
			}
			seen[name] = true
		}
	}
}

func TestReadPlan(t *testing.T) {
	for text, want := range map[string]store.PlanInfo{
		`[{"Plan": {"Node Type": "Index Scan", "Index Name": "i", "Index Cond": "(a = 1)"}}]`: {Indexes: []string{"i"}},
		`[{"Plan": {"Node Type": "Index Scan", "Index Name": "i"}}]`:                          {Indexes: []string{"i"}, FullScan: true},
		`[{"Plan": {"Node Type": "Seq Scan"}}]`:                                               {FullScan: true},
		`[{"Plan": {"Node Type": "Limit", "Plans": [{"Node Type": "Bitmap Heap Scan", "Plans": [{"Node Type": "BitmapOr", "Plans": [
			{"Node Type": "Bitmap Index Scan", "Index Name": "i", "Index Cond": "x"}, {"Node Type": "Bitmap Index Scan", "Index Name": "j", "Index Cond": "y"}]}]}]}}]`: {Indexes: []string{"i", "j"}},
		`[{"Plan": {"Node Type": "Append", "Plans": [{"Node Type": "Index Scan", "Index Name": "i", "Index Cond": "x"}, {"Node Type": "Seq Scan"}]}}]`: {Indexes: []string{"i"}, FullScan: true},
	} {
		got, err := readPlan(text)
		got.Text = ""
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "[]", "{}", "[{}]", `[{"Plan": {}}]`} {
		if got, err := readPlan(text); err == nil {
			t.Errorf("%q read as %+v", text, got)
		}
	}
}

func TestTransactionControlIsFound(t *testing.T) {
	for text, found := range map[string]bool{
		"CREATE TABLE a (b int)": false, "CREATE TABLE a (committed int); -- commit": false, "create table a (b int); CoMmIt;": true, "ROLLBACK": true, "BEGIN;": true, "END;": true,
		"CREATE INDEX CONCURRENTLY i ON a (b)": true, "START  TRANSACTION": true, "CREATE TABLE rollbacks ()": false,
	} {
		if word := controls(text); (word != "") != found {
			t.Errorf("%q: found %q", text, word)
		}
	}
}

func TestNumbersInsideJSON(t *testing.T) {
	for text, want := range map[string]any{
		"9007199254740993": int64(9007199254740993), "1.0": 1.0, "1e3": 1000.0, "-0": int64(0), "99999999999999999999": 1e20, "1e999": "1e999", "null": nil,
		`{"a": [1, {"b": 2}]}`: map[string]any{"a": []any{int64(1), map[string]any{"b": int64(2)}}},
	} {
		var got any
		if err := unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v", text, got, err)
		}
	}
}

// Whatever a filter says, none of its words reach the SQL text: every value is a parameter.
func FuzzFilterText(f *testing.F) {
	f.Add("key", "$eq", `"a' OR '1'='1"`, "x")
	f.Add("doc.a'); DROP TABLE x; --", "$in", `["a\"b"]`, "y")
	f.Add("tags", "$regex", `"^(a|b)$"`, "z")
	f.Add("doc", "$elemMatch", `{"k'": "v"}`, "z")
	text := func(name string) store.Property { return store.Property{Name: name, Type: store.Text} }
	of := newDeclared(store.Schema{Collection: store.Collection{Namespace: "ws", Name: "t"}, Properties: []store.Property{text("key"),
		{Name: "n", Type: store.Integer}, {Name: "tags", Type: store.TextArray}, {Name: "doc", Type: store.JSON}, {Name: "at", Type: store.Datetime}}})
	plain := `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $"_.<>=~&@#():,[]{}'`
	f.Fuzz(func(t *testing.T, field, op, value, sort string) {
		var decoded any
		if json.Unmarshal([]byte(value), &decoded) != nil {
			decoded = value
		}
		b := build(of)
		sql, _, err := b.find(store.Query{Filter: store.Where(store.Condition{Field: field, Op: store.Op(op), Value: decoded}), Sort: []store.Sort{{Field: sort}}})
		if err != nil {
			return
		}
		if strings.Trim(sql, plain) != "" || strings.Count(sql, "'")%2 != 0 || strings.Count(sql, `"`)%2 != 0 {
			t.Errorf("%q", sql)
		}
		top, path, _ := strings.Cut(field, ".")
		if !slices.Contains(of.order, top) || len(path) > 6 && strings.Contains(sql, path) {
			t.Errorf("field %q reached %q", field, sql)
		}
		if places := strings.Count(sql, "$"); places < len(b.args) {
			t.Errorf("%d values, %d places in %q", len(b.args), places, sql)
		}
	})
}
