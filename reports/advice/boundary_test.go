package advice

import (
	"strings"
	"testing"

	"tristore/reports/result"
)

func searched(low, high float64, regular bool) *result.Boundary {
	b := &result.Boundary{Quantile: "p95", LimitMs: 20, Low: low, High: high, Regular: regular, Wider: 3.5, Windows: make([]result.BoundaryWindow, 33)}
	if !regular {
		b.Reason = "budget"
	}
	return b
}

func TestBoundary(t *testing.T) {
	for name, c := range map[string]struct {
		boundary *result.Boundary
		found    bool
		says     string
	}{
		"room to grow":         {searched(3, 3.2, true), true, "between 3 and 3.2 times the measured one (auth 300 to 320/s beside collections 90 to 96/s); the measured load may grow by 200 %"},
		"beyond":               {searched(0.5, 0.6, true), true, "lies beyond it"},
		"at it":                {searched(0.97, 1.05, true), true, "is at it"},
		"not regular":          {searched(2, 4, false), false, "not regular (budget)"},
		"only kept":            {searched(2, 0, false), false, "2 times the measured load is kept"},
		"only broken":          {searched(0, 4, false), false, "4 times the measured load breaks it"},
		"nothing":              {searched(0, 0, false), false, "was not found (budget)"},
		"regular without end":  {searched(2, 0, true), false, "was not found"},
		"regular upside down":  {searched(4, 2, true), false, "was not found"},
		"regular of no window": {&result.Boundary{Regular: true, Low: 1, High: 2, LimitMs: 20}, false, "not regular"},
	} {
		split := measured(9, 55, 60, 60)
		split.Boundary = c.boundary
		a := Of(split)
		if Found(c.boundary) != c.found || !strings.Contains(a.Boundary, c.says) {
			t.Errorf("%s: found %t, %q", name, Found(c.boundary), a.Boundary)
		}
		// A boundary alone never says that nothing needs to be done.
		if a.Verdict != Inconclusive {
			t.Errorf("%s: %s", name, a.Verdict)
		}
		asked := !strings.Contains(strings.Join(a.NotAsked, "; "), "at which load the promise breaks")
		grows := strings.Contains(a.CheapestNext, "growth says when")
		if asked != c.found || grows != c.found {
			t.Errorf("%s: not asked %q, next %q", name, a.NotAsked, a.CheapestNext)
		}
	}
	if a := Of(measured(9, 55, 60, 60)); a.Boundary != "" || Found(nil) {
		t.Errorf("a boundary that was not searched: %q", a.Boundary)
	}
}
