package boundary

import (
	"fmt"
	"math"
)

// Window is what one load did to the cluster for one window.
type Window struct {
	// Meets says that every store kept its latency and error limits and achieved the
	// load that was offered.
	Meets bool `json:"meets"`
	// P99Ms and LimitMs are those of the store nearest to breaking its latency limit, or
	// furthest beyond. P99Ms is 0 when nothing came back to measure; a window that failed
	// within its latency limit, by errors or by a shortfall, says nothing of the slope.
	P99Ms   float64 `json:"p99_ms"`
	LimitMs float64 `json:"limit_ms"`
	// Requests of the store with the fewest; 0 when not told.
	Requests int `json:"requests,omitempty"`
	// CanaryMs is the time of a fixed piece of work beside the database, just before the
	// window: it speaks of the machine alone. 0 without one.
	CanaryMs float64 `json:"canary_ms,omitempty"`
	// Invalid says why the window measured the harness or the machine, not the cluster.
	Invalid string `json:"invalid,omitempty"`
}

// Purpose is why a window was taken; only those that certify count as answers.
type Purpose string

// The purposes.
const (
	Screen    Purpose = "screen"     // the ramp looks where to begin
	Certify   Purpose = "certify"    // the sequential test of a load
	GuardLow  Purpose = "guard low"  // does the load that passed still pass?
	GuardHigh Purpose = "guard high" // does the load that failed still fail?
	FlankLow  Purpose = "flank low"  // is a load well below the bracket clear of the limit?
	FlankHigh Purpose = "flank high" // is one well above?
)

func (p Purpose) guards() bool { return p == GuardLow || p == GuardHigh }

// Taken is one window of the search, in the order of time.
type Taken struct {
	Purpose Purpose `json:"purpose"`
	Load    float64 `json:"load"`
	// Void is the number, from 1, of the alarm that took this window's say away; 0 stands.
	Void int `json:"void,omitempty"`
	// Alarm says why this window of the guard took the say of windows before it away.
	Alarm string `json:"alarm,omitempty"`
	Window
}

// standing windows may be reasoned from.
func (t Taken) standing() bool { return t.Void == 0 && t.Invalid == "" }

// timed tells whether it is the p99 that the window passed or failed by.
func (t Taken) timed() bool { return t.P99Ms > 0 && t.Meets == (t.P99Ms <= t.LimitMs) }

// strain is the logarithm of the p99 over its limit, infinite where the window broke by
// more than latency.
func (t Taken) strain() float64 {
	if !t.timed() {
		return math.Inf(1)
	}
	return math.Log(t.P99Ms / t.LimitMs)
}

// State is the whole of a search: resumed from it, the search comes to the same result.
// It is plain data and survives JSON.
type State struct {
	Plan  Plan    `json:"plan"`
	Taken []Taken `json:"taken"`
}

// sound refuses a saved state that no search can have left.
func (s *search) sound() error {
	for i, t := range s.saved {
		if checked := s.checked(t.Window); checked.Invalid != t.Invalid || !(t.Load >= s.plan.Lowest && t.Load <= s.plan.Highest) {
			return fmt.Errorf("window %d of the saved state does not fit its plan: load %g, %s", i+1, t.Load, checked.Invalid)
		}
	}
	return nil
}

// checked gives a window as the search may use it: one that contradicts itself, or says
// nothing, is invalid and never a pass.
func (s *search) checked(w Window) Window {
	if w.Invalid != "" {
		return Window{Invalid: w.Invalid}
	}
	if math.IsInf(w.P99Ms, 1) && !w.Meets {
		w.P99Ms = 0 // saturated: there is no p99, and JSON has no infinity
	}
	switch {
	case !(w.P99Ms >= 0) || math.IsInf(w.P99Ms, 0):
		return Window{Invalid: fmt.Sprintf("a p99 of %g ms is none", w.P99Ms)}
	case !(w.LimitMs > 0) || math.IsInf(w.LimitMs, 0):
		return Window{Invalid: fmt.Sprintf("a limit of %g ms is none", w.LimitMs)}
	case w.Meets && w.P99Ms == 0:
		return Window{Invalid: "the promise was called kept without a p99"}
	case w.Meets && w.P99Ms > w.LimitMs:
		return Window{Invalid: fmt.Sprintf("the promise was called kept at %g ms, over the limit of %g ms", w.P99Ms, w.LimitMs)}
	case !(w.CanaryMs >= 0) || math.IsInf(w.CanaryMs, 0):
		return Window{Invalid: fmt.Sprintf("a canary of %g ms is none", w.CanaryMs)}
	case w.Requests < 0 || w.Requests > 0 && w.Requests < s.plan.MinRequests:
		return Window{Invalid: fmt.Sprintf("the window held %d requests of a store, too few for a p99: lengthen it to hold %d", w.Requests, s.plan.MinRequests)}
	}
	return w
}
