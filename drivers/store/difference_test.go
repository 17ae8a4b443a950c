package store

import (
	"reflect"
	"testing"
)

func TestAgainstNamesEveryDifference(t *testing.T) {
	want := Fingerprint{
		Objects: []string{"index a", "index b", "twice", "twice"},
		Tables:  map[string]TableDigest{"same": {Rows: 2, Hash: "aa"}, "fewer": {Rows: 3, Hash: "bb"}, "other": {Rows: 1, Hash: "cc"}, "gone": {Rows: 4, Hash: "dd"}},
	}
	got := Fingerprint{
		Objects: []string{"index a", "index c", "twice"},
		Tables:  map[string]TableDigest{"same": {Rows: 2, Hash: "aa"}, "fewer": {Rows: 2, Hash: "b0"}, "other": {Rows: 1, Hash: "c0"}, "new": {Rows: 7, Hash: "ee"}},
	}
	d := want.Against(got)
	if lost := []string{"index b", "twice"}; !reflect.DeepEqual(d.Lost, lost) {
		t.Errorf("lost %v, wanted %v", d.Lost, lost)
	}
	if gained := []string{"index c"}; !reflect.DeepEqual(d.Gained, gained) {
		t.Errorf("gained %v, wanted %v", d.Gained, gained)
	}
	if missing, extra, changed := d.Rows(); missing != 5 || extra != 7 || changed != 1 {
		t.Errorf("rows: %d missing, %d extra, %d tables changed", missing, extra, changed)
	}
	if d.None() || d.Catalogue() != 3 || len(d.Lines()) != 7 {
		t.Errorf("none=%t, catalogue=%d, lines %q", d.None(), d.Catalogue(), d.Lines())
	}
	if same := want.Against(want); !same.None() || len(same.Lines()) != 0 {
		t.Errorf("a database differs from itself: %q", same.Lines())
	}
}
