package render

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"tristore/reports/result"
)

func draw(t *testing.T, page func(io.Writer, *result.Run) error, run *result.Run) string {
	t.Helper()
	var text bytes.Buffer
	if err := page(&text, run); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// hostile is a run whose every word is an attack on some page.
func hostile() *result.Run {
	const evil = "</td></script><script>alert(1)</script> & \x00\x1b[31m\ufffe | `` ``` *x* ]]> \xff"
	claim := result.Claim{ID: "EVIL-1" + evil, Area: evil, Sentence: evil, Source: evil, Domain: evil}
	return &result.Run{
		Schema: 1, ID: "evil", Kind: evil, Command: evil, Interrupted: evil, Verdict: result.Verdict{Status: result.Fail, Sentence: evil},
		Engines: []result.Engine{{Engine: evil, Title: evil, Version: evil, Reach: evil, Why: evil, Warning: evil, Trouble: evil, Verdict: result.Verdict{Sentence: evil}}},
		NotRun:  []result.NotRun{{What: evil, Why: evil}}, Claims: []result.Claim{claim},
		Findings:     []result.Finding{{Claim: claim.ID, Engine: evil, Status: result.Fail, Reason: evil, Evidence: []string{evil, "```"}}},
		Measurements: []result.Measurement{{Engine: evil, Workload: evil, Window: evil, Refused: []result.Refusal{{Reason: evil}}, Latency: result.Histogram{V2: evil}}},
		Environment: result.Environment{Host: map[string]string{evil: evil}, Asked: map[string]map[string]string{evil: {evil: evil}},
			InForce: map[string]map[string]string{evil: {"other": evil}}},
		Split: &result.Split{Engine: evil, Trouble: evil, Hardware: map[string]string{evil: evil}, Windows: []result.SplitWindow{{Cell: result.Cell(evil), Invalid: evil}}},
	}
}

func TestPagesEscapeWhatServersSay(t *testing.T) {
	html := draw(t, HTML, hostile())
	if strings.Contains(html, "<script") {
		t.Error("the HTML page holds a script from a server's words")
	}
	if err := wellFormed(draw(t, JUnit, hostile())); err != nil {
		t.Errorf("the JUnit file is not XML: %v", err)
	}
	summary := draw(t, Markdown, hostile())
	for _, forbidden := range []string{"\x00", "\x1b", "\n```\n|"} {
		if strings.Contains(summary, forbidden) {
			t.Errorf("the summary holds %q", forbidden)
		}
	}
	if !strings.Contains(summary, "````text") {
		t.Error("evidence with a fence of its own can close the summary's block")
	}
}

func wellFormed(text string) error {
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestHTMLNeedsNothingElse(t *testing.T) {
	html := draw(t, HTML, saved(t, "every-status"))
	for _, outside := range []string{"http://", "https://", "<script", "<img", "<link", "@import", "url("} {
		if strings.Contains(html, outside) {
			t.Errorf("the page holds %q", outside)
		}
	}
	ids := map[string]int{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		if ids[m[1]]++; ids[m[1]] > 1 {
			t.Errorf("id %s stands twice", m[1])
		}
	}
	links := regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(html, -1)
	if len(links) < 108 {
		t.Errorf("%d links to evidence, one for each of 108 cells wanted", len(links))
	}
	for _, m := range links {
		if ids[m[1]] == 0 {
			t.Errorf("a link leads to %s, which is not on the page", m[1])
		}
	}
}

func TestJUnitNeverLooksGreenByItself(t *testing.T) {
	for _, c := range []struct {
		name                              string
		run                               *result.Run
		suites, failures, errors, skipped int
	}{
		{"every status", saved(t, "every-status"), 6, 2, 4, 2},
		{"interrupted", saved(t, "interrupted"), 2, 0, 33, 0},
		{"empty", saved(t, "empty"), 1, 0, 1, 0},
		{"passed findings, failed verdict", &result.Run{Verdict: result.Verdict{Status: result.Fail}}, 1, 1, 0, 0},
		{"passed", &result.Run{Verdict: result.Verdict{Status: result.Pass}, Engines: []result.Engine{{Engine: "a"}},
			Claims: []result.Claim{{ID: "X"}}, Findings: []result.Finding{{Claim: "X", Engine: "a", Status: result.Pass}}}, 1, 0, 0, 0},
		{"a status of no meaning", &result.Run{Verdict: result.Verdict{Status: result.Pass}, Engines: []result.Engine{{Engine: "a"}},
			Claims: []result.Claim{{ID: "X"}}, Findings: []result.Finding{{Claim: "X", Engine: "a", Status: 99}, {Claim: "X", Engine: "a", Status: result.Pass}}}, 1, 0, 1, 0},
		{"finding missing", &result.Run{Verdict: result.Verdict{Status: result.Pass}, Engines: []result.Engine{{Engine: "a"}}, Claims: []result.Claim{{ID: "X"}}}, 1, 0, 1, 0},
	} {
		var read junitRoot
		if err := xml.Unmarshal([]byte(draw(t, JUnit, c.run)), &read); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if len(read.Suites) != c.suites || read.Failures != c.failures || read.Errors != c.errors || read.Skipped != c.skipped {
			t.Errorf("%s: %d suites, %d failures, %d errors, %d skipped; wanted %d, %d, %d, %d", c.name,
				len(read.Suites), read.Failures, read.Errors, read.Skipped, c.suites, c.failures, c.errors, c.skipped)
		}
	}
}

func TestGridShowsTheGraverOfTwoFindings(t *testing.T) {
	for _, order := range [][]result.Status{{result.Fail, result.Pass}, {result.Pass, result.Fail}} {
		run := &result.Run{}
		for _, s := range order {
			run.Findings = append(run.Findings, result.Finding{Claim: "X", Engine: "a", Status: s})
		}
		if got := gridOf(run).Rows[0].Cells[0].Finding.Status; got != result.Fail {
			t.Errorf("%v: shown as %s", order, got)
		}
	}
}

func TestUntestedFollowsWhatWasDecided(t *testing.T) {
	run := &result.Run{Engines: []result.Engine{{Engine: "mongo:7", Title: "MongoDB 7", Reach: "container"}},
		Claims:      []result.Claim{{ID: "A", Domain: "25, 41"}, {ID: "B", Domain: "30"}},
		Findings:    []result.Finding{{Claim: "A", Engine: "mongo:7", Status: result.Pass}, {Claim: "B", Engine: "mongo:7"}},
		Environment: result.Environment{InForce: map[string]map[string]string{"mongo:7": {"fsync": "off"}}}}
	missing, said := strings.Join(undecided(run), "\n"), strings.Join(untested(run), "\n")
	for text, want := range map[string]bool{"open loop": false, "after a split": false, "failover to a standby": true} {
		if strings.Contains(missing, text) != want {
			t.Errorf("%q listed as undecided: %v", text, !want)
		}
	}
	for text, want := range map[string]bool{"MongoDB itself": false, "fsync was off": true, "no load window": true, "the split was not measured": true} {
		if strings.Contains(said, text) != want {
			t.Errorf("%q said: %v", text, !want)
		}
	}
	if subjects := certifiable(); len(subjects) != 44 { // 42 lines, one of them in two halves
		t.Errorf("%d subjects, 44 wanted", len(subjects))
	}
	detects := &result.Run{Engines: run.Engines, Claims: []result.Claim{{ID: "A", Domain: "36b"}}, Findings: run.Findings[:1]}
	if open := strings.Join(undecided(detects), "\n"); strings.Contains(open, "damaged or stale backup") || !strings.Contains(open, "taken under load") {
		t.Errorf("one half of a line decided: %s", open)
	}
}

func TestPlotsStayInsideAndSurviveOddNumbers(t *testing.T) {
	odd := [][]float64{{}, {0, 0}, {1, 1}, {0.0001, 90000}, {math.NaN(), 3}, {5}}
	for _, values := range odd {
		m := result.Measurement{Window: "w"}
		for i, v := range values {
			m.Timeline = append(m.Timeline, result.Second{Second: i, Count: 1, P50: v, P99: v})
		}
		median, tail := perSecond(m)
		p := timeline(m, scaleOf(median, tail))
		for _, l := range p.Lines {
			if strings.Contains(l.Path, "NaN") || strings.Contains(l.Path, "Inf") {
				t.Errorf("%v: path %s", values, l.Path)
			}
		}
		for _, at := range append(p.X, p.Y...) {
			if math.IsNaN(at.At) || at.At < 0 || at.At > p.Width {
				t.Errorf("%v: tick at %v", values, at)
			}
		}
	}
}

func TestDecodedCurveAgreesWithStoredPercentiles(t *testing.T) {
	for _, m := range saved(t, "every-status").Measurements {
		curve, err := decode(m.Latency)
		if err != nil || len(curve) == 0 {
			t.Fatalf("%s: %d points, %v", m.Window, len(curve), err)
		}
		for i := 1; i < len(curve); i++ {
			if curve[i].ms < curve[i-1].ms {
				t.Errorf("%s: the curve falls at %v", m.Window, curve[i])
			}
		}
		for _, r := range curve {
			if math.Abs(r.x-2) < 1e-9 && math.Abs(r.ms-m.Latency.P99) > 0.01*m.Latency.P99 {
				t.Errorf("%s: p99 is %v on the curve and %v in the file", m.Window, r.ms, m.Latency.P99)
			}
		}
	}
	if _, err := decode(result.Histogram{V2: "not a histogram"}); err == nil {
		t.Error("a damaged histogram was read")
	}
}

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		span(0): "–", span(0.52): "0.5 s", span(97.3): "97 s", span(251): "4 min 11 s", span(7322): "2 h 2 min",
		milli(0.123): "0.12 ms", milli(0): "0 ms", milli(result.Unread): "not read", milli(12.34): "12.3 ms", milli(261.3): "261 ms", milli(120000): "120.0 s",
		count(4000): "4\u202f000", count(-1234567): "-1\u202f234\u202f567", count(12): "12",
		moment(time.Time{}): "not recorded", source("D+I"): "documented + inferred", source(""): "",
		plural(1, "block"): "1 block", plural(2, "block"): "2 blocks", capital("an x"): "An x", capital("Ä"): "Ä",
		code("a`b"): "`` a`b ``", inline("a|b\n<c>"): `a\|b &lt;c>`,
	} {
		if got != want {
			t.Errorf("got %q, wanted %q", got, want)
		}
	}
}

// A load run shows what its latencies may be believed by.
func TestALoadRunShowsItsProof(t *testing.T) {
	run := saved(t, "every-status")
	run.Load = &result.Load{Workload: "auth", Trouble: "cut <short>", Proof: &result.Proof{TimerP99Ms: 0.25, WarmSeconds: 6, Canaries: []result.Canary{{Name: "cpu<b>", BeforeMs: 1, AfterMs: 3}}}}
	var html, markdown bytes.Buffer
	if err := errors.Join(HTML(&html, run), Markdown(&markdown, run)); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"never became steady", "0.25 ms (p99)", "Canary cpu&lt;b&gt;", "cut &lt;short&gt;"} {
		if !strings.Contains(html.String(), words) {
			t.Errorf("%q is not in the page", words)
		}
	}
	for _, words := range []string{"steady: false", "Canary cpu&lt;b>: 1.00 ms before, 3.00 ms after", "95 % interval"} {
		if !strings.Contains(markdown.String(), words) {
			t.Errorf("%q is not in the summary", words)
		}
	}
}

// The page of a drill has its rounds, its ledger, the orders that were tried, what follows
// from them, and the drills before it; what the stores said cannot break it.
func TestDrillPage(t *testing.T) {
	took := result.DrillDumps{Arrangement: "users,permissions,collections", Seconds: 3, SkewSeconds: 2, References: 900, Dangling: 25, Shown: []string{"workspaces <b>x</b>: createdBy names user 1"}}
	run := &result.Run{ID: "a-drill", Kind: "drill", Drill: &result.Drill{Engine: "postgres:16", Under: "both", RTOSeconds: 3600, RPOSeconds: 300, Trouble: "it | stopped",
		Rounds: []result.DrillRound{
			{AskedBytes: 64 << 20, Bytes: 64 << 20, Dumps: took, Others: []result.DrillDumps{{Arrangement: "together", References: 950}}, RTOSeconds: 12, LostRows: 77, LostSeconds: 4,
				Parts: []result.DrillPart{{Name: "restore", Seconds: 9}, {Name: "indexes", Seconds: 3}}, Ledger: []result.DrillLedger{{Store: "users", Acknowledged: 123, Lost: 77}}},
			{AskedBytes: 64 << 20},
		},
		Past: []result.DrillPast{{ID: "before", RTOSeconds: 11}}}, Steps: []result.Step{{What: "dump users", Commands: []string{"pg_dump `x`"}}}}
	for name, draw := range map[string]func(io.Writer, *result.Run) error{"Markdown": Markdown, "HTML": HTML} {
		var page strings.Builder
		if err := draw(&page, run); err != nil {
			t.Fatal(err)
		}
		for _, shown := range []string{"The loss", "64 MiB", "12 s", "restore 9.0 s", "77 over 4.0 s", "123", "25 of 900", "together", "Dump in the order together", "no request was served", "before", "pg_dump", "5.33 MiB/s"} {
			if !strings.Contains(page.String(), shown) {
				t.Errorf("%s does not show %q", name, shown)
			}
		}
		if strings.Contains(page.String(), "<b>x</b>") {
			t.Errorf("%s: what a store said is obeyed", name)
		}
	}
}
