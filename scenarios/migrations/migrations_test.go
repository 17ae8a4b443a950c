package migrations

import (
	"testing"
	"time"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// want is what a sound store must give: facts that are exact, and those with a floor.
type want struct {
	exact, floor map[string]float64
	cases        int
}

func (w want) compare(t *testing.T, saw result.Observation) {
	t.Helper()
	if saw.Trouble != "" {
		t.Errorf("trouble: %s", saw.Trouble)
	}
	for fact, value := range w.exact {
		if got, recorded := saw.Facts[fact]; !recorded || got != value {
			t.Errorf("%s is %v (recorded %t), wanted %v", fact, got, recorded, value)
		}
	}
	for fact, value := range w.floor {
		if saw.Facts[fact] < value {
			t.Errorf("%s is %v, wanted at least %v", fact, saw.Facts[fact], value)
		}
	}
	if len(saw.Cases) < w.cases {
		t.Errorf("%d cases, wanted at least %d", len(saw.Cases), w.cases)
	}
	for _, c := range saw.Cases {
		if c.Want != c.Got {
			t.Errorf("%s: wanted %s, got %s", c.Name, c.Want, c.Got)
		}
	}
	if t.Failed() {
		t.Logf("facts %v\nwitness %q", saw.Facts, saw.Witness)
	}
}

func run(t *testing.T, check scenarios.Check, on scenarios.Stage) result.Observation {
	t.Helper()
	var saw result.Observation
	began := time.Now()
	check(t.Context(), on, &saw)
	t.Logf("took %s: %v", time.Since(began).Round(time.Millisecond), saw.Facts)
	return saw
}

func TestSoundStarts(t *testing.T) {
	on := stage(t, "")
	t.Run("first", func(t *testing.T) {
		saw, asked := run(t, FirstStart, on), map[bool]float64{true: 3}[on.Host.Role.Restricted]
		want{exact: map[string]float64{"stores": 3, "start_errors": 0, "roles_asked": asked, "powers": 0},
			floor: map[string]float64{"versions": 3, "objects": 50}, cases: 20}.compare(t, saw)
		if (saw.Probe == "") != on.Host.Role.Restricted {
			t.Errorf("probe %q on an engine that restricts roles: %t", saw.Probe, on.Host.Role.Restricted)
		}
	})
	t.Run("together", func(t *testing.T) {
		want{exact: map[string]float64{"rounds": 12, "starters": 42, "start_errors": 0, "versions_not_once": 0, "catalogue_differences": 0, "applied_again": 0},
			floor: map[string]float64{"rounds_overlapped": 6}}.compare(t, run(t, Concurrent, on))
	})
	t.Run("indexes", func(t *testing.T) {
		want{exact: map[string]float64{"stores": 3, "missing": 0, "invalid": 0, "not_unique": 0},
			floor: map[string]float64{"expected": 20, "found": 20}, cases: 20}.compare(t, run(t, Indexes, on))
	})
	t.Run("half applied", func(t *testing.T) {
		want{exact: map[string]float64{"survived": 0, "skipped": 0, "refused_unnamed": 0, "changed_by_refusal": 0},
			floor: map[string]float64{"states": 9, "killed": 1, "completed": 3}, cases: 9}.compare(t, run(t, HalfApplied, on))
	})
}

// A damaged template shows in the deployments cloned from it, and nowhere else.
func TestDamagedIndexesAreSeenByIndexesAlone(t *testing.T) {
	for fault, missing := range map[string]float64{"unique-index-dropped": 1, "page-unique-dropped": 1, "email-index-dropped": 1} {
		t.Run(fault, func(t *testing.T) {
			on := stage(t, fault)
			if saw := run(t, Indexes, on); saw.Facts["missing"] != missing || saw.Trouble != "" {
				t.Errorf("%v missing, wanted %v; trouble %q", saw.Facts["missing"], missing, saw.Trouble)
			}
			if saw := run(t, FirstStart, on); !sound(&saw) || saw.Facts["start_errors"] != 0 {
				t.Errorf("the damage reached FirstStart: %v %q", saw.Facts, saw.Witness)
			}
		})
	}
}

func TestCompareIndexesTellsEachKindOfDamage(t *testing.T) {
	expected := []store.ExpectedIndex{
		{Table: "a", Fields: []string{"x"}, Unique: true}, {Table: "a", Fields: []string{"x", "y"}}, {Table: "b", Fields: []string{"z"}}, {Table: "b", Fields: []string{"u"}}}
	sound := func() []store.IndexInfo {
		return []store.IndexInfo{{Table: "a", Name: "ax", Fields: []string{"x"}, Unique: true, Valid: true}, {Table: "a", Name: "axy", Fields: []string{"x", "y"}, Valid: true},
			{Table: "b", Name: "bz", Fields: []string{"z"}, Valid: true}, {Table: "b", Name: "bu", Fields: []string{"u"}, Valid: true}, {Table: "b", Name: "more", Fields: []string{"v"}, Valid: true}}
	}
	for name, test := range map[string]struct {
		change func([]store.IndexInfo) []store.IndexInfo
		facts  map[string]float64
		broken int
	}{
		"sound":        {func(all []store.IndexInfo) []store.IndexInfo { return all }, map[string]float64{"beyond": 1}, 0},
		"missing":      {func(all []store.IndexInfo) []store.IndexInfo { return all[1:] }, map[string]float64{"missing": 1, "beyond": 1}, 1},
		"invalid":      {func(all []store.IndexInfo) []store.IndexInfo { all[2].Valid = false; return all }, map[string]float64{"invalid": 1, "beyond": 1}, 1},
		"not unique":   {func(all []store.IndexInfo) []store.IndexInfo { all[0].Unique = false; return all }, map[string]float64{"not_unique": 1, "beyond": 1}, 1},
		"too unique":   {func(all []store.IndexInfo) []store.IndexInfo { all[3].Unique = true; return all }, map[string]float64{"beyond": 1}, 1},
		"other order":  {func(all []store.IndexInfo) []store.IndexInfo { all[1].Fields = []string{"y", "x"}; return all }, map[string]float64{"missing": 1, "beyond": 2}, 1},
		"more invalid": {func(all []store.IndexInfo) []store.IndexInfo { all[4].Valid = false; return all }, map[string]float64{"invalid": 1, "beyond": 1}, 0},
		"twin": {func(all []store.IndexInfo) []store.IndexInfo {
			all[4].Fields = []string{"z"}
			all[4].Valid = false
			return all
		}, map[string]float64{"invalid": 1}, 0},
	} {
		var saw result.Observation
		compareIndexes(&saw, expected, test.change(sound()))
		broken := 0
		for _, c := range saw.Cases {
			if c.Want != c.Got {
				broken++
			}
		}
		for _, fact := range []string{"missing", "invalid", "not_unique", "beyond"} {
			if saw.Facts[fact] != test.facts[fact] {
				t.Errorf("%s: %s is %v, wanted %v", name, fact, saw.Facts[fact], test.facts[fact])
			}
		}
		if broken != test.broken || len(saw.Cases) != len(expected) {
			t.Errorf("%s: %d of %d cases broken, wanted %d", name, broken, len(saw.Cases), test.broken)
		}
	}
}

func TestMetTellsWhoWasAtWorkAtOnce(t *testing.T) {
	at := func(from, to int) start {
		return start{began: time.Unix(int64(from), 0), ended: time.Unix(int64(to), 0)}
	}
	for name, test := range map[string]struct {
		all  []start
		want bool
	}{
		"alone": {[]start{at(0, 9)}, false}, "in turn": {[]start{at(0, 1), at(1, 2), at(5, 6)}, false}, "together": {[]start{at(0, 1), at(4, 9), at(5, 6)}, true},
	} {
		if got := met(test.all); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestVersionsAreCountedByStarter(t *testing.T) {
	alone := reference{migration: store.Migration{Applied: []string{"1", "2"}}}
	for name, test := range map[string]struct {
		applied [][]string
		want    float64
	}{
		"once":  {[][]string{{"1", "2"}, nil}, 0},
		"split": {[][]string{{"1"}, {"2"}}, 0},
		"twice": {[][]string{{"1", "2"}, {"2"}}, 1},
		"never": {[][]string{{"1"}, nil}, 1},
	} {
		var saw result.Observation
		var starts []start
		for _, applied := range test.applied {
			starts = append(starts, start{done: store.Migration{Applied: applied}})
		}
		startRound{alone: alone, saw: &saw}.count(name, starts)
		if saw.Facts["versions_not_once"] != test.want || saw.Facts["start_errors"] != 0 {
			t.Errorf("%s: %v", name, saw.Facts)
		}
	}
}
