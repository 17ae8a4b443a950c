package boundary

import "math"

// Answer is what certifying a load came to. The zero value decides nothing.
type Answer int

// The answers.
const (
	Undecided Answer = iota // neither, within the windows allowed
	Good                    // keeps the promise: windows pass with chance 0.8 or more, unless the answer is wrong
	Bad                     // breaks it: windows pass with chance 0.2 or less, likewise
)

func (a Answer) String() string {
	switch a {
	case Good:
		return "good"
	case Bad:
		return "bad"
	default:
		return "undecided"
	}
}

// MarshalText writes the answer as a word.
func (a Answer) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// The hypotheses of the sequential test; loads whose windows pass with a chance in
// between are in its zone of indifference, and may be answered either way.
const (
	goodOdds = 0.8
	badOdds  = 1 - goodOdds
)

// barrier is how far passes must outnumber fails to be Good, or fails passes to be Bad,
// so that a load outside the zone is misfiled with chance Alpha/Loads at most. The odds
// are symmetrical, so one window is always worth the same step.
func (p Plan) barrier() int {
	alpha := p.Alpha / float64(max(1, p.Loads))
	return int(math.Ceil(math.Log((1-alpha)/alpha) / math.Log(goodOdds/badOdds)))
}

// sequential is Wald's test of Good against Bad, over the windows of one load in order.
type sequential struct {
	barrier, most int // steps to decide, windows at most
	lead, windows int // passes beyond fails, windows seen
	answer        Answer
	closed        bool
}

// see takes one window in; what comes after the decision changes nothing.
func (t *sequential) see(passed bool) {
	if t.closed {
		return
	}
	t.windows++
	if t.lead--; passed {
		t.lead += 2
	}
	switch {
	case t.lead >= t.barrier:
		t.answer, t.closed = Good, true
	case t.lead <= -t.barrier:
		t.answer, t.closed = Bad, true
	case t.windows >= t.most:
		t.closed = true
	}
}

// answer gives the test's answer for a load from its standing windows, and whether it
// still wants some.
func (s *search) answer(load float64) (_ Answer, open bool) {
	test := sequential{barrier: s.plan.barrier(), most: s.plan.PerLoad}
	for _, t := range s.taken {
		if t.Purpose == Certify && t.Load == load && t.standing() {
			test.see(t.Meets)
		}
	}
	return test.answer, !test.closed
}
