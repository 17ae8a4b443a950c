package judge

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"tristore/reports/result"
)

// exemplar is a rule with every kind of requirement.
func exemplar() Rule {
	return Rule{
		Valid:    []Limit{{Fact: "clock_steps", Op: Is, Says: "the clock stepped"}},
		Floors:   []Limit{{Fact: "tries", Op: AtLeast, Value: 10, Says: "too few tries"}, {Fact: "unknown", Op: Is, Says: "every outcome must be known"}},
		Limits:   []Limit{{Fact: "lost", Op: Is, Says: "a write was lost"}, {Fact: "p95_ms", Op: AtMost, Value: 50, Says: "too slow"}},
		MinCases: 2,
	}
}

// sound is an observation that the exemplar passes.
func sound() result.Observation {
	return result.Observation{
		Claim: "X-1", Engine: "postgres:16",
		Facts: map[string]float64{"clock_steps": 0, "tries": 10, "unknown": 0, "lost": 0, "p95_ms": 50},
		Cases: []result.Case{{Name: "a", Want: "1", Got: "1"}, {Name: "b", Want: "2", Got: "2"}},
	}
}

func set(fact string, value float64) func(*result.Observation) {
	return func(o *result.Observation) { o.Facts[fact] = value }
}

func without(fact string) func(*result.Observation) {
	return func(o *result.Observation) { delete(o.Facts, fact) }
}

func TestEveryBranchOfARule(t *testing.T) {
	type change = func(*result.Observation)
	all := func(changes ...change) change {
		return func(o *result.Observation) {
			for _, c := range changes {
				c(o)
			}
		}
	}
	broken := func(o *result.Observation) { o.Cases[1].Got = "3" }
	trouble := func(o *result.Observation) { o.Trouble = "connection refused" }
	probe := func(o *result.Observation) { o.Probe = "asked, and answered NotImplemented" }
	fewer := func(o *result.Observation) { o.Cases = o.Cases[:1] }
	for _, c := range []struct {
		name   string
		change change
		want   result.Status
		reason string
	}{
		{"everything holds", func(*result.Observation) {}, result.Pass, ""},
		{"more than the floor", set("tries", 11), result.Pass, ""},

		{"assumption broken", set("clock_steps", 1), result.Invalid, "the clock stepped (clock_steps is 1, wanted = 0)"},
		{"assumption and promise broken", all(set("clock_steps", 1), set("lost", 1)), result.Invalid, "the clock stepped"},
		{"assumption not recorded", without("clock_steps"), result.Inconclusive, "clock_steps was not recorded"},
		{"assumption not a number", set("clock_steps", math.NaN()), result.Inconclusive, "clock_steps was not recorded"},

		{"promise broken", set("lost", 3), result.Fail, "a write was lost (lost is 3, wanted = 0)"},
		{"promise broken by a little", set("p95_ms", 50.001), result.Fail, "too slow (p95_ms is 50.001, wanted <= 50)"},
		{"promise broken without bound", set("p95_ms", math.Inf(1)), result.Fail, "too slow"},
		{"promise not recorded", without("lost"), result.Inconclusive, "lost was not recorded"},
		{"promise not a number", set("lost", math.NaN()), result.Inconclusive, "lost was not recorded"},
		{"promises broken", all(set("lost", 3), set("p95_ms", 51)), result.Fail, "a write was lost (lost is 3, wanted = 0) (and 1 more)"},
		{"case broken", broken, result.Fail, "b: promised 2, got 3"},
		{"promise and case broken", all(set("lost", 3), broken), result.Fail, "(and 1 more)"},
		{"promise broken, then trouble", all(set("lost", 1), trouble), result.Fail, "a write was lost"},
		{"promise broken below the floor", all(set("lost", 1), set("tries", 0)), result.Fail, "a write was lost"},

		{"trouble", trouble, result.Inconclusive, "could not be measured: connection refused"},
		{"floor missed", set("tries", 9), result.Inconclusive, "too few tries (tries is 9, wanted >= 10)"},
		{"floor not recorded", without("tries"), result.Inconclusive, "tries was not recorded"},
		{"floor infinite", set("tries", math.Inf(1)), result.Inconclusive, "tries was not recorded"},
		{"promise infinitely kept", set("p95_ms", math.Inf(-1)), result.Inconclusive, "p95_ms was not recorded"},
		{"floor not a number", set("tries", math.NaN()), result.Inconclusive, "tries was not recorded"},
		{"outcome unknown", set("unknown", 1), result.Inconclusive, "every outcome must be known"},
		{"too few cases", fewer, result.Inconclusive, "compared 1 cases, 2 are needed"},

		{"probe", probe, result.NotApplicable, "asked, and answered NotImplemented"},
		{"probe with nothing recorded", all(probe, func(o *result.Observation) { o.Facts, o.Cases = nil, nil }), result.NotApplicable, "asked"},
		{"probe never covers a broken promise", all(probe, set("lost", 1)), result.Fail, "a write was lost"},
		{"probe never covers trouble", all(probe, trouble), result.Inconclusive, "could not be measured"},
	} {
		o := sound()
		c.change(&o)
		got := exemplar().Judge(o)
		if got.Status != c.want || !strings.Contains(got.Reason, c.reason) || (got.Reason == "") != (c.want == result.Pass) {
			t.Errorf("%s: %s %q, wanted %s %q", c.name, got.Status, got.Reason, c.want, c.reason)
		}
		if got.Claim != "X-1" || got.Engine != "postgres:16" {
			t.Errorf("%s: the finding is of %s on %s", c.name, got.Claim, got.Engine)
		}
		if again := exemplar().Judge(o); !reflect.DeepEqual(got, again) {
			t.Errorf("%s: judged twice, two findings", c.name)
		}
	}
}

func TestRulesThatCouldPassOnNothingNeverPass(t *testing.T) {
	promise := []Limit{{Fact: "lost", Op: Is}}
	floor := []Limit{{Fact: "tries", Op: AtLeast, Value: 1}}
	for _, c := range []struct {
		name    string
		rule    Rule
		vacuous bool
	}{
		{"zero value", Rule{}, true},
		{"promises only", Rule{Limits: promise}, true},
		{"floors only", Rule{Floors: floor}, true},
		{"assumptions only", Rule{Valid: promise}, true},
		{"a floor that zero meets", Rule{Limits: promise, Floors: []Limit{{Fact: "unknown", Op: Is}}}, true},
		{"a floor of at least zero", Rule{Limits: promise, Floors: []Limit{{Fact: "tries", Op: AtLeast}}}, true},
		{"negative cases", Rule{MinCases: -1}, true},
		{"no comparison", Rule{MinCases: 1, Limits: []Limit{{Fact: "lost"}}}, true},
		{"a comparison of nobody's", Rule{MinCases: 1, Limits: []Limit{{Fact: "lost", Op: "<"}}}, true},
		{"no fact", Rule{MinCases: 1, Floors: []Limit{{Op: Is}}}, true},
		{"compared with no number", Rule{MinCases: 1, Limits: []Limit{{Fact: "lost", Op: AtMost, Value: math.NaN()}}}, true},
		{"cases", Rule{MinCases: 1}, false},
		{"promises and a floor", Rule{Limits: promise, Floors: floor}, false},
		{"promises and an exact floor", Rule{Limits: promise, Floors: []Limit{{Fact: "databases", Op: Is, Value: 3}}}, false},
	} {
		if got := c.rule.Vacuous(); got != c.vacuous {
			t.Errorf("%s: vacuous %v", c.name, got)
		}
		o := result.Observation{Facts: map[string]float64{"lost": 0, "tries": 1, "unknown": 0, "databases": 3, "": 0}, Cases: []result.Case{{}}}
		if got := c.rule.Judge(o).Status; (got == result.Pass) == c.vacuous || c.vacuous && got != result.Inconclusive {
			t.Errorf("%s: %s", c.name, got)
		}
		if got := c.rule.Judge(result.Observation{}).Status; got != result.Inconclusive {
			t.Errorf("%s on an empty observation: %s", c.name, got)
		}
	}
}

func TestComparisons(t *testing.T) {
	for _, c := range []struct {
		op                  Op
		below, equal, above bool
	}{{Is, false, true, false}, {AtLeast, false, true, true}, {AtMost, true, true, false}, {"", false, false, false}} {
		l := Limit{Fact: "f", Op: c.op, Value: 5}
		if l.holds(4) != c.below || l.holds(5) != c.equal || l.holds(6) != c.above || l.holds(math.NaN()) {
			t.Errorf("%q compares wrongly", c.op)
		}
	}
}

func TestEvidenceShowsWhatIsBrokenFirstAndIsBounded(t *testing.T) {
	o := sound()
	o.Facts["lost"], o.Facts["p95_ms"], o.Facts["rows"] = 1, 60, 5_000_000
	for i := range 50 {
		o.Cases = append(o.Cases, result.Case{Name: fmt.Sprint("case ", i), Want: "x", Got: "y"})
	}
	for range 30 {
		o.See("a line of the server")
	}
	got := exemplar().Judge(o).Evidence
	if got[0] != "too slow (p95_ms is 60, wanted <= 50)" || got[1] != "case 0: promised x, got y" {
		t.Errorf("the evidence opens with %q", got[:2])
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{"… and 30 more broken cases", "rows = 5000000", "cases compared = 52", "… and 10 more lines"} {
		if !strings.Contains(text, want) {
			t.Errorf("the evidence lacks %q", want)
		}
	}
	if len(got) > 2*result.WitnessMax+10 {
		t.Errorf("%d lines of evidence", len(got))
	}
}
