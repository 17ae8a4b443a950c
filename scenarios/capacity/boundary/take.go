package boundary

import (
	"context"
	"errors"
	"fmt"
)

// ErrSpent is what a probe returns when the time for windows is spent.
var ErrSpent = errors.New("the time for windows is spent")

// tries of one window: an invalid one is repeated twice.
const tries = 3

// take has one more window measured. Before it, the guard may want some of its own.
func (s *search) take(ctx context.Context, purpose Purpose, load float64) error {
	if err := s.guard(ctx); err != nil {
		return err
	}
	return s.measure(ctx, purpose, load)
}

// measure takes one valid window. It returns errVoided when the window raised an alarm.
func (s *search) measure(ctx context.Context, purpose Purpose, load float64) error {
	var why string
	for range tries {
		if len(s.taken) >= s.plan.Windows {
			return &stop{reason: ReasonBudget, detail: fmt.Sprintf("the budget of %d windows is spent", s.plan.Windows)}
		}
		window, err := s.next(ctx, purpose, load)
		if err != nil {
			return err
		}
		live := len(s.taken) >= len(s.saved)
		alarm := s.record(Taken{Purpose: purpose, Load: load, Window: window})
		if live && s.plan.Save != nil {
			if err := s.plan.Save(s.state()); err != nil {
				return &stop{reason: ReasonProbe, detail: fmt.Sprintf("saving the state of the search: %v", err), cause: err}
			}
		}
		if alarm {
			return errVoided
		}
		if why = window.Invalid; why == "" {
			return nil
		}
	}
	return &stop{reason: ReasonInvalid, detail: fmt.Sprintf("load %s gave no valid window in %d tries: %s", show(load), tries, why)}
}

// next gives the saved window that comes next, or one from the cluster.
func (s *search) next(ctx context.Context, purpose Purpose, load float64) (Window, error) {
	number := len(s.taken)
	if number < len(s.saved) {
		if t := s.saved[number]; t.Purpose != purpose || t.Load != load {
			err := fmt.Errorf("window %d of the saved state is %q at load %s, where its search takes %q at %s: it was saved by another plan or version", number+1, t.Purpose, show(t.Load), purpose, show(load))
			return Window{}, &stop{reason: ReasonPlan, detail: err.Error(), cause: err}
		}
		return s.saved[number].Window, nil
	}
	if err := ctx.Err(); err != nil {
		return Window{}, &stop{reason: ReasonInterrupted, detail: err.Error(), cause: err}
	}
	window, err := s.probe(ctx, load)
	if errors.Is(err, ErrSpent) {
		return Window{}, &stop{reason: ReasonBudget, detail: err.Error()}
	}
	if err != nil {
		reason := ReasonProbe
		if ctx.Err() != nil {
			reason = ReasonInterrupted
		}
		return Window{}, &stop{reason: reason, detail: fmt.Sprintf("window %d at load %s: %v", number+1, show(load), err), cause: err}
	}
	return s.checked(window), nil
}

// count is how many standing windows of a purpose a load has passed and failed.
func (s *search) count(purpose Purpose, load float64) (passes, fails int) {
	for _, t := range s.taken {
		switch {
		case t.Purpose != purpose || t.Load != load || !t.standing():
		case t.Meets:
			passes++
		default:
			fails++
		}
	}
	return passes, fails
}

// state is a copy: what was handed out does not change as the search goes on. Saved
// windows that were not come to are kept.
func (s *search) state() State {
	taken := append([]Taken(nil), s.taken...)
	if len(s.saved) > len(taken) {
		taken = append(taken, s.saved[len(taken):]...)
	}
	return State{Plan: s.plan, Taken: taken}
}
