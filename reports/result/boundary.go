package result

import "encoding/json"

// Boundary is the search for the load at which the shared cluster breaks the promise to
// the auth path. Loads are scales of the split's own two rates: both grow together.
type Boundary struct {
	Quantile string  `json:"quantile"` // of the auth latency that the promise is about: p95 or p99
	LimitMs  float64 `json:"limit_ms"`

	// Low and High enclose the boundary, in scales; 0 is an end that is not known.
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Regular bool    `json:"regular"` // as narrow as planned, with the error rates of the search
	Reason  string  `json:"reason"`  // why it is not regular
	Account string  `json:"account"` // of how the search ended, in scales
	Next    string  `json:"next"`    // the cheapest step to a regular one
	// BracketLow and BracketHigh are the certified loads; they are no confidence interval.
	BracketLow  float64 `json:"bracket_low"`
	BracketHigh float64 `json:"bracket_high"`
	Wider       float64 `json:"wider"` // the bracket, in planned widths; 0 without one

	// IdleMs is the promised quantile of auth when one request at a time is made of the idle
	// cluster; 0 when not asked. No load does better.
	IdleMs float64 `json:"idle_ms,omitempty"`
	// Plan is the search's own; with it and the windows an interrupted search goes on.
	Plan          json.RawMessage `json:"plan,omitempty"`
	WindowSeconds float64         `json:"window_s,omitempty"` // of each window, longer where its load is low

	Certified []CertifiedLoad  `json:"certified"`
	Windows   []BoundaryWindow `json:"windows"` // in the order of time
	// Mixes are loads of other mixes that were tried when the search had found its bracket.
	Mixes         []Classified `json:"mixes,omitempty"`
	BudgetSeconds float64      `json:"budget_s"`
	Seconds       float64      `json:"seconds"` // that the search took
}

// CertifiedLoad is one load put to the sequential test.
type CertifiedLoad struct {
	Scale  float64 `json:"scale"`
	Answer string  `json:"answer"`         // good, bad, undecided
	Path   string  `json:"path"`           // one + for a window that kept the promise, one - for one that broke it
	Void   int     `json:"void,omitempty"` // the alarm that took its say away
}

// Classified is one load that was put to the sequential test by itself, beside the search.
type Classified struct {
	CertifiedLoad
	// Collections is the rate of collections over that of the searched mix at this scale.
	Collections float64          `json:"collections"`
	Why         string           `json:"why,omitempty"` // why the test was not closed
	Windows     []BoundaryWindow `json:"windows"`
}

// BoundaryWindow is one window of the search.
type BoundaryWindow struct {
	Purpose   string  `json:"purpose"` // screen, certify, guard low, …
	Scale     float64 `json:"scale"`
	Seconds   float64 `json:"seconds"`
	Meets     bool    `json:"meets"`
	Broke     string  `json:"broke,omitempty"`  // which part of the promise; empty when kept
	Behind    bool    `json:"behind,omitempty"` // it broke by more than latency: arrivals failed, or did not end in time
	LatencyMs float64 `json:"latency_ms"`       // the promised quantile of auth; 0 when nothing was answered
	CanaryMs  float64 `json:"canary_ms"`        // a fixed piece of work just before, which speaks of the machine alone
	Invalid   string  `json:"invalid,omitempty"`
	Void      int     `json:"void,omitempty"`
	Alarm     string  `json:"alarm,omitempty"`

	AuthV2 string `json:"auth_hdr_v2,omitempty"` // the latencies of auth, as in Histogram

	Auth        WindowLoad `json:"auth"`
	Collections WindowLoad `json:"collections"`
}

// WindowLoad is what one workload did in a window.
type WindowLoad struct {
	Offered  float64 `json:"offered_per_s"`
	Achieved float64 `json:"achieved_per_s"`
	Counts   Counts  `json:"counts"`
	P50Ms    float64 `json:"p50_ms"`
	P95Ms    float64 `json:"p95_ms"`
	P99Ms    float64 `json:"p99_ms"`
	P999Ms   float64 `json:"p999_ms"`
	PacingMs float64 `json:"pacing_ms"` // the promised quantile of the generator's own delay
	// Lag runs from the due time to the call, of every started arrival.
	Lag Histogram `json:"lag"`
}
