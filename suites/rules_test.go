package suites

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"tristore/drivers/faults"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/judge"
)

// sound is an observation that keeps every limit of a rule to the letter.
func sound(row Row) result.Observation {
	saw := result.Observation{Claim: row.ID, Engine: "postgres:16"}
	for _, l := range all(row.Rule) {
		saw.Set(l.Fact, l.Value)
	}
	// A fact under two limits must keep both: the greatest lower bound does.
	for _, l := range all(row.Rule) {
		if l.Op == judge.AtLeast && saw.Facts[l.Fact] < l.Value {
			saw.Set(l.Fact, l.Value)
		}
	}
	for i := range row.Rule.MinCases {
		saw.Compare(fmt.Sprint("case ", i), "as promised", "as promised")
	}
	return saw
}

func all(r judge.Rule) []judge.Limit {
	return slices.Concat(r.Valid, r.Floors, r.Limits)
}

// broken is a value just beyond a limit.
func broken(l judge.Limit) float64 {
	if l.Op == judge.AtLeast {
		return l.Value - 1
	}
	return l.Value + 1
}

// Every claim of the catalogue passes on a sound observation, and every single thing
// that its rule asks for has an observation that breaks it.
func TestEveryRuleCanFail(t *testing.T) {
	own := Drills(&result.Drill{Own: &result.DrillOwn{}, EverySeconds: 1, PlannedBytes: 1})
	for _, row := range slices.Concat(Catalogue(), Bounds(nil), Beside(), own) {
		if row.Rule.Vacuous() {
			t.Errorf("%s: the rule compares nothing", row.ID)
		}
		if got := row.Rule.Judge(sound(row)); got.Status != result.Pass {
			t.Errorf("%s: a sound observation is %s: %s", row.ID, got.Status, got.Reason)
		}
		if got := row.Rule.Judge(result.Observation{Claim: row.ID}); got.Status != result.Inconclusive {
			t.Errorf("%s: nothing seen is %s", row.ID, got.Status)
		}
		for want, limits := range map[result.Status][]judge.Limit{result.Invalid: row.Rule.Valid, result.Fail: row.Rule.Limits, result.Inconclusive: row.Rule.Floors} {
			for _, l := range limits {
				breaks(t, row, l, want)
			}
		}
		if row.Rule.MinCases > 0 {
			saw := sound(row)
			saw.Cases[0].Got = "something else"
			if got := row.Rule.Judge(saw); got.Status != result.Fail {
				t.Errorf("%s: a broken case is %s", row.ID, got.Status)
			}
			saw = sound(row)
			saw.Cases = saw.Cases[1:]
			if got := row.Rule.Judge(saw); got.Status != result.Inconclusive {
				t.Errorf("%s: one case too few is %s", row.ID, got.Status)
			}
		}
	}
}

func breaks(t *testing.T, row Row, l judge.Limit, want result.Status) {
	t.Helper()
	if l.Says == "" {
		t.Errorf("%s: the limit on %s says nothing", row.ID, l.Fact)
	}
	saw := sound(row)
	saw.Set(l.Fact, broken(l))
	if got := row.Rule.Judge(saw); got.Status != want {
		t.Errorf("%s: %s = %g is %s, wanted %s", row.ID, l.Fact, broken(l), got.Status, want)
	}
	saw.Set(l.Fact, math.NaN())
	if got := row.Rule.Judge(saw); got.Status == result.Pass {
		t.Errorf("%s: passes with %s that is no number", row.ID, l.Fact)
	}
	delete(saw.Facts, l.Fact)
	if got := row.Rule.Judge(saw); got.Status == result.Pass {
		t.Errorf("%s: passes without %s", row.ID, l.Fact)
	}
}

func TestCatalogueIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range Catalogue() {
		if seen[row.ID] || row.ID == "" || row.Sentence == "" || row.Domain == "" || row.Source == "" || row.Check == nil {
			t.Errorf("row %+v is not whole, or there twice", row.Claim)
		}
		seen[row.ID] = true
		if _, err := scenarios.ParseDepth(row.Depth); err != nil {
			t.Error(err)
		}
	}
	for _, fault := range faults.All() {
		for _, claim := range fault.Claims {
			if !seen[claim] {
				t.Errorf("fault %s names claim %s, which is not in the catalogue", fault.Name, claim)
			}
		}
	}
}

// The claims of operations stand beside the catalogue: certify neither tries nor misses them.
func TestOperationsStandBesideTheCatalogue(t *testing.T) {
	rules := Rules()
	for _, row := range Beside() {
		if row.ID == "" || row.Sentence == "" || row.Domain == "" || row.Source == "" || row.Check != nil || row.Area == "" {
			t.Errorf("row %+v is not whole", row.Claim)
		}
		if _, there := rules[row.ID]; there {
			t.Errorf("%s is there twice", row.ID)
		}
		rules[row.ID] = row.Rule
	}
}

func TestSelectSpeaksToTheUser(t *testing.T) {
	for _, test := range []struct {
		asked []string
		rows  int
		ok    bool
	}{
		{nil, len(Catalogue()), true},
		{[]string{"UNIQ-1"}, 1, true},
		{[]string{"UNIQ-1", Security}, 4, true},
		{[]string{"UNIQ-7"}, 0, false},
	} {
		rows, err := Select(scenarios.Release, test.asked)
		if len(rows) != test.rows || (err == nil) != test.ok {
			t.Errorf("%v: %d rows, %v", test.asked, len(rows), err)
		}
	}
}
