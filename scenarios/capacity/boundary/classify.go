package boundary

import (
	"context"
	"errors"
)

// Classified is one load that was put to the sequential test by itself, beside any search.
type Classified struct {
	Certified
	Taken []Taken
	// Why the test was not closed: no time, no valid window, or a probe that broke. Empty
	// where it was, also as undecided.
	Why string
	Err error // what interrupted it or broke its probe
}

// Classify puts one load to the test that a search certifies loads by, with windows of
// its own; none of them was picked by an earlier answer. It always returns.
func Classify(ctx context.Context, probe Probe, plan Plan, load float64) Classified {
	s := &search{plan: plan, probe: probe}
	one := Classified{Certified: Certified{Load: load}}
	err := plan.check()
	for err == nil {
		var open bool
		if one.Answer, open = s.answer(load); !open { // bounded by PerLoad
			break
		}
		err = s.measure(ctx, Certify, load)
	}
	one.Taken = s.taken
	for _, c := range s.paths() {
		one.Certified = c
	}
	if err == nil {
		return one
	}
	one.Answer, one.Why = Undecided, err.Error()
	var ended *stop
	if errors.As(err, &ended) {
		one.Why, one.Err = ended.detail, ended.cause
	}
	return one
}
