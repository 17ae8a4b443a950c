package boundary

import (
	"context"
	"errors"
	"testing"
)

// Loads well below and above a known boundary are classified as what they are, by the
// test of a search; what cannot be measured is undecided and says why.
func TestClassify(t *testing.T) {
	t.Parallel()
	cluster := Simulated{Capacity: 2400, LimitMs: 20, Noise: 0.1, Outliers: 0.05}
	truth := cluster.Boundary()
	for seed := range uint64(200) {
		cluster.Seed = seed
		for load, want := range map[float64]Answer{truth / 1.2: Good, truth * 1.2: Bad} {
			got := Classify(t.Context(), cluster.Probe(0), Standard(100, 0.001, 1e10), load)
			if got.Answer != want || got.Why != "" || got.Load != load || len(got.Path) != len(got.Taken) {
				t.Errorf("seed %d: %.4g of %.4g is %+v", seed, load, truth, got)
			}
		}
	}
	plan := Standard(100, 0.001, 1e10)
	for name, probe := range map[string]Probe{
		"spent":   func(context.Context, float64) (Window, error) { return Window{}, ErrSpent },
		"broken":  func(context.Context, float64) (Window, error) { return Window{}, errors.New("gone") },
		"invalid": func(context.Context, float64) (Window, error) { return Window{Invalid: "late"}, nil },
	} {
		if got := Classify(t.Context(), probe, plan, 100); got.Answer != Undecided || got.Why == "" || got.Path != "" || (got.Err != nil) != (name == "broken") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	turns := false
	coin := func(context.Context, float64) (Window, error) {
		turns = !turns
		return Window{Meets: turns, P99Ms: map[bool]float64{true: 10, false: 30}[turns], LimitMs: 20}, nil
	}
	if got := Classify(t.Context(), coin, plan, 100); got.Answer != Undecided || got.Why != "" || len(got.Path) != plan.PerLoad {
		t.Errorf("a coin: %+v", got)
	}
}
