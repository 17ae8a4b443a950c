package boundary

import (
	"context"
	"strings"
	"testing"
)

// changing is a cluster whose capacity, and the machine's canary, depend on the number
// of the window, counted from 1.
func changing(c Simulated, factor, canaryMs func(window int) float64) Probe {
	n := 0
	return func(ctx context.Context, load float64) (Window, error) {
		n++
		now := c
		now.Capacity *= factor(n)
		w, err := now.Probe(n)(ctx, load)
		w.CanaryMs = canaryMs(n)
		return w, err
	}
}

func always(v float64) func(int) float64 { return func(int) float64 { return v } }

// from gives before until the window, and after from it on.
func from(window int, before, after float64) func(int) float64 {
	return func(n int) float64 {
		if n < window {
			return before
		}
		return after
	}
}

// A cluster that gets weaker or stronger while it is searched raises the alarm, loses
// the windows their say, and is found where it is now.
func TestGuardSeesChange(t *testing.T) {
	for name, test := range map[string]struct {
		window int
		factor float64
	}{
		"weaker in the middle":   {20, 0.85},
		"weaker at the end":      {24, 0.9},
		"stronger in the middle": {18, 1.15},
	} {
		t.Run(name, func(t *testing.T) {
			c := Simulated{Capacity: 2400, LimitMs: 20, Noise: 0.05, Seed: 3}
			got := Search(t.Context(), changing(c, from(test.window, 1, test.factor), always(0)), Standard(100, 1, 1e6))
			now := c
			now.Capacity *= test.factor
			if got.Alarms == 0 || got.Voided == 0 || !got.Regular || !got.Interval.Holds(now.Boundary()) {
				t.Errorf("%d alarms, %d windows voided, %+v for %g: %s", got.Alarms, got.Voided, got.Interval, now.Boundary(), got.Sentence)
			}
		})
	}
}

// A cluster that changes again and again is given up, and nothing is claimed of it.
func TestGuardGivesUp(t *testing.T) {
	flapping := func(n int) float64 { return []float64{1, 0.8}[n/30%2] }
	plan := Standard(1000, 1, 1e6)
	plan.Loads, plan.Windows = 60, 2000
	got := Search(t.Context(), changing(quiet, flapping, always(0)), plan)
	if got.Reason != ReasonDrift || got.Alarms != mostAlarms+1 || got.Interval.Low != 0 || got.Interval.High != 0 {
		t.Errorf("%d alarms, %+v: %s", got.Alarms, got.Interval, got.Sentence)
	}
}

// The canary speaks of the machine alone: it raises the alarm though the cluster answers
// as before, and a canary that only trembles does not.
func TestCanary(t *testing.T) {
	c := Simulated{Capacity: 2400, LimitMs: 20, Noise: 0.2, Seed: 5}
	plan := Standard(100, 1, 1e6)
	plan.Width = 0.01 // a long search
	moved := Search(t.Context(), changing(c, always(1), from(30, 10, 12)), plan)
	said := ""
	for _, w := range moved.State.Taken {
		said += w.Alarm
	}
	if moved.Alarms == 0 || !strings.Contains(said, "canary") {
		t.Errorf("%d alarms in %d windows, which say %q", moved.Alarms, moved.Windows, said)
	}
	trembles := func(n int) float64 { return 10 + 0.1*float64(n%7) }
	if still := Search(t.Context(), changing(c, always(1), trembles), plan); still.Alarms != 0 {
		t.Errorf("a canary that stands still raised %d alarms", still.Alarms)
	}
}

// The low end is looked at again at least every so many windows, and both ends are when
// the search ends.
func TestEndsAreLookedAt(t *testing.T) {
	for seed := range uint64(50) {
		c := Simulated{Capacity: 2400, LimitMs: 20, Noise: 0.2, Outliers: 0.05, Seed: seed}
		got := Search(t.Context(), c.Probe(0), Standard(100, 1, 1e6))
		if !got.Regular {
			continue
		}
		low, high := 0, 0 // windows since, of which those that ask the other end do not count
		for _, w := range got.State.Taken {
			low, high = low+1, high+1
			if w.Purpose == GuardHigh {
				low--
			}
			if w.Load == got.Bracket.Low && w.Meets {
				low = 0
			}
			if w.Load == got.Bracket.High && !w.Meets {
				high = 0
			}
		}
		if low > 2*justNow || high > 2*justNow {
			t.Errorf("seed %d: the ends were last seen so %d and %d windows ago, of %d", seed, low, high, got.Windows)
		}
	}
}
