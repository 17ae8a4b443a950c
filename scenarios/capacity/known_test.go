package capacity_test

import (
	"encoding/json"
	"errors"
	"testing"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios/capacity"
	"tristore/scenarios/capacity/boundary"
	"tristore/scenarios/road"
	"tristore/suites"
)

// saved is what a search of a cluster whose boundary is known would have kept, had the
// boundary been so many times what it is.
func saved(truth, times, canaryMs float64) capacity.Known {
	return capacity.Known{Run: "saved", Low: times * truth / 1.06, High: times * truth * 1.06, CanaryMs: canaryMs}
}

// judged asks the simulated cluster for both loads and judges what it said.
func judged(t *testing.T, k capacity.Known, cluster boundary.Simulated, canaryMs float64) result.Finding {
	t.Helper()
	taken := 0
	saw := result.Observation{Claim: "BOUND-1"}
	saw.Stop(capacity.Compare(k, &saw, func(scale float64) (result.Classified, error) {
		one := boundary.Classify(t.Context(), cluster.Probe(taken), boundary.Standard(scale, scale, scale), scale)
		taken += len(one.Taken)
		c := result.Classified{CertifiedLoad: result.CertifiedLoad{Scale: scale, Answer: one.Answer.String(), Path: one.Path}, Why: one.Why}
		for range one.Taken {
			c.Windows = append(c.Windows, result.BoundaryWindow{CanaryMs: canaryMs})
		}
		return c, one.Err
	}))
	return suites.Rules()["BOUND-1"].Judge(saw)
}

// A boundary that is where it was passes; one that was saved at twice or half the truth
// fails, by the load that speaks against it; another machine, and luck, decide nothing.
func TestKnownBoundary(t *testing.T) {
	t.Parallel()
	steady := boundary.Simulated{Capacity: 2400, LimitMs: 20, Noise: 0.05, Outliers: 0.02, Seed: 3}
	truth := steady.Boundary()
	noisy := steady
	noisy.Noise, noisy.Seed = 0.5, 2
	for name, c := range map[string]struct {
		known   capacity.Known
		cluster boundary.Simulated
		canary  float64
		want    result.Status
	}{
		"where it was":             {saved(truth, 1, 2), steady, 2, result.Pass},
		"saved at twice the truth": {saved(truth, 2, 2), steady, 2, result.Fail},
		"saved at half the truth":  {saved(truth, 0.5, 2), steady, 2, result.Fail},
		"fell by a fifth":          {saved(truth, 1.25, 2), steady, 2, result.Fail},
		"a slower machine":         {saved(truth, 2, 2), steady, 3, result.Invalid},
		"a faster machine":         {saved(truth, 0.5, 2), steady, 1, result.Invalid},
		"no canary then":           {saved(truth, 1, 0), steady, 2, result.Inconclusive},
		"loads decided by luck":    {capacity.Known{Low: 1.05 * truth, High: truth / 1.05, CanaryMs: 2}, noisy, 2, result.Inconclusive},
	} {
		if got := judged(t, c.known, c.cluster, c.canary); got.Status != c.want {
			t.Errorf("%s: %s: %s %v", name, got.Status, got.Reason, got.Evidence)
		}
	}
	saw := result.Observation{Claim: "BOUND-1"}
	saw.Stop(capacity.Compare(saved(truth, 1, 2), &saw, func(float64) (result.Classified, error) { return result.Classified{}, errors.New("the server is gone") }))
	if got := suites.Rules()["BOUND-1"].Judge(saw); got.Status != result.Inconclusive {
		t.Errorf("a server that is gone: %+v", got)
	}
}

// A new search fails when it has no load in common with the saved one, and never by its end alone.
func TestKnownBoundarySearchedAnew(t *testing.T) {
	t.Parallel()
	known := capacity.Known{Run: "saved", Low: 3, High: 3.3, CanaryMs: 2}
	for name, c := range map[string]struct {
		found *result.Boundary
		want  result.Status
	}{
		"overlaps":     {&result.Boundary{Regular: true, Low: 3.2, High: 3.6, Windows: []result.BoundaryWindow{{CanaryMs: 2}}}, result.Pass},
		"above":        {&result.Boundary{Regular: true, Low: 3.4, High: 3.6, Windows: []result.BoundaryWindow{{CanaryMs: 2}}}, result.Fail},
		"below":        {&result.Boundary{Regular: true, Low: 1.4, High: 1.6, Windows: []result.BoundaryWindow{{CanaryMs: 2}}}, result.Fail},
		"irregular":    {&result.Boundary{Low: 1.4, High: 1.6, Reason: "budget"}, result.Inconclusive},
		"not searched": {nil, result.Inconclusive},
		"no canary":    {&result.Boundary{Regular: true, Low: 3.2, High: 3.6}, result.Inconclusive},
		"busy machine": {&result.Boundary{Regular: true, Low: 1.4, High: 1.6, Windows: []result.BoundaryWindow{{CanaryMs: 4}}}, result.Invalid},
	} {
		saw := result.Observation{Claim: "BOUND-2"}
		capacity.Overlap(known, &saw, c.found)
		if got := suites.Rules()["BOUND-2"].Judge(saw); got.Status != c.want {
			t.Errorf("%s: %s: %s", name, got.Status, got.Reason)
		}
	}
}

// What a saved run does not hold cannot be looked at again, and is refused in a sentence.
func TestKnownOf(t *testing.T) {
	t.Parallel()
	run := func(change func(*result.Run, *capacity.Plan)) *result.Run {
		plan := capacity.Plan{Head: road.Head{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Embedded}, Search: &capacity.Search{Quantile: "p95", LimitMs: 20}}
		r := &result.Run{ID: "saved", Split: &result.Split{Ground: &result.Ground{Version: "16.4"},
			Boundary: &result.Boundary{Quantile: "p95", LimitMs: 20, Regular: true, Low: 3, High: 3.3, WindowSeconds: 9, Windows: []result.BoundaryWindow{{CanaryMs: 3}, {}, {CanaryMs: 2}, {CanaryMs: 9}}}}}
		change(r, &plan)
		if r.Plan == nil {
			r.Plan, _ = json.Marshal(map[string]any{capacity.PlanName: plan})
		}
		return r
	}
	known, err := capacity.KnownOf(run(func(*result.Run, *capacity.Plan) {}))
	if err != nil || known.Low != 3 || known.High != 3.3 || known.CanaryMs != 3 || known.WindowSeconds != 9 || known.Version != "16.4" || known.Plan.Search.LimitMs != 20 {
		t.Errorf("%+v, %v", known, err)
	}
	for name, change := range map[string]func(*result.Run, *capacity.Plan){
		"no search":       func(_ *result.Run, p *capacity.Plan) { p.Search = nil },
		"no plan":         func(r *result.Run, _ *capacity.Plan) { r.Plan = json.RawMessage(`{}`) },
		"no split":        func(r *result.Run, _ *capacity.Plan) { r.Split = nil },
		"no version":      func(r *result.Run, _ *capacity.Plan) { r.Split.Ground = nil },
		"not found":       func(r *result.Run, _ *capacity.Plan) { r.Split.Boundary.Regular = false },
		"upside down":     func(r *result.Run, _ *capacity.Plan) { r.Split.Boundary.Low = 4 },
		"another promise": func(r *result.Run, _ *capacity.Plan) { r.Split.Boundary.LimitMs = 30 },
	} {
		if known, err := capacity.KnownOf(run(change)); err == nil {
			t.Errorf("%s: %+v", name, known)
		}
	}
}
