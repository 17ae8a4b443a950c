package boundary

import (
	"context"
	"fmt"
	"slices"
)

// Certified is one load put to the sequential test.
type Certified struct {
	Load   float64 `json:"load"`
	Answer Answer  `json:"answer"`
	Passes int     `json:"passes"`
	Fails  int     `json:"fails"`
	Void   int     `json:"void,omitempty"` // the alarm that took its say away
	// Path is the test's: one + for a pass, one - for a fail, in order.
	Path string `json:"path"`
}

// classify certifies one load by windows of its own until the sequential test decides,
// or gives it up as undecided, and moves the bracket.
func (s *search) classify(ctx context.Context, load float64) (Answer, error) {
	for range s.plan.PerLoad + 1 {
		answer, open := s.answer(load)
		if !open {
			return answer, s.move(load, answer)
		}
		if passes, fails := s.count(Certify, load); passes+fails == 0 && s.certified() >= s.plan.Loads {
			return Undecided, &stop{reason: ReasonLoads, detail: fmt.Sprintf("%d loads were certified and the bracket is still wider than %g %%", s.plan.Loads, 100*s.plan.Width)}
		}
		if err := s.take(ctx, Certify, load); err != nil {
			return Undecided, err
		}
	}
	return Undecided, nil // not reached: PerLoad windows close every load
}

// move narrows the bracket by one answer, and ends the search where answers contradict
// each other: a load that fails below one that keeps the promise.
func (s *search) move(load float64, answer Answer) error {
	switch {
	case answer == Good && load > s.low:
		s.low = load
	case answer == Bad && (s.high == 0 || load < s.high):
		s.high = load
	}
	if s.low > 0 && s.high > 0 && s.high <= s.low {
		s.low, s.high = s.high, s.low // the span of what contradicts itself, so that the result still encloses it
		return &stop{reason: ReasonNonMonotone, detail: fmt.Sprintf("%s fails although the higher %s keeps the promise", show(s.low), show(s.high))}
	}
	return nil
}

// certified counts the certifications so far; one that was voided and made again
// counts twice, for each has its own chance to be wrong.
func (s *search) certified() int {
	type certification struct {
		load float64
		void int
	}
	var seen []certification
	for _, t := range s.taken {
		one := certification{t.Load, t.Void}
		if t.Purpose == Certify && t.Invalid == "" && !slices.Contains(seen, one) {
			seen = append(seen, one)
		}
	}
	return len(seen)
}

// paths lists the certifications in order of their first window.
func (s *search) paths() []Certified {
	var all []Certified
	for _, t := range s.taken {
		if t.Purpose != Certify || t.Invalid != "" {
			continue
		}
		at := len(all)
		for j, c := range all {
			if c.Load == t.Load && c.Void == t.Void {
				at = j
			}
		}
		if at == len(all) {
			all = append(all, Certified{Load: t.Load, Void: t.Void})
		}
		c := &all[at]
		if t.Meets {
			c.Passes++
			c.Path += "+"
		} else {
			c.Fails++
			c.Path += "-"
		}
	}
	for i, c := range all {
		if c.Void == 0 {
			all[i].Answer, _ = s.answer(c.Load)
		}
	}
	return all
}
