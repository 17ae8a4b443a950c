package render

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"tristore/reports/result"
)

// planned is a run whose demand reaches the boundary within the horizon, with everything
// that its page can show.
func planned() *result.Run {
	b := regular()
	b.Windows, b.Certified = nil, []result.CertifiedLoad{
		{Scale: 2.8, Answer: "good", Path: "++-++++"}, {Scale: 3.41, Answer: "bad", Path: "----"}, {Scale: 3.05, Answer: "good", Path: "+++-++"},
		{Scale: 3.2, Answer: "bad", Path: "-+----"}, {Scale: 3.12, Answer: "undecided", Path: "+-+-+-+-+-"},
	}
	for i := range 36 {
		scale := []float64{1, 1.5, 2.25, 3.38, 2.8, 3.05, 3.2, 3.41, 3.12}[i%9]
		ms := 4 * (1 + 1.5*math.Pow(scale/3.8, 4)/(1-scale/3.8)) * (1 + 0.1*float64(i*7%5-2)) * 1.9
		b.Windows = append(b.Windows, result.BoundaryWindow{Purpose: "certify", Scale: scale, Meets: ms <= 20, LatencyMs: ms, Seconds: 18})
	}
	run := withBoundary(b)
	two := *b
	two.Low, two.High = 6.1, 6.4
	g := &result.Growth{Source: result.GrowthFile, Said: "peaks.csv"}
	last := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for i := range 52 {
		scale := math.Exp(0.025*float64(i-51)) * (1 + 0.05*float64(i*7%5-2))
		g.Weeks = append(g.Weeks, result.WeekPeak{Week: last.AddDate(0, 0, 7*(i-51)).Format(time.DateOnly), AuthPerS: 100 * scale, CollectionsPerS: 30 * scale})
	}
	run.Split.TwoBoundary = &two
	run.Split.Remedies = []result.Remedy{
		{Names: []string{"settings"}, Change: "shared_buffers=102MB", Rule: "the manual's", InForce: "wal_compression=on", Conforms: true, Tried: make([]result.Observation, 10), Baseline: b,
			Boundary: &result.Boundary{Quantile: "p95", LimitMs: 20, Low: 3.5, High: 3.7, Regular: true, Windows: b.Windows}},
		{Names: []string{"read replica"}, Refused: "REVOKE fails while it is on"}, {Names: []string{"cpu"}, Absent: "no cores"}, {Names: []string{"memory"}, Trouble: "no memory"},
	}
	run.Split.Costs = &result.Costs{Unit: result.Cost{MoneyPerMonth: 200, WorkDays: 1, DowntimeMinutes: 60}, Of: map[string]result.Cost{"settings": {WorkDays: 0.5, Risk: 0.5}}}
	run.Split.Outlook = &result.Outlook{Today: "2026-03-05", Growth: g, HorizonWeeks: 52, LeadWeeks: 8, Seed: 3, Connections: &result.Connections{Gateway: 3, Workspaces: 3, Events: 3, Runtime: 3, Workers: 3, PoolMin: 2, PoolMax: 10, Max: 500, Reserved: 3}}
	return run
}

// The page says when, shows the fan with its backtest and the walks of the test, and says
// of what no window can tell that it was not tested.
func TestFutureOnThePages(t *testing.T) {
	t.Parallel()
	html, summary := draw(t, HTML, planned()), draw(t, Markdown, planned())
	for _, words := range []string{"PLAN_SPLIT", "Begin the split by 2026-", "When demand gets there", "held-out weeks lay in their band of 80 %", `class="curve band"`, `class="curve held"`, `class="curve limit"`,
		"Boundary reached", "Growth that just reaches it", "42 pools", "settings", "REVOKE fails while it is on", "Before a split", "10 claims passed with it on", "shared_buffers=102MB", "not tried: no cores", "were not tried with it on, since the measurement stopped: no memory", "which is a guess and not yours", "with the remedy on", "promise -20 %: auth p95 of at most 16 ms", "not tested, enclosed by more of either load never helping",
		"The boundary of two clusters", `class="curve bad"`, "No certificate: the latencies of its windows were not kept"} {
		if !strings.Contains(html, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	if at := strings.Index(html, "PLAN_SPLIT"); at < 0 || at > strings.Index(html, "When demand gets there") {
		t.Error("the sentence does not come first")
	}
	for _, words := range []string{"### When demand gets there", "| Instead of a split |", "### Before a split", "Costs: By the shipped default", "| If it were |", "### The boundary of two clusters", "Begin by: 2026-"} {
		if !strings.Contains(summary, words) {
			t.Errorf("the summary lacks %q", words)
		}
	}
}

// Whatever stands in a file, no page claims a week or draws a number that is none.
func TestFutureOfNothing(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, change := range map[string]func(*result.Split){
		"no growth":     func(s *result.Split) { s.Outlook.Growth = nil },
		"no boundary":   func(s *result.Split) { s.Boundary, s.TwoBoundary = nil, nil },
		"no dates":      func(s *result.Split) { s.Outlook.Today = "<script>" },
		"bad weeks":     func(s *result.Split) { s.Outlook.Growth.Weeks[3].Week = "<script>" },
		"no number":     func(s *result.Split) { s.Outlook.Growth.Weeks[3].AuthPerS = nan; s.Outlook.Headroom = nan },
		"wild":          func(s *result.Split) { s.Outlook.HorizonWeeks, s.AuthRate, s.Boundary.Low = 1e9, 1e-300, nan },
		"long paths":    func(s *result.Split) { s.Boundary.Certified[0].Path = strings.Repeat("<", 3000) },
		"hostile words": func(s *result.Split) { s.Outlook.Growth.Said, s.Remedies[0].Names[0] = "<script>", "<script>|`" },
	} {
		run := planned()
		change(run.Split)
		for _, page := range []string{draw(t, HTML, run), draw(t, Markdown, run)} {
			if strings.Contains(page, "<script") || strings.Contains(page, "NaN") && name != "wild" && name != "no number" || strings.Contains(page, `"M NaN`) {
				t.Errorf("%s: the page runs or claims too much", name)
			}
		}
		if name == "no growth" && !strings.Contains(draw(t, HTML, run), "no growth was given") {
			t.Errorf("%s: it is not said", name)
		}
	}
	if _, drawn := walks(&result.Boundary{}); drawn {
		t.Error("walks of nothing are drawn")
	}
	if got := fmt.Sprint(interval(0, 2)); got != "unknown to 2×" {
		t.Error(got)
	}
}
