package advice

import (
	"strings"
	"testing"

	"tristore/reports/result"
)

var ground = result.Ground{Version: "16.4", CPUs: 2, MemoryBytes: 512 << 20, Profile: "v27", Mix: "heavy, bulks of 200 rows", Data: "modest"}

// test builds a test of interference whose arms show these p95 in every block; an arm of
// dose 0 has no collections.
func test(of result.Test, arms []result.Arm, p95 ...float64) result.Interference {
	on := ground
	t := result.Interference{Engine: "postgres:16", Reach: "embedded", Test: of, AuthRate: 100, CollectionsRate: 30, Cores: 2, Ground: &on, Arms: arms, Run: string(of)}
	for block := range 12 {
		for i, arm := range arms {
			m := func(rate float64) *result.Measurement {
				return &result.Measurement{Offered: rate, Counts: result.Counts{Due: 300, Committed: 300}, Latency: result.Histogram{Count: 300, P95: p95[i] * (1 + 0.01*float64(block%3))}}
			}
			w := result.ArmWindow{Block: block, Arm: arm.Name, Auth: m(100)}
			if arm.Dose > 0 {
				w.Collections = m(30 * arm.Dose)
			}
			t.Windows = append(t.Windows, w)
		}
	}
	return t
}

func doseTest(full float64) result.Interference {
	return test(result.DoseTest, []result.Arm{{Name: "0 %"}, {Name: "100 %", Dose: 1}}, 10, 10*full)
}

func growthTest(most float64) result.Interference {
	return test(result.GrowthTest, []result.Arm{{Name: "small", Dose: 1, Bytes: 1, CacheBytes: 4}, {Name: "large", Dose: 1, Bytes: 16, CacheBytes: 4}}, 10, 10*most)
}

// causesTest has an interference of 4, and with the change on of 4 over moved.
func causesTest(channel string, moved float64) result.Interference {
	return test(result.CausesTest, []result.Arm{{Name: "alone"}, {Name: "both", Dose: 1}, {Name: "alone, changed", Channel: channel, Change: "the change"}, {Name: "both, changed", Dose: 1, Channel: channel, Change: "the change"}},
		10, 40, 10, 40/moved)
}

// handed is an outlooked split with tests beside it.
func handed(monthly float64, cells [3]float64, all ...result.Interference) *result.Split {
	split := outlooked(monthly)
	on := ground
	split.Engine, split.Reach, split.Ground, split.Tests = "postgres:16", "embedded", &on, all
	split.Windows = measured(9, cells[0], cells[1], cells[2]).Windows
	return split
}

// What a test of interference changes in the verdict, and what it leaves alone.
func TestTestsOfInterference(t *testing.T) {
	t.Parallel()
	quiet, hurts, useless := [3]float64{50, 60, 55}, [3]float64{20, 60, 30}, [3]float64{20, 60, 70}
	for name, c := range map[string]struct {
		split *result.Split
		want  Verdict
		says  string // in the sentence
		next  string // in the cheapest next step
	}{
		"isolate, and the dose says so":        {handed(0.06, hurts, doseTest(3)), Isolate, "The dose test says so too", "tristore interference causes"},
		"isolate, and no cause found":          {handed(0.06, hurts, doseTest(3), causesTest("cache", 1)), Isolate, "says so too", "hardware that is planned"},
		"flip: the dose contradicts":           {handed(0.06, hurts, doseTest(1)), Inconclusive, "contradict each other", "more blocks"},
		"flip: useless and the dose":           {handed(0.06, useless, doseTest(1)), Inconclusive, "contradict each other", "more blocks"},
		"isolate, a cause that is a setting":   {handed(0.06, hurts, causesTest("cache", 3)), Isolate, "It goes through cache", "before a second cluster"},
		"isolate, a cause that is not enough":  {handed(0.06, hurts, causesTest("cache", 1.5)), Isolate, "does not show", "before a second cluster"},
		"isolate, vacuum is no remedy":         {handed(0.06, hurts, causesTest("vacuum", 3)), Isolate, "cluster of their own", "hold the auth rate"},
		"flip: the missing index first":        {handed(0.06, hurts, causesTest("index", 3)), RemedyFirst, "Make the indexes first", "make them where"},
		"the index is not enough":              {handed(0.06, hurts, causesTest("index", 1.5)), Isolate, "does not show", "before a second cluster"},
		"useless, but for the index":           {handed(0.06, useless, causesTest("index", 3)), RemedyFirst, "Make the indexes first", "make them where"},
		"not needed, data untested":            {handed(0.06, quiet, doseTest(1)), NotNeeded, "was not tested", "interference growth"},
		"not needed, and flat in the data":     {handed(0.06, quiet, growthTest(1)), NotNeeded, "more data does not slow it", "interference growth"},
		"flip: not needed, but grows":          {handed(0.06, quiet, growthTest(3)), Inconclusive, "the boundary falls as data grows", "--conversations"},
		"remedy first, and data nearer":        {handed(0.09, quiet, growthTest(3)), RemedyFirst, "More data brings it nearer", ""},
		"plan, and data nearer":                {handed(0.11, quiet, growthTest(3)), PlanSplit, "More data brings it nearer", ""},
		"no remedy measured: begin with that":  {without(handed(0.09, quiet, causesTest("connections", 3))), Inconclusive, "no remedy", "measure what the change buys"},
		"broken: begin with that":              {handed(0.06, [3]float64{90, 270, 100}, causesTest("cache", 3)), Inconclusive, "promise is broken", "measure what the change buys"},
		"quiet and far: a cause is no remedy":  {handed(0.06, quiet, causesTest("cache", 3)), NotNeeded, "enough", ""},
		"an undecided dose changes nothing":    {handed(0.06, hurts, fewer(doseTest(1))), Isolate, "cluster of their own", "hold the auth rate"},
		"a dose of another engine is not read": {handed(0.06, hurts, other(doseTest(1))), Isolate, "cluster of their own", "hold the auth rate"},
	} {
		a := Of(c.split)
		if a.Verdict != c.want || !strings.Contains(a.Sentence, c.says) || !strings.Contains(a.CheapestNext, c.next) || len(a.Tests) != len(c.split.Tests) {
			t.Errorf("%s: %s: %s; next %s; %d tests", name, a.Verdict, a.Sentence, a.CheapestNext, len(a.Tests))
		}
	}
}

func without(s *result.Split) *result.Split { s.Remedies = nil; return s }

func fewer(t result.Interference) result.Interference { t.Windows = t.Windows[:4]; return t }

func other(t result.Interference) result.Interference { t.Engine = "postgres:12"; return t }

// A test that ran on anything else is refused by what differs.
func TestUnfit(t *testing.T) {
	t.Parallel()
	split := handed(0.06, [3]float64{50, 60, 55})
	for says, change := range map[string]func(*result.Interference){
		"":                      func(*result.Interference) {},
		"another engine":        func(i *result.Interference) { i.Engine = "postgres:12" },
		"another reach":         func(i *result.Interference) { i.Reach = "container" },
		"another version: 16.3": func(i *result.Interference) { i.Ground.Version = "16.3" },
		"another cores":         func(i *result.Interference) { i.Ground.CPUs = 4 },
		"bytes of memory":       func(i *result.Interference) { i.Ground.MemoryBytes = 1 },
		"auth arrivals":         func(i *result.Interference) { i.AuthRate = 200 },
		"collections arrivals":  func(i *result.Interference) { i.CollectionsRate = 60 },
		"profile of auth":       func(i *result.Interference) { i.Ground.Profile = "v28" },
		"mix of collections":    func(i *result.Interference) { i.Ground.Mix = "everyday" },
		"another data set":      func(i *result.Interference) { i.Ground.Data = "large" },
		"built into it":         func(i *result.Interference) { i.Prepared = "missing-index" },
		"was not finished":      func(i *result.Interference) { i.Trouble = "the disk is full" },
		"was not kept":          func(i *result.Interference) { i.Ground = nil },
	} {
		test := doseTest(2)
		change(&test)
		if why := Unfit(split, &test); (says == "") != (why == "") || !strings.Contains(why, says) {
			t.Errorf("%q: %q", says, why)
		}
	}
	grown := growthTest(1)
	grown.Ground.MemoryBytes, grown.Ground.Data = 128<<20, "of its own"
	if why := Unfit(split, &grown); why != "" {
		t.Errorf("a growth test has data of its own: %s", why)
	}
	split.Ground.Version = "" // nothing ran yet
	if test := doseTest(2); Unfit(split, &test) != "" {
		t.Error("a version that is not known yet was compared")
	}
}
