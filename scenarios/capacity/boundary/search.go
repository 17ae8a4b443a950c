package boundary

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Probe offers one load to the cluster for one window and says what came of it. The
// search calls it from one goroutine, one call at a time. An error says that the
// cluster cannot be measured at all and ends the search; a window that measured the
// harness and not the cluster is not an error but Window.Invalid, and is repeated.
type Probe func(ctx context.Context, load float64) (Window, error)

// Search looks for the highest load at which the cluster keeps its promise. It always
// returns; what was found by then stands in the result, and its state can be resumed.
func Search(ctx context.Context, probe Probe, plan Plan) Result {
	return Resume(ctx, probe, State{Plan: plan})
}

// Resume continues a search from a saved state, to the same result that the search
// would have had without the break. A finished state gives its result without a window.
func Resume(ctx context.Context, probe Probe, state State) Result {
	s := &search{plan: state.Plan, probe: probe, saved: state.Taken}
	err := errors.Join(s.plan.check(), s.sound())
	if err != nil {
		return s.result(&stop{reason: ReasonPlan, detail: err.Error(), cause: err})
	}
	for {
		err = s.run(ctx)
		if !errors.Is(err, errVoided) {
			break
		}
		if s.alarms() > mostAlarms { // what bounds this loop: each turn adds one alarm
			s.low, s.high = 0, 0 // stood on windows that have lost their say
			err = &stop{reason: ReasonDrift, detail: fmt.Sprintf("the machine or the cluster changed %d times while it was searched", s.alarms())}
			break
		}
	}
	var ended *stop
	errors.As(err, &ended)
	return s.result(ended)
}

// search is one search under way. Everything that it decides, it decides from the plan
// and from taken, so the windows of a saved state take it again to where it was saved.
// After an alarm run is begun again: it finds what still stands in taken, and asks the
// cluster for the rest only.
type search struct {
	plan  Plan
	probe Probe
	saved []Taken // windows of a resumed state; one is taken from here while there are any
	taken []Taken // in the order of time

	// The certified bracket as far as run has come, 0 when there is none.
	low, high float64
}

// run is the algorithm. It returns nil when the bracket is as narrow as planned, a
// *stop when it cannot become so, and errVoided when it must be begun again.
func (s *search) run(ctx context.Context) error {
	s.low, s.high = 0, 0
	middle, err := s.ramp(ctx)
	if err == nil {
		err = s.bracket(ctx, middle)
	}
	if err == nil {
		err = s.bisect(ctx)
	}
	if s.low > 0 && s.high > 0 && (err == nil || byLuck(err)) {
		if flankErr := s.flanks(ctx); flankErr != nil {
			return flankErr
		}
	}
	if err == nil {
		err = s.reassure(ctx)
	}
	return err
}

// byLuck tells whether a search ended since answers were a matter of luck: its interval
// needs the flanks as much as a regular one does.
func byLuck(err error) bool {
	var ended *stop
	return errors.As(err, &ended) && (ended.reason == ReasonLoads || ended.reason == ReasonUndecided || ended.reason == ReasonNonMonotone)
}

// ramp finds roughly where the promise breaks, by windows that certify nothing: it
// gives the middle between the last load that passed and the first that failed twice.
func (s *search) ramp(ctx context.Context) (float64, error) {
	load := s.plan.Start
	passed, err := s.screen(ctx, load)
	if err != nil {
		return 0, err
	}
	up := passed
	for range mostRampSteps {
		next := s.plan.clamp(load * rampStep)
		if !up {
			next = s.plan.clamp(load / rampStep)
		}
		if next == load {
			return load, nil
		}
		if passed, err = s.screen(ctx, next); err != nil {
			return 0, err
		}
		if passed != up {
			return middle(load, next), nil
		}
		load = next
	}
	return load, nil // not reached: the plan's loads span less than so many steps
}

// screen tells whether a load passes one of at most two windows.
func (s *search) screen(ctx context.Context, load float64) (bool, error) {
	for range screenWindows {
		passes, fails := s.count(Screen, load)
		if passes > 0 || fails == screenWindows {
			return passes > 0, nil
		}
		if err := s.take(ctx, Screen, load); err != nil {
			return false, err
		}
	}
	passes, _ := s.count(Screen, load)
	return passes > 0, nil
}

// bracket certifies a load that fails and one that keeps the promise, beginning at
// load and stepping outwards. The cap on certified loads bounds both loops.
func (s *search) bracket(ctx context.Context, load float64) error {
	for up := load; s.high == 0; {
		answer, err := s.classify(ctx, up)
		if err != nil {
			return err
		}
		if answer == Bad {
			break
		}
		next := s.plan.clamp(up * s.plan.step())
		if next == up {
			if s.low < s.plan.Highest {
				return &stop{reason: ReasonUndecided, detail: fmt.Sprintf("the highest load allowed, %s, is as likely to pass as to fail", show(up))}
			}
			return &stop{reason: ReasonHighest, detail: fmt.Sprintf("the promise is kept at the highest load allowed, %s", show(up))}
		}
		up = next
	}
	for down := load; s.low == 0; {
		next := s.plan.clamp(down / s.plan.step())
		if next == down {
			return &stop{reason: ReasonLowest, detail: fmt.Sprintf("the promise is not kept even at the lowest load allowed, %s", show(down))}
		}
		if _, err := s.classify(ctx, next); err != nil {
			return err
		}
		down = next
	}
	return nil
}

// bisect halves the bracket geometrically. A middle that stays undecided is set aside,
// and the middles of both its sides are tried; where neither moves the bracket, the
// zone in which answers are a matter of luck is wider than the goal.
func (s *search) bisect(ctx context.Context) error {
	for s.high/s.low > s.goal() { // bounded by the cap on certified loads
		low, high := s.low, s.high
		err := s.halve(ctx)
		if err == nil && s.low == low && s.high == high {
			err = &stop{reason: ReasonUndecided, detail: fmt.Sprintf("between %s and %s, passing is a matter of luck", show(low), show(high))}
		}
		var ended *stop
		if errors.As(err, &ended) && high/low <= 1+s.plan.Width && (ended.reason == ReasonUndecided || ended.reason == ReasonLoads) {
			return nil // the last halving was for good measure
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// goal is the ratio of the bracket at which halving ends: the planned one, and its root
// where the zone is not small against it. Any answer inside the zone may be wrong by as
// much as the zone, and a whole bracket beside it would add to that.
func (s *search) goal() float64 {
	if z := s.zone(); max(z.Low, z.High) > blurred*math.Log1p(s.plan.Width) {
		return math.Sqrt(1 + s.plan.Width)
	}
	return 1 + s.plan.Width
}

// halve tries the middle of the bracket, or both sides of a middle that is undecided.
func (s *search) halve(ctx context.Context) error {
	low, high := s.low, s.high
	centre := s.known(middle(low, high))
	answer, err := s.classify(ctx, centre)
	if err != nil || answer != Undecided {
		return err
	}
	for _, flank := range []float64{middle(low, centre), middle(centre, high)} {
		if _, err := s.classify(ctx, s.known(flank)); err != nil {
			return err
		}
	}
	return nil
}

// known gives a load near this one that was left undecided, so that rounding does not
// make a new load of it.
func (s *search) known(load float64) float64 {
	for _, t := range s.taken {
		if t.Purpose == Certify && t.standing() && math.Abs(math.Log(t.Load/load)) < 0.1*s.plan.Width {
			if answer, _ := s.answer(t.Load); answer == Undecided {
				return t.Load
			}
		}
	}
	return load
}

// middle is the geometric one, rounded.
func middle(low, high float64) float64 { return round(math.Sqrt(low * high)) }

// round keeps four digits of a load: more would be noise, and print badly.
func round(load float64) float64 {
	scale := math.Pow(10, 3-math.Floor(math.Log10(load)))
	return math.Round(load*scale) / scale
}
