package boundary

import (
	"context"
	"errors"
	"math"
	"slices"
)

const (
	// guardEach is how many windows the low end of the bracket may go without being looked at.
	guardEach = 10
	// justNow is how many windows ago an end may have been looked at when the search ends.
	justNow = 4
	// guardOdds is the chance, that answers at a load are as contrary as the guard's while
	// nothing changed, below which something did.
	guardOdds = 0.01
	// mostContrary bounds one run of the guard.
	mostContrary = 12
	// mostAlarms is how many there may be before the machine is called too unsteady.
	mostAlarms = 4
)

// errVoided says that windows lost their say and that the algorithm must begin again.
var errVoided = errors.New("the last block was voided")

// guard looks at the low end of the bracket once in a while, for the sequential test
// takes windows of one load to be alike whenever they were taken.
func (s *search) guard(ctx context.Context) error {
	if s.low == 0 || s.recent(s.low, true, guardEach) {
		return nil
	}
	return s.ask(ctx, GuardLow, s.low)
}

// reassure ends a search: the end of the bracket that was not certified last is looked
// at once more, so that a cluster that has changed since is not reported as it was.
func (s *search) reassure(ctx context.Context) error {
	if !s.recent(s.low, true, justNow) {
		if err := s.ask(ctx, GuardLow, s.low); err != nil {
			return err
		}
	}
	if !s.recent(s.high, false, justNow) {
		return s.ask(ctx, GuardHigh, s.high)
	}
	return nil
}

// ask repeats windows at a certified load until one answers as the load was certified,
// two in a row once one did not, or so many were contrary that record raises the alarm.
func (s *search) ask(ctx context.Context, purpose Purpose, load float64) error {
	wanted, agreed := 1, 0
	for range 2 * mostContrary {
		if err := s.measure(ctx, purpose, load); err != nil {
			return err
		}
		if s.contraries() > 0 {
			wanted, agreed = 2, 0
		} else if agreed++; agreed == wanted {
			return nil
		}
	}
	return nil // as often so as not: the load's odds lie in the zone, where they may
}

// record adds a window and tells whether it raised an alarm, in which case the windows
// it speaks against have lost their say.
func (s *search) record(t Taken) (alarm bool) {
	s.taken = append(s.taken, t)
	if t.Invalid != "" || !t.Purpose.guards() {
		return false
	}
	n := s.contraries()
	turned := n >= mostContrary || n > 0 && s.oddsOf(n) < guardOdds
	switch {
	case turned:
		s.taken[len(s.taken)-1].Alarm = "the odds at this load changed"
	case s.canaryMoved():
		s.taken[len(s.taken)-1].Alarm = "the machine changed: its canary moved"
	default:
		return false
	}
	s.void(n, turned)
	return true
}

// void takes their say from the windows of the block before the guard's last n windows,
// and from the guarded load's when its odds turned. A certification that loses a window
// is lost whole: what is left of it was not picked by chance.
func (s *search) void(n int, turned bool) {
	number, left := s.alarms(), guardEach+n
	guarded := s.taken[len(s.taken)-1].Load
	lost := map[float64]bool{guarded: turned}
	for i := len(s.taken) - 1; i >= 0; i-- {
		w := &s.taken[i]
		if w.Invalid != "" {
			continue
		}
		if left > 0 && w.Void == 0 {
			switch w.Purpose {
			case Certify:
				lost[w.Load] = true
			case FlankLow, FlankHigh:
				w.Void = number
			default: // the ramp only finds where to begin, and the guard is what raised the alarm
			}
		}
		left--
	}
	for i := range s.taken {
		if w := &s.taken[i]; w.Purpose == Certify && w.Void == 0 && w.Invalid == "" && lost[w.Load] {
			w.Void = number
		}
	}
}

// oddsOf is the chance that the last n answers at their load, all contrary, fall so if
// the load's odds are what they were: Fisher's exact test of them against the load's
// standing windows before. Four straight passes are turned by five straight fails, and
// a load that was certified by a mixed path by more of them.
func (s *search) oddsOf(n int) float64 {
	last := s.taken[len(s.taken)-1]
	before, against := -n, -n
	for _, t := range s.taken {
		if t.Load == last.Load && t.Purpose != Screen && t.standing() {
			before++
			if t.Meets == last.Meets {
				against++
			}
		}
	}
	chance := 1.0
	for i := 1; i <= n; i++ {
		chance *= float64(against+i) / float64(before+i)
	}
	return chance
}

// alarms counts them.
func (s *search) alarms() int {
	n := 0
	for _, t := range s.taken {
		if t.Alarm != "" {
			n++
		}
	}
	return n
}

// contraries counts the guard's windows at the end that all speak against what their
// load was certified as.
func (s *search) contraries() int {
	n := 0
	for i := len(s.taken) - 1; i >= 0; i-- {
		t := s.taken[i]
		if t.Invalid != "" {
			continue
		}
		if last := s.taken[len(s.taken)-1]; t.Purpose != last.Purpose || t.Load != last.Load ||
			!t.Purpose.guards() || t.Meets == (t.Purpose == GuardLow) {
			break
		}
		n++
	}
	return n
}

// recent tells whether a load answered so among the last windows.
func (s *search) recent(load float64, meets bool, last int) bool {
	left := last
	for i := len(s.taken) - 1; i >= 0 && left > 0; i-- {
		t := s.taken[i]
		if t.Invalid != "" {
			continue
		}
		if t.Load == load && t.Meets == meets && t.Purpose != Screen && t.Void == 0 {
			return true
		}
		left--
	}
	return false
}

// canaryMoved compares the canaries of the last block with those between the last alarm and it: they moved
// when their medians differ by more than the goal width and chance alone would rank
// them so in less than 1 % (Mann and Whitney's test, normal approximation). It speaks
// of the machine, so it needs no window at any load; windows without one are left out.
func (s *search) canaryMoved() bool {
	var all []float64
	for _, t := range s.taken {
		switch {
		case t.Alarm != "":
			all = all[:0]
		case t.Invalid == "" && t.CanaryMs > 0:
			all = append(all, t.CanaryMs)
		}
	}
	if len(all) < 2*guardEach {
		return false
	}
	before, block := all[:len(all)-guardEach], all[len(all)-guardEach:]
	if math.Abs(math.Log(median(block)/median(before))) <= math.Log1p(s.plan.Width) {
		return false
	}
	u := 0.0
	for _, x := range block {
		for _, y := range before {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	n, m := float64(len(block)), float64(len(before))
	z := (math.Abs(u-n*m/2) - 0.5) / math.Sqrt(n*m*(n+m+1)/12)
	return z > 2.5758 // two-sided 1 %
}

// median does not reorder its argument; NaN of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
