package store

import (
	"slices"
	"testing"
)

func TestFingerprintDiff(t *testing.T) {
	base := func() Fingerprint {
		return Fingerprint{Tables: map[string]TableDigest{"a": {2, 20, "aa"}, "b": {0, 0, "00"}}, Objects: []string{"column a.x text", "index i", "index i"}}
	}
	for name, c := range map[string]struct {
		change func(*Fingerprint)
		want   []string
	}{
		"nothing":                {func(*Fingerprint) {}, nil},
		"another order of lines": {func(f *Fingerprint) { slices.Reverse(f.Objects) }, nil},
		"a row less":             {func(f *Fingerprint) { f.Tables["a"] = TableDigest{1, 10, "bb"} }, []string{"table a: 1 rows instead of 2, 10 bytes instead of 20, different content"}},
		"another value":          {func(f *Fingerprint) { f.Tables["a"] = TableDigest{2, 20, "bb"} }, []string{"table a: different content"}},
		"an empty table gone":    {func(f *Fingerprint) { delete(f.Tables, "b") }, []string{"table b is missing: 0 rows"}},
		"a table more":           {func(f *Fingerprint) { f.Tables["c"] = TableDigest{3, 1, "cc"} }, []string{"table c is new: 3 rows"}},
		"a line changed":         {func(f *Fingerprint) { f.Objects[0] = "column a.x int" }, []string{"missing: column a.x text", "new: column a.x int"}},
		"one of two equal lines": {func(f *Fingerprint) { f.Objects = f.Objects[:2] }, []string{"missing: index i"}},
		"nothing left":           {func(f *Fingerprint) { *f = Fingerprint{} }, []string{"missing: column a.x text", "missing: index i", "missing: index i", "table a is missing: 2 rows", "table b is missing: 0 rows"}},
	} {
		other := base()
		c.change(&other)
		if got := base().Diff(other); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, wanted %q", name, got, c.want)
		}
	}
}
