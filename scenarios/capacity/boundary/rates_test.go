package boundary

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// row is one line of the table of noise that the search is proved on, and what it must reach.
type row struct{ noise, outliers, drift float64 }

var rows = []row{
	{0.05, 0.02, 0}, {0.10, 0.05, 0}, {0.20, 0.05, 0}, {0.20, 0.15, 0}, {0.10, 0.05, 0.10}, {0.35, 0.10, 0},
}

// score is what many searches of one row came to.
type score struct {
	row
	searches                   int
	naiveWrong, wrong, covers  float64
	bare, regular              float64
	windows50, windows90       int
	mostCertified              int
	naiveWindows50             int
	width50, certified, alarms float64
	reasons                    map[Reason]int
}

// What the package comment promises, held over many seeded searches of every row. A
// search without an estimate counts as wrong, and one without both ends as not covering.
func TestRates(t *testing.T) {
	searches := 2000
	if testing.Short() {
		searches = 200
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%6s %9s %6s | %10s %10s | %6s %6s %7s | %7s %9s %6s | %s\n", "noise", "outliers", "drift", "naive >5%", "ours >5%", "covers", "bare", "regular", "windows", "(naive)", "width", "certified, alarms, irregular by")
	for _, s := range scores(searches) {
		fmt.Fprintf(&table, "%5.0f%% %8.0f%% %5.0f%% | %9.2f%% %9.2f%% | %5.1f%% %5.1f%% %6.1f%% | %3d/%3d %9d %5.1f%% | %.1f %.2f %v\n",
			100*s.noise, 100*s.outliers, 100*s.drift, s.naiveWrong, s.wrong, s.covers, s.bare, s.regular, s.windows50, s.windows90, s.naiveWindows50, s.width50, s.certified, s.alarms, s.reasons)
		switch {
		case !(s.wrong <= 1):
			t.Errorf("%+v: %.2f %% are wrong by more than 5 %%, wanted at most 1 %%", s.row, s.wrong)
		case !(s.covers >= 95):
			t.Errorf("%+v: %.2f %% of the intervals hold the truth, wanted at least 95 %%", s.row, s.covers)
		case !(s.naiveWrong > s.wrong):
			t.Errorf("%+v: bisection is wrong in %.2f %%, the search in %.2f %%: nothing is gained", s.row, s.naiveWrong, s.wrong)
		case !(s.bare < s.covers):
			t.Errorf("%+v: the bare bracket holds the truth in %.2f %%, the interval in %.2f %%: the zone does nothing", s.row, s.bare, s.covers)
		case !(s.regular >= 95):
			t.Errorf("%+v: %.2f %% are regular, wanted at least 95 %%", s.row, s.regular)
		case s.mostCertified > 10:
			t.Errorf("%+v: a search certified %d loads", s.row, s.mostCertified)
		}
	}
	t.Log(table.String())
}

// scores searches many clusters of each row, the rows side by side.
func scores(searches int) []score {
	all := make([]score, len(rows))
	var working sync.WaitGroup
	for i, r := range rows {
		working.Go(func() { all[i] = r.score(searches) })
	}
	working.Wait()
	return all
}

func (r row) score(searches int) score {
	s := score{row: r, searches: searches, reasons: map[Reason]int{}}
	var windows, naives []int
	var widths []float64
	per := 100 / float64(searches)
	for seed := range uint64(searches) {
		draw := rand.New(rand.NewPCG(seed, 0x63617061636974))
		c := Simulated{Capacity: 800 + 4000*draw.Float64(), LimitMs: 20, Noise: r.noise, Outliers: r.outliers, Drift: r.drift, Seed: seed}
		truth := c.Boundary()
		got := Search(context.Background(), c.Probe(0), Standard(100, 1, 1e6))
		if off(got.Estimate(), truth) {
			s.wrong += per
		}
		if got.Interval.Both() && got.Interval.Holds(truth) {
			s.covers += per
		}
		if got.Bracket.Both() && got.Bracket.Holds(truth) {
			s.bare += per
		}
		if got.Regular {
			s.regular += per
		} else {
			s.reasons[got.Reason]++
		}
		s.certified += float64(len(got.Certified)) / float64(searches)
		s.mostCertified = max(s.mostCertified, len(got.Certified))
		s.alarms += float64(got.Alarms) / float64(searches)
		windows = append(windows, got.Windows)
		widths = append(widths, 100*(got.Interval.High/got.Interval.Low-1))
		estimate, used := naive(c.Probe(0), 100, 0.05)
		naives = append(naives, used)
		if off(estimate, truth) {
			s.naiveWrong += per
		}
	}
	slices.Sort(windows)
	slices.Sort(naives)
	slices.Sort(widths)
	s.windows50, s.windows90, s.naiveWindows50, s.width50 = windows[searches/2], windows[searches*9/10], naives[searches/2], widths[searches/2]
	return s
}

// off tells whether an estimate is wrong by more than 5 %; none is wrong too.
func off(estimate, truth float64) bool { return !(math.Abs(estimate/truth-1) <= 0.05) }

// naive is what the search is measured against: one window a load, believed.
func naive(probe Probe, start, width float64) (estimate float64, windows int) {
	meets := func(load float64) bool {
		w, _ := probe(context.Background(), load)
		windows++
		return w.Meets
	}
	low, high := start, start*rampStep
	if !meets(low) {
		return low, windows
	}
	for meets(high) {
		low, high = high, high*rampStep
	}
	for high/low > 1+width {
		if half := math.Sqrt(low * high); meets(half) {
			low = half
		} else {
			high = half
		}
	}
	return math.Sqrt(low * high), windows
}
