package advice

import (
	"math"
	"slices"
	"strings"
	"testing"

	"tristore/reports/result"
)

// priced is a split at whose boundary several remedies were tried, with their costs.
func priced(remedies ...result.Remedy) *result.Split {
	split := outlooked(0.06)
	split.Boundary = searched(1, 1.02, true)
	split.Remedies = remedies
	split.Costs = &result.Costs{Unit: result.Cost{MoneyPerMonth: 100, WorkDays: 1, DowntimeMinutes: 60}, Of: map[string]result.Cost{
		"settings": {WorkDays: 1}, "memory": {MoneyPerMonth: 300}, "indexes": {WorkDays: 1, DowntimeMinutes: 60, Risk: 0.5}}}
	return split
}

// What a remedy buys, by the logarithms of its gain and of the growth; and where it is not known, no number.
func TestRungs(t *testing.T) {
	t.Parallel()
	monthly := math.Log1p(0.06)
	for name, c := range map[string]struct {
		change      func(*result.Split)
		helps       bool
		least, most float64
		says        string
	}{
		"a gain":                  {func(*result.Split) {}, true, math.Log(1.45) / monthly, math.Log(1.56) / monthly, " to "},
		"no growth stated":        {func(s *result.Split) { s.Outlook.Growth = nil }, true, 0, 0, "unknown: no growth was stated"},
		"no outlook":              {func(s *result.Split) { s.Outlook = nil }, true, 0, 0, "unknown: no growth was stated"},
		"growth of nothing":       {func(s *result.Split) { s.Outlook.Growth.LowPerMonth, s.Outlook.Growth.HighPerMonth = 0, 0 }, true, 0, 0, "unknown: demand does not grow"},
		"growth not foretold":     {func(s *result.Split) { s.Outlook.Growth = &result.Growth{Source: result.GrowthFile} }, true, 0, 0, "unknown: "},
		"a gain that may be none": {func(s *result.Split) { s.Remedies[0].Boundary = searched(1.01, 1.05, true) }, false, 0, math.Log(1.06) / monthly, "0.0 to "},
		"it carries less":         {func(s *result.Split) { s.Remedies[0].Boundary = searched(0.8, 0.82, true) }, false, 0, 0, "0.0 to 0.0"},
	} {
		split := priced(bought("settings", 1.5, 1.53))
		c.change(split)
		r := Of(split).Rungs[0]
		if !r.Usable || r.Helps() != c.helps || math.Abs(r.MonthsLow-c.least) > 0.6 || math.Abs(r.MonthsHigh-c.most) > 0.6 || !strings.Contains(r.Months(), c.says) {
			t.Errorf("%s: %+v, %s", name, r, r.Months())
		}
		if r.MonthsKnown != !strings.HasPrefix(c.says, "unknown") || !r.MonthsKnown && r.Score != 0 {
			t.Errorf("%s: months known %t, score %g", name, r.MonthsKnown, r.Score)
		}
		if said := Of(split).NotAsked; slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "what settings,") }) {
			t.Errorf("%s: remedies were tried and not asked: %v", name, said)
		}
	}
	if said := Of(priced()).NotAsked; !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "what settings,") }) {
		t.Errorf("no remedy was tried, and it is not said: %v", said)
	}
}

// The order is by the months that are sure for a unit of cost, and what does not help comes last.
func TestLadder(t *testing.T) {
	t.Parallel()
	split := priced(bought("memory", 2, 2.04), bought("indexes", 1.3, 1.32), bought("settings", 1.3, 1.32), bought("pgbouncer", 1.6, 1.64), bought("cpu", 0.9, 0.92),
		result.Remedy{Names: []string{"pool-caps"}, Refused: "UNIQ-1 is FAIL"})
	var names []string
	for _, r := range Of(split).Rungs {
		names = append(names, r.Name)
	}
	// settings: 4 months for 1; memory: 11 for 3; indexes: 4 for 4; pgbouncer: its cost is not known.
	if want := []string{"settings", "memory", "indexes", "pgbouncer", "cpu", "pool-caps"}; !slices.Equal(names, want) {
		t.Errorf("in the order %v, want %v: %+v", names, want, Of(split).Rungs)
	}
	for _, broken := range []result.Cost{{}, {WorkDays: 1, Risk: 1}, {WorkDays: 1, Risk: math.NaN()}, {MoneyPerMonth: -1}} {
		split.Costs.Of["settings"] = broken
		if got := costOf(split.Costs, []string{"settings"}); got != 0 {
			t.Errorf("%+v costs %g", broken, got)
		}
	}
	if costOf(nil, []string{"memory"}) != 0 || costOf(split.Costs, nil) != 0 || costOf(split.Costs, []string{"memory", "indexes"}) != 7 {
		t.Error("costs of nothing, or of two together")
	}
}

// What is tried next: each that was asked, then the best together as long as that surely adds.
func TestNextRemedy(t *testing.T) {
	t.Parallel()
	asked := []string{"memory", "settings", "indexes"}
	over := func(r result.Remedy) bool { return r.Boundary != nil || r.Refused != "" }
	all := []result.Remedy{bought("memory", 2, 2.04), bought("settings", 1.3, 1.32), bought("indexes", 1.2, 1.22)}
	for name, c := range map[string]struct {
		tried []result.Remedy
		want  string
	}{
		"nothing yet":                       {nil, "memory"},
		"the next":                          {all[:1], "settings"},
		"one was cut short":                 {[]result.Remedy{{Names: []string{"memory"}}}, "memory"},
		"the two best":                      {all, "settings+memory"},
		"then the third":                    {append(slices.Clone(all), bought("settings+memory", 2.5, 2.6)), "settings+memory+indexes"},
		"until it adds nothing":             {append(slices.Clone(all), bought("settings+memory", 1.3, 1.32)), ""},
		"or breaks a claim":                 {append(slices.Clone(all), result.Remedy{Names: []string{"settings", "memory"}, Refused: "x"}), ""},
		"or all are in":                     {append(slices.Clone(all), bought("settings+memory", 2.5, 2.6), bought("settings+memory+indexes", 3, 3.1)), ""},
		"one that helps is no combination":  {[]result.Remedy{all[0], bought("settings", 0.9, 0.92), {Names: []string{"indexes"}, Refused: "x"}}, ""},
		"what may not help is not combined": {[]result.Remedy{all[0], bought("settings", 1.01, 1.05), bought("indexes", 1.2, 1.22)}, "memory+indexes"},
		"a combination that was cut short":  {append(slices.Clone(all), result.Remedy{Names: []string{"settings", "memory"}}), "settings+memory"},
	} {
		if got := strings.Join(NextRemedy(priced(c.tried...), asked, over), "+"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if NextRemedy(priced(), nil, over) != nil {
		t.Error("something is tried that nobody asked for")
	}
}
