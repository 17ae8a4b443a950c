package backup

import (
	"testing"
	"time"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

func run(t *testing.T, check scenarios.Check, on scenarios.Stage) result.Observation {
	t.Helper()
	var saw result.Observation
	began := time.Now()
	check(t.Context(), on, &saw)
	t.Logf("took %s: %v\n%q", time.Since(began).Round(time.Millisecond), saw.Facts, saw.Witness)
	if saw.Trouble != "" {
		t.Errorf("trouble: %s", saw.Trouble)
	}
	return saw
}

func exactly(t *testing.T, saw result.Observation, facts map[string]float64) {
	t.Helper()
	for fact, value := range facts {
		if got, recorded := saw.Facts[fact]; !recorded || got != value {
			t.Errorf("%s is %v (recorded %t), wanted %v", fact, got, recorded, value)
		}
	}
}

func broken(saw result.Observation) (names []string) {
	for _, c := range saw.Cases {
		if c.Want != c.Got {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestCopyIsEqualAndServes(t *testing.T) {
	on := stage(t, "")
	t.Run("equal", func(t *testing.T) {
		saw := run(t, RoundTrip, on)
		exactly(t, saw, map[string]float64{"stores": 3, "tools_failed": 0, "rows_missing": 0, "rows_extra": 0, "tables_changed": 0, "catalogue_differences": 0, "stderr_errors": 0})
		if saw.Facts["rows"] < 2000 || saw.Facts["tables"] < 25 || saw.Facts["objects"] < 100 || len(saw.Cases) != 6 {
			t.Errorf("too little was compared: %v", saw.Facts)
		}
		if different := broken(saw); different != nil {
			t.Errorf("different: %q", different)
		}
	})
	t.Run("serves", func(t *testing.T) {
		saw := run(t, Serve, on)
		exactly(t, saw, map[string]float64{"stores": 3, "tools_failed": 0, "starts": 3, "start_errors": 0, "applied_again": 0, "next_releases": 3,
			"refused": 0, "wrong": 0, "unknown": 0, "writes": 8, "writes_refused": 0, "sequences_behind": 0})
		if saw.Facts["reads"] < 500 || broken(saw) != nil {
			t.Errorf("reads %v, broken %q", saw.Facts["reads"], broken(saw))
		}
	})
}

// The lost row is nobody's who is asked for: comparing finds it, serving does not.
func TestLostRowIsSeenByRoundTripAlone(t *testing.T) {
	on := stage(t, "row-missing-after-restore")
	saw := run(t, RoundTrip, on)
	exactly(t, saw, map[string]float64{"stores": 3, "rows_missing": 1, "rows_extra": 0, "tables_changed": 0, "catalogue_differences": 0})
	if different := broken(saw); len(different) != 1 || different[0] != "content of users" {
		t.Errorf("different: %q", different)
	}
	saw = run(t, Serve, on)
	exactly(t, saw, map[string]float64{"refused": 0, "wrong": 0, "unknown": 0, "writes_refused": 0, "start_errors": 0})
}

func TestDifferencesAreNamedAndCounted(t *testing.T) {
	tables, objects := map[string]store.TableDigest{}, []string{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		tables[name] = store.TableDigest{Rows: 2, Hash: name}
		objects = append(objects, "index "+name)
	}
	promised := store.Fingerprint{Tables: tables, Objects: objects}
	var saw result.Observation
	compare(&saw, store.UsersStore, promised, store.Fingerprint{Tables: map[string]store.TableDigest{"a": {Rows: 2, Hash: "other"}}, Objects: objects[1:]})
	exactly(t, saw, map[string]float64{"rows": 16, "tables": 8, "objects": 8, "rows_missing": 14, "rows_extra": 0, "tables_changed": 1, "catalogue_differences": 1})
	if len(saw.Witness) != shownPerStore || saw.WitnessDropped != 9-shownPerStore || len(broken(saw)) != 2 {
		t.Errorf("%d named, %d dropped, broken %q", len(saw.Witness), saw.WitnessDropped, broken(saw))
	}
}

func TestReplayTellsRefusedFromWrongFromUnknown(t *testing.T) {
	var saw result.Observation
	r := replay{saw: &saw}
	r.asked("right", store.Done(), "x", "x")
	r.asked("wrong", store.Done(), "x", "y")
	r.asked("refused", store.Refuse(store.NotFound, "not there"), "x", "x")
	r.asked("unknown", store.Outcome{}, "x", "x")
	exactly(t, saw, map[string]float64{"reads": 4, "wrong": 1, "refused": 1, "unknown": 1})
}

// What a start made beyond the dump is no difference; what it lacks is one.
func TestOnlyTheRestoreIsCompared(t *testing.T) {
	promised := store.Fingerprint{Objects: []string{"a", "b"}, Tables: map[string]store.TableDigest{"rows": {Rows: 1, Hash: "x"}, "version": {Rows: 1, Hash: "y"}}}
	got := store.Fingerprint{Objects: []string{"b", "c"}, Tables: map[string]store.TableDigest{"rows": {Rows: 1, Hash: "x"}, "version": {Rows: 1, Hash: "z"}}}
	started := &Restored{Without: []string{"version"}}
	if d := started.compared(promised).Against(started.compared(got, promised.Objects...)); len(d.Lost) != 1 || len(d.Gained) != 0 || len(d.Tables) != 0 {
		t.Errorf("indexes from a start: %+v", d)
	}
	restored := &Restored{}
	if d := restored.compared(promised).Against(restored.compared(got, promised.Objects...)); len(d.Lost) != 1 || len(d.Gained) != 1 || len(d.Tables) != 1 {
		t.Errorf("everything from the restore: %+v", d)
	}
}
