package advice

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"tristore/reports/result"
)

// measured builds a split of which every block shows auth p99 values, in milliseconds,
// of auth alone, together on one cluster, together on two. Blocks differ by up to 6 %.
func measured(blocks int, alone, shared, apart float64) *result.Split {
	split := &result.Split{AuthRate: 100, CollectionsRate: 30, SLO: result.SLO{AuthP99Ms: 200}, AgreedInterference: 2}
	for block := range blocks {
		shake := 1 + 0.06*float64(block%3-1)
		for _, w := range []struct {
			cell result.Cell
			p99  float64
		}{{result.AuthAlone, alone}, {result.CollectionsAlone, 0}, {result.SharedCluster, shared * shake}, {result.SplitClusters, apart}} {
			window := result.SplitWindow{Block: block, Cell: w.cell}
			if w.cell != result.CollectionsAlone {
				window.Auth = window100(w.p99)
			}
			if w.cell != result.AuthAlone {
				window.Collections = &result.Measurement{Offered: 30, Latency: result.Histogram{Count: 90, P99: 40}}
			}
			split.Windows = append(split.Windows, window)
		}
	}
	return split
}

func window100(p99 float64) *result.Measurement {
	return &result.Measurement{Offered: 100, Counts: result.Counts{Due: 300, Committed: 300}, Latency: result.Histogram{Count: 300, P99: p99}}
}

// The rules, each with what makes it flip. SLO 200 ms, agreed interference 2.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		name                 string
		alone, shared, apart float64
		want                 Verdict
		says                 string
	}{
		{"isolate: promise kept, 3 times slower, split cures", 20, 60, 30, Isolate, "cluster of their own"},
		{"flip: interference below the agreed factor", 35, 60, 30, Inconclusive, "no growth was forecast"},
		{"flip: interference straddles the agreed factor", 30, 60, 30, Inconclusive, "straddles"},
		{"flip: the gain straddles 1", 20, 60, 60, Inconclusive, "straddles"},
		{"flip: the gain is real but next to nothing", 20, 60, 61.5, SplitUseless, "does not help"},
		{"flip: the split does not help", 20, 60, 70, SplitUseless, "does not help"},
		{"flip: the promise is broken", 90, 270, 100, Inconclusive, "a second cluster helps"},
		{"useless: broken promise, no gain", 180, 270, 290, SplitUseless, "does not help"},
		{"flip: broken promise, the gain straddles none", 180, 270, 265, Inconclusive, "straddles"},
		{"flip: nothing to cure, no gain", 50, 60, 70, Inconclusive, "no growth was forecast"},
		{"the promise straddles", 150, 200, 100, Inconclusive, "straddles"},
		{"quiet: faster beside collections", 60, 50, 50, Inconclusive, "no growth was forecast"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := Of(measured(9, c.alone, c.shared, c.apart))
			if a.Verdict != c.want || !strings.Contains(a.Sentence, c.says) {
				t.Errorf("%s: %s\n%+v", a.Verdict, a.Sentence, a)
			}
			if a.CheapestNext == "" || a.Refutes == "" || len(a.NotAsked) == 0 || a.Blocks != 9 {
				t.Errorf("nothing to do next, nothing that refutes, or %d blocks", a.Blocks)
			}
		})
	}
}

// Whatever the numbers, nobody is told that nothing is needed: no growth was asked.
func TestNothingNeededIsNeverSaid(t *testing.T) {
	for _, shared := range []float64{1, 10, 20, 50, 199, 201, 1000} {
		for _, apart := range []float64{1, 20, 500} {
			switch a := Of(measured(12, 20, shared, apart)); a.Verdict {
			case Isolate, SplitUseless, Inconclusive:
			default:
				t.Errorf("shared %g, apart %g: %q", shared, apart, a.Verdict)
			}
		}
	}
}

// What spoils a clear measurement must take the verdict away.
func TestWhatMakesAMeasurementUnusable(t *testing.T) {
	clear := func() *result.Split { return measured(6, 20, 60, 30) }
	if got := Of(clear()); got.Verdict != Isolate {
		t.Fatalf("the clear case is %s: %s", got.Verdict, got.Sentence)
	}
	for name, spoil := range map[string]func(*result.Split){
		"no blocks":             func(s *result.Split) { s.Windows = nil },
		"five blocks":           func(s *result.Split) { s.Windows = s.Windows[:5*4] },
		"no agreed limit":       func(s *result.Split) { s.AgreedInterference = 0 },
		"a limit that is NaN":   func(s *result.Split) { s.AgreedInterference = math.NaN() },
		"no promise":            func(s *result.Split) { s.SLO.AuthP99Ms = 0 },
		"one cell invalid":      func(s *result.Split) { s.Windows[0].Invalid = "the generator was late" },
		"no samples":            func(s *result.Split) { s.Windows[2].Auth.Latency.Count = 0 },
		"a missing measurement": func(s *result.Split) { s.Windows[3].Collections = nil },
		"clipped samples":       func(s *result.Split) { s.Windows[2].Auth.Latency.Clipped = 1 },
		"another rate":          func(s *result.Split) { s.Windows[2].Auth.Offered = 50 },
		"p99 of nothing":        func(s *result.Split) { s.Windows[2].Auth.Latency.P99 = math.NaN() },
		"shared requests fail": func(s *result.Split) {
			for i := range s.Windows {
				if s.Windows[i].Cell == result.SharedCluster {
					s.Windows[i].Auth.Counts.Committed -= 10
				}
			}
		},
	} {
		split := clear()
		spoil(split)
		if a := Of(split); a.Verdict == Isolate {
			t.Errorf("%s: still %s", name, a.Verdict)
		}
	}
	if a := Of(nil); a.Verdict != Inconclusive || a.CheapestNext == "" {
		t.Errorf("nothing measured: %+v", a)
	}
}

// Losing windows is not neutral: those of the busiest cell go first.
func TestManyInvalidWindowsTakeTheVerdictAway(t *testing.T) {
	split := measured(12, 20, 60, 30)
	for block := range 12 {
		if block < 6 {
			split.Windows[block*4+2].Invalid = "the generator was late"
		}
	}
	a := Of(split)
	if a.Verdict != Isolate || a.InvalidWindows != 6 || len(a.InvalidReasons) != 1 || a.Blocks != 6 {
		t.Errorf("6 of 48 invalid: %s, %d invalid for %v, %d blocks", a.Verdict, a.InvalidWindows, a.InvalidReasons, a.Blocks)
	}
	for block := range 6 {
		for cell := range 2 {
			split.Windows[block*4+cell].Invalid = "another reason"
		}
	}
	if a := Of(split); a.Verdict != Inconclusive || !strings.Contains(a.Sentence, "18 of 48 windows are invalid") {
		t.Errorf("18 of 48 invalid: %s: %s", a.Verdict, a.Sentence)
	}
}

func TestTroubleIsSaid(t *testing.T) {
	split := measured(2, 20, 60, 30)
	split.Trouble = "interrupted"
	if a := Of(split); !strings.Contains(a.Sentence, "2 whole blocks were measured and 6 are needed") || !strings.Contains(a.Sentence, "interrupted") {
		t.Error(a.Sentence)
	}
}

func TestMoreBlocksIsAnIntegerOfUse(t *testing.T) {
	a := Of(measured(9, 31, 63, 30))
	if a.Verdict != Inconclusive || !strings.HasPrefix(a.CheapestNext, "repeat with about ") {
		t.Fatalf("%s: %s", a.Verdict, a.CheapestNext)
	}
	var blocks int
	if _, err := fmt.Sscanf(a.CheapestNext, "repeat with about %d blocks", &blocks); err != nil || blocks < 18 || blocks > 100 {
		t.Errorf("%q", a.CheapestNext)
	}
}

func TestAWindowMeasuredTwiceInABlockCountsOnce(t *testing.T) {
	split := measured(6, 20, 60, 30)
	split.Windows = append(split.Windows, result.SplitWindow{Block: 0, Cell: result.AuthAlone, Auth: window100(20)})
	if a := Of(split); a.Blocks != 6 || a.Interference.Blocks != 6 || a.Verdict != Isolate {
		t.Errorf("%d blocks: %s", a.Blocks, a.Verdict)
	}
}
