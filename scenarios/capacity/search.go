package capacity

import (
	"context"
	"fmt"
	"time"

	"tristore/reports/result"
	"tristore/scenarios/capacity/boundary"
	"tristore/scenarios/witness"
)

// Search is how the boundary of the shared cluster is searched, after the four cells.
type Search struct {
	Budget   time.Duration `json:"budget_ns"` // of the whole measurement, starting the clusters included
	Quantile string        `json:"quantile"`  // p95 or p99 of auth
	LimitMs  float64       `json:"limit_ms"`
}

const (
	// usualWindows is how many windows a search takes, nine times in ten on quiet ground.
	usualWindows = 45
	// shortestWindow and longestWindow bound the measured phase of one.
	shortestWindow = 2 * time.Second
	longestWindow  = time.Minute
	// spare is asked for beyond the requests a quantile needs, for arrivals come by chance.
	spare = 1.15
	// fewestWindows and startMax are what a budget must at least hold: a ramp and one
	// certified load, and the start of the clusters.
	fewestWindows = 12
	startMax      = 90 * time.Second
	highestScale  = 100
	// searchBlock numbers the windows of the search apart from those of the cells.
	searchBlock = 1_000_000
)

// requests are how many arrivals of auth make a window: the tail must hold 30.
func (s Search) requests() int {
	if s.Quantile == "p99" {
		return 3000
	}
	return 600
}

func (s Search) of(h result.Histogram) float64 {
	if s.Quantile == "p99" {
		return h.P99
	}
	return h.P95
}

// seconds that a window at this rate of auth needs for its quantile.
func (s Search) seconds(authRate float64) float64 { return spare * float64(s.requests()) / authRate }

// check refuses a search that cannot certify a load, in a sentence for the user.
func (s Search) check(p Plan) error {
	least := startMax + time.Duration(4*p.Blocks)*(p.Warm+p.Window) + fewestWindows*(settle(p)+max(shortestWindow, time.Duration(s.seconds(p.AuthRate)*float64(time.Second))))
	switch {
	case s.Quantile != "p95" && s.Quantile != "p99":
		return fmt.Errorf("the promise is about auth p95 or p99; asked for %q", s.Quantile)
	case !(s.LimitMs > 0 && s.LimitMs <= 60_000):
		return fmt.Errorf("the promise is a latency above 0 and at most 60s; asked for %g ms", s.LimitMs)
	case s.Budget < least:
		return fmt.Errorf("a budget of %s is too small to certify one load by auth %s after the four cells: give at least %s", s.Budget, s.Quantile, least.Round(time.Minute)+time.Minute)
	}
	return nil
}

// settle is the part of a window that does not count: the load before may have been
// another one.
func settle(p Plan) time.Duration { return max(p.Warm, time.Second) }

// searching is a search under way on the rig.
type searching struct {
	rig     *rig
	plan    Plan
	ends    time.Time     // no window begins that would end after it
	base    time.Duration // the shortest window, from the time left
	windows []result.BoundaryWindow
}

// search looks for the boundary until the budget that began then is spent. An error
// says that the cluster could not be measured; what was found stands in the result.
func (r *rig) search(ctx context.Context, plan Plan, began time.Time) (*result.Boundary, error) {
	s := &searching{rig: r, plan: plan, ends: began.Add(plan.Search.Budget)}
	each := time.Until(s.ends)/usualWindows - settle(plan)
	s.base = min(max(each, shortestWindow), longestWindow)
	lowest := max(0.001, plan.Search.seconds(plan.AuthRate)/longestWindow.Seconds())
	by := boundary.Standard(min(highestScale, max(1, lowest)), min(lowest, highestScale), highestScale)
	by.MinRequests = plan.Search.requests()
	by.Save = s.tell
	start := time.Now()
	found := boundary.Search(ctx, s.probe, by)
	b := s.facts(found)
	b.Seconds = time.Since(start).Seconds()
	return b, found.Err
}

// probe offers both loads at one scale for one window.
func (s *searching) probe(ctx context.Context, scale float64) (boundary.Window, error) {
	at := s.plan
	at.AuthRate, at.CollectionsRate, at.Warm = scale*s.plan.AuthRate, scale*s.plan.CollectionsRate, settle(s.plan)
	at.Window = max(s.base, time.Duration(s.plan.Search.seconds(at.AuthRate)*float64(time.Second)))
	if time.Until(s.ends) < at.Warm+at.Window {
		return boundary.Window{}, fmt.Errorf("%w: %s do not hold another window of %s", boundary.ErrSpent, s.plan.Search.Budget, at.Window.Round(time.Second))
	}
	work := witness.CPU()
	w, err := s.rig.window(ctx, at, searchBlock+len(s.windows), result.SharedCluster)
	if err != nil {
		return boundary.Window{}, err
	}
	said := s.plan.Search.answer(w)
	said.CanaryMs = float64(work) / float64(time.Millisecond)
	broke := ""
	if said.Invalid == "" {
		broke = s.plan.Search.broke(w)
	}
	s.windows = append(s.windows, result.BoundaryWindow{
		Broke: broke, Scale: scale, Seconds: at.Window.Seconds(), Meets: said.Meets, LatencyMs: said.P99Ms, CanaryMs: said.CanaryMs, Invalid: said.Invalid,
		Auth: s.load(w.Auth), Collections: s.load(w.Collections),
	})
	return said, nil
}

func (s *searching) load(m *result.Measurement) result.WindowLoad {
	if m == nil {
		return result.WindowLoad{}
	}
	return result.WindowLoad{Offered: m.Offered, Achieved: m.Achieved, Counts: m.Counts,
		P50Ms: m.Latency.P50, P95Ms: m.Latency.P95, P99Ms: m.Latency.P99, P999Ms: m.Latency.P999, PacingMs: s.plan.Search.of(m.Pacing)}
}

// tell says after each window where the search stands.
func (s *searching) tell(state boundary.State) error {
	last := state.Taken[len(state.Taken)-1]
	s.plan.log().Info("searching the boundary", "window", len(state.Taken), "times", last.Load, "why", last.Purpose, "kept", last.Meets,
		"broke", s.windows[len(s.windows)-1].Broke, s.plan.Search.Quantile+"_ms", last.P99Ms, "invalid", last.Invalid, "left", time.Until(s.ends).Round(time.Second))
	cells := 4 * s.plan.Blocks
	done := cells + len(state.Taken)
	s.plan.told(done, max(cells+usualWindows, done+1))
	return nil
}

// searchWindows is how many windows to expect of the search.
func (p Plan) searchWindows() int {
	if p.Search == nil {
		return 0
	}
	return usualWindows
}

// facts writes the result down in the words of the saved run.
func (s *searching) facts(r boundary.Result) *result.Boundary {
	b := &result.Boundary{
		Quantile: s.plan.Search.Quantile, LimitMs: s.plan.Search.LimitMs, Low: r.Interval.Low, High: r.Interval.High,
		Regular: r.Regular, Reason: string(r.Reason), Account: r.Sentence, Next: r.Next,
		BracketLow: r.Bracket.Low, BracketHigh: r.Bracket.High, Wider: r.Wider, Windows: s.windows, BudgetSeconds: s.plan.Search.Budget.Seconds(),
	}
	switch r.Reason { // the command line resumes no search
	case boundary.ReasonBudget:
		b.Next = "search again with a larger --budget"
	case boundary.ReasonInterrupted, boundary.ReasonProbe:
		b.Next = "search again"
	default:
	}
	for _, c := range r.Certified {
		b.Certified = append(b.Certified, result.CertifiedLoad{Scale: c.Load, Answer: c.Answer.String(), Path: c.Path, Void: c.Void})
	}
	for i, t := range r.State.Taken { // one for one with the probe's
		b.Windows[i].Purpose, b.Windows[i].Void, b.Windows[i].Alarm = string(t.Purpose), t.Void, t.Alarm
		b.Windows[i].Invalid, b.Windows[i].Meets = t.Invalid, t.Meets
		if t.Invalid != "" {
			b.Windows[i].Broke = "" // it says nothing of the promise
		}
	}
	return b
}
