package campaign

import (
	"math"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios/measure"
	"tristore/scenarios/road"
)

func postgres() drivers.Engine { return drivers.Engine{Product: drivers.Postgres, Major: 16} }

func TestPlansThatCouldNotBeCarriedOutAreRefused(t *testing.T) {
	if err := For(postgres(), "auth").Check(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(*Plan)
		says  string
	}{
		"workload":                {func(p *Plan) { p.Workload = "collection" }, "did you mean collections?"},
		"profile":                 {func(p *Plan) { p.Profile = "" }, "profile"},
		"mix":                     {func(p *Plan) { p.Mix = "x" }, "mix"},
		"pace":                    {func(p *Plan) { p.Pace = "x" }, "pace"},
		"rate":                    {func(p *Plan) { p.Rate = math.NaN() }, "above 0"},
		"measure":                 {func(p *Plan) { p.Measure = 0 }, "between a second"},
		"measure too long":        {func(p *Plan) { p.Measure = 1000 * time.Hour }, "24h"},
		"warm":                    {func(p *Plan) { p.Warm = -1 }, "warm-up"},
		"a ramp that is not cold": {func(p *Plan) { p.Pace = Ramp }, "ask for it cold"},
		"a ramp from below zero":  {func(p *Plan) { p.Pace, p.Cold, p.From = Ramp, true, -1 }, "two rates"},
		"steps of none":           {func(p *Plan) { p.Pace, p.Cold = Steps, true }, "at least one rate"},
		"a step of no time":       {func(p *Plan) { p.Pace, p.Cold = Steps, true; p.Then(100, 0) }, "step 1"},
		"workers":                 {func(p *Plan) { p.Workers = 1000 }, "256 workers"},
		"no promise":              {func(p *Plan) { p.Promises = nil }, "needs a promise"},
		"a promise of the window": {func(p *Plan) { p.Promises = []result.Promise{{Percent: 99, LimitMs: 60_000}} }, "measure for longer"},
		"a promise twice":         {func(p *Plan) { p.Promises = append(p.Promises, p.Promises[0]) }, "promised twice"},
		"percent":                 {func(p *Plan) { p.Promises = []result.Promise{{Percent: math.NaN(), LimitMs: 1}} }, "between 0 and 100"},
		"a store of another":      {func(p *Plan) { p.Promises[0].Store = "collections" }, "never asks a store \"collections\": it asks users and permissions"},
		"closed, with a promise":  {func(p *Plan) { p.Closed, p.Rate = true, 0 }, "drop --slo, or --closed"},
		"closed, at a rate":       {func(p *Plan) { p.Closed, p.Promises = true, nil }, "drop --rate and --pace"},
		"closed, in steps":        {func(p *Plan) { p.Closed, p.Promises, p.Rate, p.Pace = true, nil, 0, Steps }, "drop --rate and --pace"},
		"limit":                   {func(p *Plan) { p.Promises = []result.Promise{{Percent: 99, LimitMs: math.Inf(1)}} }, "up to an hour"},
	} {
		plan := For(postgres(), "auth")
		c.spoil(&plan)
		if err := plan.Check(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, wanted %q", name, err, c.says)
		}
	}
}

func TestOneSecondOfLoadFitsOnALine(t *testing.T) {
	plan := For(postgres(), "auth")
	plan.Warm, plan.Measure, plan.Rate = 2*time.Second, 10*time.Second, 500
	seen := measure.Seen{Due: 500, Committed: 490, Failed: 5, P50: 1900 * time.Microsecond, P99: 82 * time.Millisecond}
	for since, want := range map[time.Duration]road.Progress{
		0:                {Done: 0, Total: 10, Current: "warm 500→495/s p50 1.9ms p99 82ms 5 failed", Live: true},
		5 * time.Second:  {Done: 5, Total: 10, Current: "500→495/s p50 1.9ms p99 82ms 5 failed", Live: true},
		20 * time.Second: {Done: 10, Total: 10, Current: "waiting for the last arrivals", Live: true},
	} {
		if got := plan.progress(road.Look{Seen: seen, Within: time.Second}, since); got != want {
			t.Errorf("after %s: %+v, want %+v", since, got, want)
		}
	}
	ramp := plan
	ramp.Pace, ramp.From, ramp.Rate = Ramp, 100, 300
	if got := ramp.progress(road.Look{Seen: seen, Within: time.Second}, 6*time.Second).Current; !strings.HasPrefix(got, "210→") || ramp.mean() != 200 || ramp.fastest() != 300 {
		t.Errorf("half way up a ramp: %q, mean %g, fastest %g", got, ramp.mean(), ramp.fastest())
	}
	steps := For(postgres(), "auth")
	steps.Pace, steps.Cold, steps.Measure = Steps, true, 0
	for _, rate := range []float64{100, 0, 500} {
		steps.Then(rate, 2*time.Second)
	}
	if err := steps.Check(); err != nil || steps.Measure != 6*time.Second || steps.mean() != 200 || steps.Rate != 200 || steps.fastest() != 500 || steps.rates() != "steps of 100/s 2s, 0/s 2s, 500/s 2s" {
		t.Errorf("%v: %s at a mean of %g for %s", err, steps.rates(), steps.mean(), steps.Measure)
	}
	if got := plan.progress(road.Look{Within: time.Second}, 5*time.Second).Current; got != "500→0/s p50 – p99 – 0 failed" {
		t.Errorf("nothing happened: %q", got)
	}
}
