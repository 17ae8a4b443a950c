package render

import (
	"math"
	"strings"
	"testing"

	"tristore/reports/result"
)

func withBoundary(b *result.Boundary) *result.Run {
	return &result.Run{Schema: 1, ID: "x", Kind: "capacity", Split: &result.Split{AuthRate: 100, CollectionsRate: 30, SLO: result.SLO{AuthP99Ms: 200}, Boundary: b}}
}

func regular() *result.Boundary {
	return &result.Boundary{
		Quantile: "p95", LimitMs: 20, Low: 3, High: 3.3, Regular: true, Account: "as planned", BracketLow: 3.05, BracketHigh: 3.2, Wider: 1,
		Certified: []result.CertifiedLoad{{Scale: 3.05, Answer: "good", Path: "++-+++"}, {Scale: 3.2, Answer: "bad", Path: "----", Void: 1}},
		Windows: []result.BoundaryWindow{
			{Purpose: "screen", Scale: 1, Meets: true, LatencyMs: 5}, {Purpose: "certify", Scale: 3.05, Meets: true, LatencyMs: 18},
			{Purpose: "certify", Scale: 3.2, LatencyMs: 24}, {Purpose: "certify", Scale: 5}, {Purpose: "certify", Scale: 3.2, Invalid: "the generator was late"},
			{Purpose: "guard low", Scale: 3.05, LatencyMs: 30, Void: 1, Alarm: "the odds at this load changed"},
		},
	}
}

// The page shows the interval, every usable window as a dot, and the path of every load.
func TestBoundaryOnThePages(t *testing.T) {
	html := draw(t, HTML, withBoundary(regular()))
	for _, words := range []string{"between 3 and 3.3 times the measured one (auth 300 to 330/s beside collections 90 to 99/s)", "<dd>3× to 3.3×</dd>", "regular: as narrow as planned",
		"3.05× (auth 305/s, collections 92/s)", "<code>&#43;&#43;-&#43;&#43;&#43;</code>", "voided by alarm 1", "window 5 at 3.2×: the generator was late", "raised an alarm"} {
		if !strings.Contains(html, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	if kept, broken := strings.Count(html, `class="dot block"`), strings.Count(html, `class="dot block hollow"`); kept != 2 || broken != 2 {
		t.Errorf("%d windows are drawn as kept and %d as broken, wanted 2 and 2", kept, broken)
	}
	if !strings.Contains(html, `class="interval boundary"`) {
		t.Error("the interval is not drawn")
	}
	summary := draw(t, Markdown, withBoundary(regular()))
	if !strings.Contains(summary, "### The boundary") || !strings.Contains(summary, "`++−+++`") {
		t.Errorf("the summary says\n%s", summary)
	}
}

// What is not known, or is no number, is drawn by no page as if it were.
func TestBoundaryOfNothing(t *testing.T) {
	nan := math.NaN()
	for name, b := range map[string]*result.Boundary{
		"nothing":   {},
		"one end":   {Quantile: "p95", LimitMs: 20, Low: 2, Reason: "x_max", Windows: []result.BoundaryWindow{{Scale: 2, Meets: true, LatencyMs: 3}}},
		"no number": {Quantile: "p95", LimitMs: nan, Low: nan, High: nan, Wider: nan, Regular: true, Windows: []result.BoundaryWindow{{Scale: nan, LatencyMs: nan}, {Scale: math.Inf(1), LatencyMs: 1}}},
		"wild":      {LimitMs: 1e300, Low: -1, High: 1e300, Windows: []result.BoundaryWindow{{Scale: 1e-300, LatencyMs: 1}, {Scale: 2, LatencyMs: -1}, {Scale: 3, LatencyMs: 1e300}}},
		"hostile": {Quantile: "<script>", Reason: "<script>", Account: "<script>", Next: "<script>", Certified: []result.CertifiedLoad{{Answer: "<script>", Path: "<script>`|"}},
			Windows: []result.BoundaryWindow{{Purpose: "<script>", Invalid: "<script>", Scale: 1}}},
	} {
		html, summary := draw(t, HTML, withBoundary(b)), draw(t, Markdown, withBoundary(b))
		if strings.Contains(html, "<script") || strings.Contains(html, "NaN\"") || strings.Contains(html, "regular: as narrow") || strings.Contains(html, `class="interval boundary"`) && name != "wild" {
			t.Errorf("%s: the page claims or runs too much", name)
		}
		if !strings.Contains(summary, "was not found") && !strings.Contains(summary, "not regular") {
			t.Errorf("%s: the summary says\n%s", name, summary)
		}
	}
}
