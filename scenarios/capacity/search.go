package capacity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tristore/drivers/deployment"
	"tristore/reports/result"
	"tristore/scenarios/capacity/boundary"
	"tristore/scenarios/dataset"
	"tristore/scenarios/road"
	"tristore/scenarios/witness"
)

// Search is how the boundary of the shared cluster is searched, after the four cells.
type Search struct {
	Budget   time.Duration `json:"budget_ns"` // of the whole measurement, starting the clusters included
	Quantile string        `json:"quantile"`  // p95 or p99 of auth
	LimitMs  float64       `json:"limit_ms"`
	Two      bool          `json:"two,omitempty"` // also that of two clusters of the same total hardware
	// Highest is the load, in times of the measured one, beyond which nobody asks: a promise
	// that is kept there ends the search. 0 is as high as a search goes.
	Highest float64 `json:"highest,omitempty"`
	// Remedies are tried on the shared cluster, by their names, each in turns with the cluster as it is.
	Remedies []string `json:"remedies,omitempty"`
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

// highest is the load beyond which the search does not look.
func (s Search) highest() float64 {
	if s.Highest > 0 {
		return min(s.Highest, highestScale)
	}
	return highestScale
}

// seconds that a window at this rate of auth needs for its quantile.
func (s Search) seconds(authRate float64) float64 { return spare * float64(s.requests()) / authRate }

// check refuses a search that cannot certify a load, in a sentence for the user.
func (s Search) check(p Plan) error {
	window := settle(p) + max(shortestWindow, time.Duration(s.seconds(p.AuthRate)*float64(time.Second)))
	least := startMax + time.Duration(4*p.Blocks)*(p.Warm+p.Window) + time.Duration(int(s.searches())*fewestWindows)*window
	switch {
	case s.Quantile != "p95" && s.Quantile != "p99":
		return fmt.Errorf("the promise is about auth p95 or p99; asked for %q", s.Quantile)
	case !(s.LimitMs > 0 && s.LimitMs <= 60_000):
		return fmt.Errorf("the promise is a latency above 0 and at most 60s; asked for %g ms", s.LimitMs)
	case s.Highest != 0 && !(s.Highest >= 1 && s.Highest <= highestScale):
		return fmt.Errorf("the search looks up to 1 to %d times the measured load; asked for %g", highestScale, s.Highest)
	case s.Budget < least:
		return fmt.Errorf("a budget of %s is too small to certify one load by auth %s after the four cells: give at least %s", s.Budget, s.Quantile, least.Round(time.Minute)+time.Minute)
	}
	return nil
}

// settle is the part of a window that does not count: the load before may have been
// another one.
func settle(p Plan) time.Duration { return max(p.Warm, time.Second) }

// searching is a search under way.
type searching struct {
	plan  Plan
	on    *deployment.Deployment
	data  dataset.Collections
	of    string    // whose boundary, for the log and the screen
	first int       // numbers the windows apart from those of others
	ends  time.Time // no window begins that would end after it
	// turns is how many searches share the time; start is the load to begin with, in scales.
	turns int
	start float64
	mix   float64 // of collections, over the searched rate; 0 is that rate
	into  *result.Boundary
	save  func() error
}

// boundaries searches what was asked, and what was interrupted from where it stood. An
// error says that the clusters could not be measured; what was found stands in the split.
func (r *rig) boundaries(ctx context.Context, plan Plan, split *result.Split, began time.Time) error {
	ends := began.Add(plan.Search.Budget)
	left := plan.Search.searches()
	for i, one := range []struct {
		cell  result.Cell
		into  **result.Boundary
		asked bool
	}{
		{result.SharedCluster, &split.Boundary, true},
		{result.SplitClusters, &split.TwoBoundary, plan.Search.Two},
	} {
		if !one.asked {
			continue
		}
		if left--; *one.into != nil && !unfinished(*one.into) {
			continue
		}
		if *one.into == nil {
			*one.into = plan.Search.boundary()
		}
		s := &searching{plan: plan, on: r.on(one.cell), data: r.data, of: string(one.cell), first: searchBlock * (1 + i), turns: 1, start: 1,
			into: *one.into, ends: time.Now().Add(time.Until(ends) / (left + 1)), save: func() error { return plan.kept(split) }}
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("searching the boundary of %s: %w", one.cell, err)
		}
		if s.into.Reason == string(boundary.ReasonLowest) {
			return nil // a promise that the idle cluster breaks is not worth another search
		}
	}
	if err := r.remedies(ctx, plan, split, ends); err != nil {
		return err
	}
	return r.mixes(ctx, plan, split, ends)
}

// boundary is a search that has not begun.
func (s Search) boundary() *result.Boundary {
	return &result.Boundary{Quantile: s.Quantile, LimitMs: s.LimitMs}
}

// searches is among how many searches the time is shared: each remedy takes two of them, and
// the best of several are tried together once more.
func (s Search) searches() time.Duration {
	n := 1
	if s.Two {
		n = 2
	}
	if n += 2 * len(s.Remedies); len(s.Remedies) > 1 {
		n += 2
	}
	return time.Duration(n)
}

// unfinished searches may go on: nothing that they found stands in the way.
func unfinished(b *result.Boundary) bool {
	switch boundary.Reason(b.Reason) {
	case boundary.ReasonBudget, boundary.ReasonInterrupted, boundary.ReasonProbe:
		return true
	default:
		return !b.Regular && b.Reason == ""
	}
}

// run searches on from the windows that are there.
func (s *searching) run(ctx context.Context) error {
	state, err := s.state()
	if err != nil {
		return err
	}
	start := time.Now()
	if len(s.into.Windows) == 0 {
		broken, err := s.idle(ctx)
		if err != nil || broken {
			s.into.Seconds = time.Since(start).Seconds()
			return err
		}
	}
	found := boundary.Resume(ctx, s.probe, state)
	s.conclude(found)
	s.into.Seconds += time.Since(start).Seconds()
	return found.Err
}

// state is where the search begins or goes on: a plan of its own, kept in the facts, so
// that the windows of a resumed search are as long as those before.
func (s *searching) state() (boundary.State, error) {
	if s.into.Plan == nil {
		each := time.Until(s.ends)/time.Duration(s.turns*usualWindows) - settle(s.plan)
		s.into.WindowSeconds = min(max(each, shortestWindow), longestWindow).Seconds()
		highest := s.plan.Search.highest()
		lowest := max(0.001, s.plan.Search.seconds(s.plan.AuthRate)/longestWindow.Seconds())
		by := boundary.Standard(min(highest, max(s.start, lowest)), min(lowest, highest), highest)
		by.MinRequests = s.plan.Search.requests()
		raw, err := json.Marshal(by)
		if err != nil {
			return boundary.State{}, fmt.Errorf("keeping the plan of the search: %w", err)
		}
		s.into.Plan = raw
	}
	var state boundary.State
	if err := json.Unmarshal(s.into.Plan, &state.Plan); err != nil {
		return state, fmt.Errorf("the saved plan of the search cannot be read: %w", err)
	}
	for _, w := range s.into.Windows {
		state.Taken = append(state.Taken, takenOf(w, s.into.LimitMs))
	}
	state.Plan.Save = s.tell
	return state, nil
}

// takenOf is a window of the saved facts as the search took it.
func takenOf(w result.BoundaryWindow, limitMs float64) boundary.Taken {
	t := boundary.Taken{Purpose: boundary.Purpose(w.Purpose), Load: w.Scale, Void: w.Void, Alarm: w.Alarm}
	if t.Invalid = w.Invalid; t.Invalid == "" {
		t.Window = boundary.Window{Meets: w.Meets, P99Ms: w.LatencyMs, LimitMs: limitMs, Requests: int(w.Auth.Counts.Due), CanaryMs: w.CanaryMs}
	}
	return t
}

// probe offers both loads at one scale for one window.
func (s *searching) probe(ctx context.Context, scale float64) (boundary.Window, error) {
	at := s.plan
	at.AuthRate, at.CollectionsRate, at.Warm = scale*s.plan.AuthRate, scale*s.plan.CollectionsRate, settle(s.plan)
	if s.mix > 0 {
		at.CollectionsRate *= s.mix
	}
	seconds := max(s.into.WindowSeconds, s.plan.Search.seconds(at.AuthRate))
	at.Window = time.Duration(seconds * float64(time.Second))
	if time.Until(s.ends) < at.Warm+at.Window {
		return boundary.Window{}, fmt.Errorf("%w: %s do not hold another window of %s", boundary.ErrSpent, s.plan.Search.Budget, at.Window.Round(time.Second))
	}
	work := witness.CPU() //nolint:contextcheck // a few milliseconds on this machine
	w, err := s.window(ctx, at)
	if err != nil {
		return boundary.Window{}, err
	}
	said := s.plan.Search.answer(w)
	said.CanaryMs = float64(work) / float64(time.Millisecond)
	broke := ""
	if said.Invalid == "" {
		broke = s.plan.Search.broke(w)
	}
	taken := result.BoundaryWindow{
		Broke: broke, Behind: broke != "" && behind(w) != "", Scale: scale, Seconds: at.Window.Seconds(), Meets: said.Meets, LatencyMs: said.P99Ms, CanaryMs: said.CanaryMs, Invalid: said.Invalid,
		Auth: s.load(w.Auth), Collections: s.load(w.Collections),
	}
	if w.Auth != nil {
		taken.AuthV2 = w.Auth.Latency.V2
	}
	s.into.Windows = append(s.into.Windows, taken)
	return said, nil
}

// window offers both loads.
func (s *searching) window(ctx context.Context, at Plan) (w result.SplitWindow, err error) {
	n := s.number()
	if at.Made != nil && at.Made.Free > 0 {
		// The idle connections of one placing would take the slots of the next.
		defer func() { err = errors.Join(err, s.on.Reopen(context.WithoutCancel(ctx))) }()
	}
	w.Auth, w.Collections, w.Invalid, err = at.Offer(ctx, Offer{On: s.on, Data: s.data, AuthRate: at.AuthRate, CollectionsRate: at.CollectionsRate, Block: n, Serial: n, Label: fmt.Sprintf("search window %d, %s", n, s.of)})
	return w, err
}

// number keeps the arrivals of each window of each search apart, and those of the cells.
func (s *searching) number() int { return s.first + len(s.into.Windows) }

func (s *searching) load(m *result.Measurement) result.WindowLoad {
	if m == nil {
		return result.WindowLoad{}
	}
	return result.WindowLoad{Offered: m.Offered, Achieved: m.Achieved, Counts: m.Counts,
		P50Ms: m.Latency.P50, P95Ms: m.Latency.P95, P99Ms: m.Latency.P99, P999Ms: m.Latency.P999, PacingMs: s.plan.Search.of(m.Pacing), Lag: m.Lag}
}

// tell keeps each window with what the search makes of it, and says where it stands.
func (s *searching) tell(state boundary.State) error {
	s.note(state)
	if err := s.save(); err != nil {
		return err
	}
	last, standing := state.Taken[len(state.Taken)-1], state.Standing()
	left := time.Duration(float64(s.turns*standing.Left) * (s.into.WindowSeconds + settle(s.plan).Seconds()) * float64(time.Second))
	end := time.Now().Add(min(left, time.Until(s.ends)))
	s.plan.log().Info("searching the boundary", "of", s.of, "window", len(state.Taken), "times", last.Load, "why", last.Purpose, "kept", last.Meets,
		"broke", s.into.Windows[len(s.into.Windows)-1].Broke, s.plan.Search.Quantile+"_ms", last.P99Ms, "invalid", last.Invalid, "left", time.Until(s.ends).Round(time.Second))
	done := len(cells())*s.plan.Blocks + len(state.Taken)
	s.plan.Say(road.Progress{Done: done, Total: done + standing.Left, Current: fmt.Sprintf("%s: %s, ends about %s", s.of, standing, end.Format("15:04"))})
	return nil
}

// note writes down what the search makes of each window, which may change as it goes on.
func (s *searching) note(state boundary.State) {
	for i, t := range state.Taken { // one for one with the probe's
		if i >= len(s.into.Windows) {
			break
		}
		w := &s.into.Windows[i]
		w.Purpose, w.Void, w.Alarm, w.Invalid, w.Meets = string(t.Purpose), t.Void, t.Alarm, t.Invalid, t.Meets
		if t.Invalid != "" {
			w.Broke, w.Behind = "", false // it says nothing of the promise
		}
	}
}

// searchWindows is how many windows to expect of the search.
func (p Plan) searchWindows() int {
	if p.Search == nil {
		return 0
	}
	return usualWindows * int(p.Search.searches())
}

// conclude writes the result down in the words of the saved run.
func (s *searching) conclude(r boundary.Result) {
	s.note(r.State)
	b := s.into
	b.Low, b.High, b.Regular, b.Reason, b.Account, b.Next = r.Interval.Low, r.Interval.High, r.Regular, string(r.Reason), r.Sentence, r.Next
	b.BracketLow, b.BracketHigh, b.Wider = r.Bracket.Low, r.Bracket.High, r.Wider
	b.BudgetSeconds += s.plan.Search.Budget.Seconds()
	switch r.Reason {
	case boundary.ReasonBudget:
		b.Next = "go on from here with more time: tristore capacity --resume RUN --budget TIME"
	case boundary.ReasonInterrupted, boundary.ReasonProbe:
		b.Next = "go on from here: tristore capacity --resume RUN"
	default:
	}
	b.Certified = nil
	for _, c := range r.Certified {
		b.Certified = append(b.Certified, result.CertifiedLoad{Scale: c.Load, Answer: c.Answer.String(), Path: c.Path, Void: c.Void})
	}
}
