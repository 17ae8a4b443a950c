package capacity

import (
	"fmt"

	"tristore/reports/result"
	"tristore/scenarios/capacity/boundary"
)

const (
	// failingLimit is the share of arrivals that may end other than committed.
	failingLimit = 0.001
	// overdueLimit is the share of arrivals that may still be under way when the window
	// ends: more, and the store is not keeping up with what is offered.
	overdueLimit = 0.05
)

// answer tells what a window of both loads says about the promise. Latency counts from
// the due time, so a generator that is late makes a pass harder, never easier: only a
// failure that its delay explains is no answer.
func (s Search) answer(w result.SplitWindow) boundary.Window {
	if w.Auth == nil || w.Collections == nil {
		return boundary.Window{Invalid: "a load of the window was not measured"}
	}
	for _, m := range []*result.Measurement{w.Auth, w.Collections} {
		if why := unsound(m); why != "" {
			return boundary.Window{Invalid: why}
		}
	}
	latency, late := s.of(w.Auth.Latency), s.of(w.Auth.Pacing)
	said := boundary.Window{P99Ms: latency, LimitMs: s.LimitMs, Requests: int(w.Auth.Counts.Due)}
	said.Meets = s.broke(w) == ""
	if behind(w) == "" && latency > s.LimitMs && latency-late <= s.LimitMs {
		return boundary.Window{Invalid: fmt.Sprintf("auth %s is %.3g ms, of which the generator's own delay may be %.3g ms", s.Quantile, latency, late)}
	}
	return said
}

// broke says which part of the promise a sound window broke; empty when it was kept.
func (s Search) broke(w result.SplitWindow) string {
	latency := s.of(w.Auth.Latency)
	switch why := behind(w); {
	case why != "":
		return why
	case !(latency > 0):
		return "no auth request was answered"
	case latency > s.LimitMs:
		return fmt.Sprintf("auth %s is over %g ms", s.Quantile, s.LimitMs)
	default:
		return ""
	}
}

// behind says which load was not answered, or not in time; empty when both were.
func behind(w result.SplitWindow) string {
	for _, m := range []*result.Measurement{w.Auth, w.Collections} {
		c := m.Counts
		switch due := float64(c.Due); {
		case float64(c.Due-c.Committed) > failingLimit*due:
			return fmt.Sprintf("%d of %d %s arrivals were not committed", c.Due-c.Committed, c.Due, m.Workload)
		case float64(c.Overran) > overdueLimit*due:
			return fmt.Sprintf("%d of %d %s arrivals were under way when the window ended", c.Overran, c.Due, m.Workload)
		}
	}
	return ""
}

// unsound says why a measurement may not be read; one without a committed arrival may.
func unsound(m *result.Measurement) string {
	c := m.Counts
	switch {
	case c.Due == 0:
		return "no " + m.Workload + " arrivals"
	case c.Due != c.Committed+c.Refused+c.Unknown+c.Dropped:
		return "arrivals of " + m.Workload + " are unaccounted for"
	case m.Latency.Clipped+m.Service.Clipped+m.Lag.Clipped+m.Pacing.Clipped > 0:
		return "samples of " + m.Workload + " fell outside the recorder's range"
	}
	return ""
}
