package boundary

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// quiet is a cluster without chance: its boundary is about 2,016.
var quiet = Simulated{Capacity: 2400, LimitMs: 20}

// told is a probe that only says by the load whether the promise is kept, clearly. A
// load of which neither is said passes every other time, barely.
func told(keeps, breaks func(load float64) bool) Probe {
	other := false
	return func(_ context.Context, load float64) (Window, error) {
		other = !other
		switch {
		case keeps(load):
			return Window{Meets: true, P99Ms: 10, LimitMs: 20}, nil
		case breaks(load):
			return Window{P99Ms: 40, LimitMs: 20}, nil
		case other:
			return Window{Meets: true, P99Ms: 19, LimitMs: 20}, nil
		default:
			return Window{P99Ms: 21, LimitMs: 20}, nil
		}
	}
}

func below(limit float64) func(float64) bool { return func(load float64) bool { return load < limit } }
func above(limit float64) func(float64) bool { return func(load float64) bool { return load > limit } }

// Every reason to stop before the planned width, and what the result still claims then.
func TestStops(t *testing.T) {
	wide := Standard(100, 1, 1e6)
	few, two := wide, wide
	few.Windows, two.Loads = 15, 2
	for name, test := range map[string]struct {
		plan      Plan
		probe     Probe
		reason    Reason
		low, high bool // known
	}{
		"kept at the highest load":        {Standard(100, 1, 1000), quiet.Probe(0), ReasonHighest, true, false},
		"broken at the lowest load":       {Standard(2300, 2200, 1e6), quiet.Probe(0), ReasonLowest, false, true},
		"budget":                          {few, quiet.Probe(0), ReasonBudget, false, true},
		"time":                            {wide, func(context.Context, float64) (Window, error) { return Window{}, ErrSpent }, ReasonBudget, false, false},
		"loads":                           {two, quiet.Probe(0), ReasonLoads, true, true},
		"luck between the ends":           {Standard(1000, 1, 1e6), told(below(1030), above(1200)), ReasonUndecided, true, true},
		"luck up to the highest load":     {Standard(1000, 1, 1200), told(below(1030), above(1e6)), ReasonUndecided, false, false},
		"a load fails below one that not": {Standard(1000, 1, 1e6), told(func(l float64) bool { return l < 1030 || l > 1140 && l < 1200 }, func(l float64) bool { return l < 1080 || l > 1200 }), ReasonNonMonotone, true, true},
		"windows invalid in every try": {wide, func(ctx context.Context, load float64) (Window, error) {
			if load > 1500 {
				return Window{Invalid: "the generator was late"}, nil
			}
			return quiet.Probe(0)(ctx, load)
		}, ReasonInvalid, false, false},
		"the cluster cannot be measured": {wide, func(context.Context, float64) (Window, error) { return Window{}, errors.New("refused") }, ReasonProbe, false, false},
		"a plan of nothing":              {Plan{}, quiet.Probe(0), ReasonPlan, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := Search(t.Context(), test.probe, test.plan)
			if got.Regular || got.Reason != test.reason || got.Interval.Low > 0 != test.low || got.Interval.High > 0 != test.high {
				t.Errorf("regular %t, reason %q, interval %+v: %s", got.Regular, got.Reason, got.Interval, got.Sentence)
			}
			if got.Next == "" || !strings.Contains(got.Sentence, string(test.reason)) {
				t.Errorf("no next step, or the reason is not named: %q, %q", got.Next, got.Sentence)
			}
			if got.Interval.Both() && got.Interval.Low >= got.Interval.High {
				t.Errorf("the interval is upside down: %+v", got.Interval)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Errorf("the result cannot be saved: %v", err)
			}
		})
	}
}

// Without chance the search is regular, holds the truth and is narrow.
func TestQuiet(t *testing.T) {
	got := Search(t.Context(), quiet.Probe(0), Standard(100, 1, 1e6))
	if !got.Regular || got.Reason != "" || got.Next != "" || !got.Interval.Holds(quiet.Boundary()) {
		t.Errorf("%+v does not hold %g: %s", got.Interval, quiet.Boundary(), got.Sentence)
	}
	if ratio := got.Interval.High / got.Interval.Low; ratio > 1.08 || got.Bracket.High/got.Bracket.Low > 1.05 {
		t.Errorf("an interval of %g, a bracket of %+v", ratio, got.Bracket)
	}
	if got.Interval.Low >= got.Bracket.Low || got.Interval.High <= got.Bracket.High {
		t.Errorf("the bare bracket %+v was given as %+v", got.Bracket, got.Interval)
	}
}

// A latency that is flat until the load breaks everything has no slope: the ends stand
// clear of the limit, so the bracket needs no zone but the least.
func TestCliff(t *testing.T) {
	got := Search(t.Context(), func(_ context.Context, load float64) (Window, error) {
		return Window{Meets: load < 1300, P99Ms: 5, LimitMs: 20}, nil // beyond, errors
	}, Standard(100, 1, 1e6))
	if !got.Regular || !got.Interval.Holds(1300) || got.Zone.Slope != 0 {
		t.Errorf("%+v, zone %+v: %s", got.Interval, got.Zone, got.Sentence)
	}
}

// Where latency hardly grows with load, luck alone makes narrow brackets anywhere. The
// flanks see through it: hardly a search is regular, and those that have both ends are few.
func TestFlanks(t *testing.T) {
	const searches = 300
	regular, noisy, flanked := 0, 0, 0
	for seed := range uint64(searches) {
		c := Simulated{Capacity: 2400, LimitMs: 4.1, Noise: 0.1, Outliers: 0.05, Seed: seed}
		got := Search(t.Context(), c.Probe(0), Standard(100, 1, 1e6))
		if got.Regular {
			regular++
		}
		if got.Reason == ReasonNoise {
			noisy++
			for _, w := range got.State.Taken {
				if w.Purpose == FlankLow || w.Purpose == FlankHigh {
					flanked++
					break
				}
			}
		}
	}
	if regular > searches/20 || noisy < searches/2 || flanked < noisy {
		t.Errorf("of %d searches %d were regular, %d too noisy, %d of them asked at the flanks", searches, regular, noisy, flanked)
	}
}

// An invalid window is repeated, and neither answers nor counts as a pass.
func TestInvalidIsRepeated(t *testing.T) {
	inner, n := quiet.Probe(0), 0
	got := Search(t.Context(), func(ctx context.Context, load float64) (Window, error) {
		if n++; n%5 == 0 {
			return Window{Invalid: "the generator was late", Meets: true, P99Ms: 1, LimitMs: 20}, nil
		}
		return inner(ctx, load)
	}, Standard(100, 1, 1e6))
	if !got.Regular || got.Invalid != n/5 || !got.Interval.Holds(quiet.Boundary()) {
		t.Errorf("%d of %d windows invalid: %s", got.Invalid, n, got.Sentence)
	}
}

func TestPlans(t *testing.T) {
	for name, spoil := range map[string]func(*Plan){
		"start below lowest": func(p *Plan) { p.Lowest = 2 * p.Start },
		"no lowest":          func(p *Plan) { p.Lowest = 0 },
		"endless highest":    func(p *Plan) { p.Highest = 1e13 },
		"no width":           func(p *Plan) { p.Width = 0 },
		"no alpha":           func(p *Plan) { p.Alpha = 0 },
		"one load":           func(p *Plan) { p.Loads = 1 },
		"too few per load":   func(p *Plan) { p.PerLoad = 3 },
		"no windows":         func(p *Plan) { p.Windows = 0 },
		"negative requests":  func(p *Plan) { p.MinRequests = -1 },
	} {
		plan := Standard(100, 1, 1e6)
		if err := plan.check(); err != nil {
			t.Fatal(err)
		}
		spoil(&plan)
		if got := Search(t.Context(), quiet.Probe(0), plan); got.Reason != ReasonPlan || got.Windows != 0 || got.Err == nil {
			t.Errorf("%s: %s", name, got.Sentence)
		}
	}
}
