package boundary

import (
	"fmt"
	"math"
)

// Result is what a search came to.
type Result struct {
	// Interval holds the load at which p99 meets the limit: the certified bracket,
	// widened by the zone.
	Interval Interval `json:"interval"`
	// Regular results reached the planned width and stand with the stated error rates.
	// An irregular one is only what was known when the search ended, and why it did.
	Regular  bool   `json:"regular"`
	Reason   Reason `json:"reason"` // empty when regular
	Sentence string `json:"sentence"`
	Next     string `json:"next"` // the cheapest step to a regular result; empty when regular

	Windows  int `json:"windows"`  // taken in all
	Screened int `json:"screened"` // of these, by the ramp
	Invalid  int `json:"invalid"`  // of these, measured the harness
	Voided   int `json:"voided"`   // of these, lost their say to an alarm
	Alarms   int `json:"alarms"`   // of the drift guard

	// Bracket is the highest load certified good and the lowest certified bad. It is no
	// confidence interval: it misses the boundary far more often than its width suggests.
	Bracket Interval `json:"bracket"`
	// Wider is how many times wider, in ln load, the bracket is than planned; 1 when the
	// plan was reached, 0 without a bracket.
	Wider     float64     `json:"wider"`
	Zone      Zone        `json:"zone"`
	Certified []Certified `json:"certified"` // in order of their first window

	State State `json:"state"` // the search can be resumed from it
	Err   error `json:"-"`     // what ended an interrupted or broken search
}

// Estimate is the middle of the bracket; 0 without both ends.
func (r Result) Estimate() float64 { return math.Sqrt(r.Bracket.Low * r.Bracket.High) }

// result sums a search up; ended is nil when the planned width was reached.
func (s *search) result(ended *stop) Result {
	r := Result{
		Windows: len(s.taken), Alarms: s.alarms(), Certified: s.paths(), State: s.state(),
		Bracket: Interval{s.low, s.high},
	}
	for _, t := range s.taken {
		switch {
		case t.Invalid != "":
			r.Invalid++
		case t.Void != 0:
			r.Voided++
		case t.Purpose == Screen:
			r.Screened++
		}
	}
	if r.Bracket.Both() {
		r.Wider = max(1, math.Log(s.high/s.low)/math.Log1p(s.plan.Width))
	}
	r.Zone = s.zone()
	if r.Zone.Low > 0 {
		r.Interval.Low = s.low * math.Exp(-r.Zone.Low)
	}
	if r.Zone.High > 0 {
		r.Interval.High = s.high * math.Exp(r.Zone.High)
	}
	if ended == nil {
		ended = s.tooNoisy(r)
	}
	if ended == nil {
		r.Regular = true
		r.Sentence = fmt.Sprintf("the promise is kept up to a load between %s and %s (regular: %d loads certified by %d windows)", show(r.Interval.Low), show(r.Interval.High), len(r.Certified), r.Windows)
		return r
	}
	r.Reason, r.Next, r.Err = ended.reason, ended.reason.next(), ended.cause
	r.Sentence = fmt.Sprintf("irregular, %s: %s; %s", ended.reason, ended.detail, known(r))
	return r
}

// tooNoisy refuses the name of regular to a bracket whose zone is unknown or wide.
func (s *search) tooNoisy(r Result) *stop {
	wide := widestOfWidth * math.Log1p(s.plan.Width)
	switch {
	case r.Zone.Low == 0 || r.Zone.High == 0:
		return &stop{reason: ReasonNoise, detail: "the latency of the windows does not explain which of them failed, so the bracket cannot be widened to an interval"}
	case r.Zone.Low > wide || r.Zone.High > wide:
		return &stop{reason: ReasonNoise, detail: fmt.Sprintf("the noise between windows, %.0f %% of p99, blurs the boundary over %.0f %% of load", 100*r.Zone.Noise, 100*max(r.Zone.Low, r.Zone.High))}
	}
	return nil
}

// known says in words what an irregular result still knows.
func known(r Result) string {
	switch i := r.Interval; {
	case i.Both():
		return fmt.Sprintf("the promise was kept below %s and broken above %s, a bracket %.1f times as wide as planned", show(i.Low), show(i.High), r.Wider)
	case i.Low > 0:
		return fmt.Sprintf("the boundary is not below %s; where it is was not found", show(i.Low))
	case i.High > 0:
		return fmt.Sprintf("the boundary is not above %s; where it is was not found", show(i.High))
	default:
		return "nothing is known of the boundary"
	}
}

// show prints a load with four digits.
func show(load float64) string { return fmt.Sprintf("%.4g", load) }
