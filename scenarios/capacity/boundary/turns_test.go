package boundary

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"tristore/reports/stats"
)

// The gain of a cluster over another, from two searches in turns, holds the truth about as
// often as an interval of 95 % should, in every row of noise; and where there is no gain,
// none is claimed.
func TestGainRates(t *testing.T) {
	searches := 400
	if testing.Short() {
		searches = 200
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%6s %9s %6s | %8s %12s %8s | %6s\n", "noise", "outliers", "drift", "covers", "gain of none", "unknown", "width")
	lines := make([]string, len(rows))
	var working sync.WaitGroup
	for i, r := range rows {
		working.Go(func() {
			g := gains(r, searches)
			lines[i] = fmt.Sprintf("%5.0f%% %8.0f%% %5.0f%% | %7.1f%% %11.1f%% %7.1f%% | %5.1f%%\n", 100*r.noise, 100*r.outliers, 100*r.drift, g.covers, g.false1, g.unknown, g.width)
			if !(g.covers >= 95) || !(g.false1 <= 2.5) || !(g.unknown <= 10) {
				t.Errorf("%+v: of what was found, %.1f %% hold the truth and %.1f %% claim a gain of none; %.1f %% were not found", r, g.covers, g.false1, g.unknown)
			}
		})
	}
	working.Wait()
	t.Log(table.String() + strings.Join(lines, ""))
}

type gainScore struct{ covers, false1, unknown, width float64 }

func gains(r row, searches int) (g gainScore) {
	found, none := 0.0, 0.0
	for seed := range uint64(searches) {
		draw := rand.New(rand.NewPCG(seed, 0x6761696e))
		c := Simulated{Capacity: 800 + 4000*draw.Float64(), LimitMs: 20, Noise: r.noise, Outliers: r.outliers, Drift: r.drift, Seed: seed}
		truth := []float64{1, 1, 0.8, 1.1, 1.5, 2.5}[seed%6]
		plain, more := c.Beside(truth)
		both := InTurns(context.Background(), One{plain, State{Plan: Standard(100, 1, 1e6)}}, One{more, State{Plan: Standard(100, 1, 1e6)}})
		low, _, high, ok := stats.Over([2]float64{both[1].Interval.Low, both[1].Interval.High}, [2]float64{both[0].Interval.Low, both[0].Interval.High})
		if !ok || !both[0].Regular || !both[1].Regular {
			g.unknown += 100 / float64(searches)
			continue
		}
		found++
		g.width += 100 * (high/low - 1)
		if low <= truth && truth <= high {
			g.covers++
		}
		if truth == 1 {
			none++
			if low > 1 {
				g.false1++
			}
		}
	}
	g.covers, g.width, g.false1 = 100*g.covers/found, g.width/found, 100*g.false1/none
	return g
}

// Windows alternate, nothing is measured twice, and each search ends as it would have alone.
func TestInTurns(t *testing.T) {
	t.Parallel()
	var order []int
	note := func(i int, probe Probe) Probe {
		return func(ctx context.Context, load float64) (Window, error) {
			order = append(order, i)
			return probe(ctx, load)
		}
	}
	a, b := Simulated{Capacity: 900, LimitMs: 20, Noise: 0.1, Seed: 3}, Simulated{Capacity: 2000, LimitMs: 20, Noise: 0.1, Seed: 4}
	saved := State{}
	plan := Standard(100, 1, 1e6)
	plan.Save = func(s State) error { saved = s; return nil }
	got := InTurns(t.Context(), One{note(0, a.Probe(0)), State{Plan: Standard(100, 1, 1e6)}}, One{note(1, b.Probe(0)), State{Plan: plan}})
	for i := range 20 {
		if order[i] != i%2 {
			t.Fatalf("the windows were taken in the order %v", order[:20])
		}
	}
	for i, c := range []Simulated{a, b} {
		alone := Search(t.Context(), c.Probe(0), Standard(100, 1, 1e6))
		if !reflect.DeepEqual(alone.Interval, got[i].Interval) || alone.Windows != got[i].Windows || !got[i].Regular {
			t.Errorf("search %d: %s by %d windows, alone %s by %d", i, got[i].Interval, got[i].Windows, alone.Interval, alone.Windows)
		}
	}
	if len(saved.Taken) != got[1].Windows || len(order) != got[0].Windows+got[1].Windows {
		t.Errorf("%d windows saved, %d measured", len(saved.Taken), len(order))
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, r := range InTurns(stopped, One{a.Probe(0), State{Plan: Standard(100, 1, 1e6)}}, One{b.Probe(0), State{Plan: Standard(100, 1, 1e6)}}) {
		if r.Reason != ReasonInterrupted || r.Windows != 0 {
			t.Errorf("interrupted before it began: %s after %d windows", r.Reason, r.Windows)
		}
	}
	if len(InTurns(t.Context())) != 0 {
		t.Error("results of nothing")
	}
}
