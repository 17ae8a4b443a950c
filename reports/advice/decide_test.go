package advice

import (
	"math"
	"strings"
	"testing"

	"tristore/reports/result"
)

// outlooked is a quiet cluster (promise kept, interference 1.2 of 2 agreed) whose boundary
// lies at 3 to 3.2 times the load, with demand that grows by so much a month, one remedy
// and the boundary of two clusters.
func outlooked(monthly float64) *result.Split {
	split := measured(9, 50, 60, 55)
	split.Boundary, split.TwoBoundary = searched(3, 3.2, true), searched(6, 6.4, true)
	split.Remedies = []result.Remedy{bought("settings", 3.6, 3.8)}
	split.Remedies[0].Baseline = searched(3, 3.2, true)
	split.Outlook = &result.Outlook{Today: "2026-03-02", HorizonWeeks: 52, LeadWeeks: 8, Seed: 1, Growth: &result.Growth{Source: result.GrowthRate, Said: "6%/month", LowPerMonth: monthly, HighPerMonth: monthly}}
	return split
}

// bought is a remedy that breaks no claim, measured beside a cluster that breaks at 1 to 1.02 times the load.
func bought(name string, low, high float64) result.Remedy {
	return result.Remedy{Names: strings.Split(name, "+"), Conforms: true, Baseline: searched(1, 1.02, true), Boundary: searched(low, high, true)}
}

// decision is an outlook, what is changed of it, and what is to be said then.
type decision struct {
	monthly float64
	change  func(*result.Split)
	want    Verdict
	says    string
}

// decisions are every rule, and what flips it. At 6 % a month demand is 2.24 times today's at the end of
// reach (60 weeks), at 9 % 3.3, at 11 % 4.2 times.
func decisions() map[string]decision {
	return map[string]decision{
		"not needed":                       {0.06, func(*result.Split) {}, NotNeeded, "does not move the boundary, which was not tested"},
		"demand that shrinks":              {-0.01, func(*result.Split) {}, NotNeeded, "not within 60 weeks"},
		"remedies are not asked when far":  {0.06, func(s *result.Split) { s.Remedies, s.TwoBoundary = nil, nil }, NotNeeded, "enough"},
		"kept as far as asked":             {0.06, func(s *result.Split) { s.Boundary, s.Remedies, s.TwoBoundary = kept(), nil, nil }, NotNeeded, "beyond 3 times"},
		"flip: asked less than comes":      {0.09, func(s *result.Split) { s.Boundary = kept() }, Inconclusive, "no more was asked"},
		"flip: kept, and not certified":    {0.06, func(s *result.Split) { s.Boundary = kept(); s.Boundary.Certified[0].Answer = "undecided" }, Inconclusive, "x_max"},
		"flip: certified lower":            {0.06, func(s *result.Split) { s.Boundary = kept(); s.Boundary.Certified[0].Scale = 2 }, Inconclusive, "x_max"},
		"flip: certified before a change":  {0.06, func(s *result.Split) { s.Boundary = kept(); s.Boundary.Certified[0].Void = 1 }, Inconclusive, "x_max"},
		"flip: hurts, kept as far":         {0.06, func(s *result.Split) { s.Boundary = kept(); s.Windows = measured(9, 20, 60, 30).Windows }, Isolate, "cluster of their own"},
		"flip: headroom brings it near":    {0.06, func(s *result.Split) { s.Outlook.Headroom = 0.5 }, RemedyFirst, "settings"},
		"flip: hurts already":              {0.06, func(s *result.Split) { s.Windows = measured(9, 20, 60, 30).Windows }, Isolate, "cluster of their own"},
		"flip: hurts and nothing cures":    {0.06, func(s *result.Split) { s.Windows = measured(9, 20, 60, 70).Windows }, SplitUseless, "does not help"},
		"flip: the promise is broken":      {0.06, func(s *result.Split) { s.Windows = measured(9, 200, 270, 265).Windows }, Inconclusive, ""},
		"flip: interference straddles":     {0.06, func(s *result.Split) { s.Windows = measured(9, 30, 60, 30).Windows }, Inconclusive, "straddles"},
		"flip: too few blocks":             {0.06, func(s *result.Split) { s.Windows = s.Windows[:4*4] }, Inconclusive, "4 whole blocks"},
		"flip: full pools do not fit":      {0.06, func(s *result.Split) { s.Outlook.Connections = pods(2, 3, 100) }, RemedyFirst, "smaller pools"},
		"pods that fit":                    {0.06, func(s *result.Split) { s.Outlook.Connections = pods(2, 1, 500) }, NotNeeded, "enough"},
		"idle pods do not fit":             {0.12, func(s *result.Split) { s.Outlook.Connections = pods(4, 3, 100) }, RemedyFirst, "PgBouncer"},
		"remedy first":                     {0.09, func(*result.Split) {}, RemedyFirst, "in this order: settings (1."},
		"flip: the remedy breaks a claim":  {0.09, func(s *result.Split) { s.Remedies[0].Refused = "UNIQ-1 fails" }, Inconclusive, "UNIQ-1 fails"},
		"flip: claims were not tried":      {0.09, func(s *result.Split) { s.Remedies[0].Conforms = false }, Inconclusive, "not tried with it on"},
		"flip: its boundary was not found": {0.09, func(s *result.Split) { s.Remedies[0].Boundary.Regular = false }, Inconclusive, "was not found"},
		"flip: of another promise":         {0.09, func(s *result.Split) { s.Remedies[0].Boundary.LimitMs = 30 }, Inconclusive, "of different promises"},
		"flip: both of another promise": {0.09, func(s *result.Split) {
			s.Remedies[0].Boundary.LimitMs, s.Remedies[0].Baseline.LimitMs = 30, 30
		}, Inconclusive, "another promise"},
		"flip: no baseline beside it":  {0.09, func(s *result.Split) { s.Remedies[0].Baseline = nil }, Inconclusive, "its gain is not known"},
		"flip: baseline not found":     {0.09, func(s *result.Split) { s.Remedies[0].Baseline.Regular = false }, Inconclusive, "its gain is not known"},
		"flip: the machine changed":    {0.09, func(s *result.Split) { s.Remedies[0].Baseline = searched(2, 2.1, true) }, Inconclusive, "the machine changed"},
		"flip: could not be made here": {0.09, func(s *result.Split) { s.Remedies[0].Absent = "no cores" }, Inconclusive, "not tried: no cores"},
		"flip: the gain may be none":   {0.087, func(s *result.Split) { s.Remedies[0].Boundary = searched(3.05, 3.3, true) }, PlanSplit, "none of what was tried carries surely more"},
		"flip: no remedy":              {0.09, func(s *result.Split) { s.Remedies = nil }, Inconclusive, "no remedy"},
		"no remedy, but it hurts": {0.09, func(s *result.Split) {
			s.Remedies, s.Windows = nil, measured(9, 20, 60, 30).Windows
		}, Isolate, "Beyond that, demand"},
		"plan":                           {0.11, func(*result.Split) {}, PlanSplit, "Begin the split by 2027-"},
		"a remedy that makes it worse":   {0.11, func(s *result.Split) { s.Remedies[0].Boundary = searched(2, 2.1, true) }, PlanSplit, "none of what was tried"},
		"plan at once":                   {1.2, func(*result.Split) {}, PlanSplit, "at once"},
		"flip: two clusters not known":   {0.11, func(s *result.Split) { s.TwoBoundary = nil }, Inconclusive, "whether two clusters carry more was not found"},
		"flip: two clusters not found":   {0.11, func(s *result.Split) { s.TwoBoundary.Regular = false }, Inconclusive, "was not found"},
		"flip: two of another promise":   {0.11, func(s *result.Split) { s.TwoBoundary.Quantile = "p99" }, Inconclusive, "was not found"},
		"flip: two carry little more":    {0.11, func(s *result.Split) { s.TwoBoundary = searched(4, 4.2, true) }, Inconclusive, "not clearly 1.2"},
		"useless: two carry as much":     {0.11, func(s *result.Split) { s.TwoBoundary = searched(3.7, 3.9, true) }, SplitUseless, "partitioned"},
		"useless: two carry less":        {0.11, func(s *result.Split) { s.TwoBoundary = searched(2, 2.2, true) }, SplitUseless, "partitioned"},
		"now":                            {0.02, beyond, SplitNow, "Split now"},
		"flip: now, and no gain":         {0.02, func(s *result.Split) { beyond(s); s.TwoBoundary = searched(0.5, 0.55, true) }, SplitUseless, "partitioned"},
		"flip: only inside the boundary": {0.02, func(s *result.Split) { beyond(s); s.Remedies[0].Boundary = searched(0.9, 1.1, true) }, PlanSplit, "at once"},
		"undated":                        {0.087, func(s *result.Split) { s.Boundary = searched(3, 6.3, true) }, Inconclusive, "too unlikely to plan by"},
		"no boundary":                    {0.06, func(s *result.Split) { s.Boundary = nil }, Inconclusive, "was not searched"},
		"irregular":                      {0.06, func(s *result.Split) { s.Boundary = searched(3, 3.2, false) }, Inconclusive, "not found (budget)"},
		"no growth":                      {0.06, func(s *result.Split) { s.Outlook.Growth = nil }, Inconclusive, "no growth was given"},
		"no lead time":                   {0.06, func(s *result.Split) { s.Outlook.LeadWeeks = 0 }, Inconclusive, "how long a split takes"},
		"no horizon":                     {0.06, func(s *result.Split) { s.Outlook.HorizonWeeks = -8 }, Inconclusive, "is none"},
		"a headroom that is none":        {0.06, func(s *result.Split) { s.Outlook.Headroom = math.NaN() }, Inconclusive, "give no date"},
		"growth that cannot be foretold": {0.06, func(s *result.Split) { s.Outlook.Growth = &result.Growth{Source: result.GrowthFile} }, Inconclusive, "no weekly peaks"},
	}
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	for name, c := range decisions() {
		split := outlooked(c.monthly)
		c.change(split)
		a := Of(split)
		if a.Verdict != c.want || !strings.Contains(a.Sentence, c.says) {
			t.Errorf("%s: %s: %s", name, a.Verdict, a.Sentence)
		}
		if a.CheapestNext == "" || a.Refutes == "" || !a.Future.Asked {
			t.Errorf("%s: nothing to do next, or nothing that refutes: %+v", name, a)
		}
		if (a.Future.By != "") != (a.Verdict == PlanSplit) {
			t.Errorf("%s: %s by %q", name, a.Verdict, a.Future.By)
		}
	}
}

// kept is a search that was asked to look no further than to three times the load, which is kept.
func kept() *result.Boundary {
	b := searched(3, 0, false)
	b.Reason, b.Certified = "x_max", []result.CertifiedLoad{{Scale: 3, Answer: "good", Path: "++++"}}
	return b
}

// beyond puts every boundary below today's demand.
func beyond(s *result.Split) {
	s.Boundary, s.TwoBoundary = searched(0.7, 0.75, true), searched(1.5, 1.6, true)
	s.Remedies[0].Baseline, s.Remedies[0].Boundary = searched(0.7, 0.75, true), searched(0.8, 0.85, true)
}

func pods(each, workers, most int) *result.Connections {
	return &result.Connections{Gateway: each, Workspaces: each, Events: each, Runtime: each, Workers: workers, PoolMin: 2, PoolMax: 10, Max: most, Reserved: 3}
}

// The table of the platform's fact sheet.
func TestSlots(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ each, workers, users, permissions, collections, floor, most int }{
		{2, 1, 4, 8, 4, 32, 160}, {2, 3, 4, 12, 12, 56, 280}, {4, 3, 8, 24, 24, 112, 560}, {2, 4, 4, 14, 16, 68, 340}, {5, 4, 10, 35, 40, 170, 850},
	} {
		s := slotsOf(pods(c.each, c.workers, 100))
		if s.Users != c.users || s.Permissions != c.permissions || s.Collections != c.collections || s.Floor != c.floor || s.Cap != c.most {
			t.Errorf("%+v: %+v", c, s)
		}
		if s.Exhausted() != (c.floor > 97) || !s.Critical() || !strings.Contains(s.String(), "not for a split") {
			t.Errorf("%+v: %s", c, s)
		}
	}
	if none := slotsOf(nil); none.Exhausted() || none.Critical() || none.String() != "" {
		t.Errorf("no pods: %+v", none)
	}
	if s := slotsOf(pods(2, 1, 223)); s.Critical() || !strings.Contains(s.String(), "warning mark") {
		t.Errorf("160 of 220: %s", s)
	}
}

// Demand read from a file decides as a stated rate does, with its backtest in the sentence.
func TestDecisionFromWeeks(t *testing.T) {
	t.Parallel()
	split := outlooked(0)
	g := &result.Growth{Source: result.GrowthFile, Said: "peaks.csv"}
	for i := range 52 {
		week := dateIn("2026-03-02", i-51)
		shake := 1 + 0.03*float64(i*7%5-2)
		g.Weeks = append(g.Weeks, result.WeekPeak{Week: week, AuthPerS: 100 * math.Exp(0.01*float64(i-51)) * shake})
	}
	split.Outlook.Growth = g
	a := Of(split)
	if a.Verdict != NotNeeded || !strings.Contains(a.Sentence, "held-out weeks lay") || a.Future.Forecast.Backtest == nil {
		t.Errorf("%s: %s", a.Verdict, a.Sentence)
	}
	for i := range g.Weeks {
		g.Weeks[i].AuthPerS *= math.Exp(0.015 * float64(i-51))
	}
	if a := Of(split); a.Verdict != PlanSplit {
		t.Errorf("grown: %s: %s", a.Verdict, a.Sentence)
	}
}
