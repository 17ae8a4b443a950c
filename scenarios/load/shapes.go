package load

import (
	"fmt"
	"math"
	"time"
)

// Ramp changes the rate evenly from one to another, and keeps the last. An arrival is due
// when the area below the rate reaches its number.
type Ramp struct {
	From, To float64 // arrivals per second; one of them may be zero
	Over     time.Duration
}

// Next serves Pacer: the area From·t + (To-From)·t²/2·Over solved for t, in the form that
// loses no digits when both rates are nearly equal.
func (r Ramp) Next(_ time.Duration, arrival int64) time.Duration {
	n, over := float64(arrival), r.Over.Seconds()
	if climbed := (r.From + r.To) / 2 * over; n >= climbed {
		return after(r.Over, since((n-climbed)/r.To))
	}
	if arrival == 0 {
		return 0
	}
	now := math.Sqrt(max(0, r.From*r.From+2*(r.To-r.From)*n/over)) // the rate at that time
	return since(2 * n / (r.From + now))
}

// Planned serves Pacer.
func (r Ramp) Planned(begin, end time.Duration) float64 { return r.area(end) - r.area(begin) }

// area is how many arrivals are expected before a time.
func (r Ramp) area(until time.Duration) float64 {
	t, over := min(until, r.Over).Seconds(), r.Over.Seconds()
	return r.From*t + (r.To-r.From)*t*t/(2*over) + r.To*max(0, until-r.Over).Seconds()
}

// Check serves Pacer.
func (r Ramp) Check() error {
	if !(r.From >= 0) || !(r.To >= 0) || !(r.From+r.To > 0) || max(r.From, r.To) > fastest || r.Over <= 0 {
		return fmt.Errorf("a ramp goes between two rates from 0 to %d per second, not both zero, within some time; asked for %g to %g over %s", fastest, r.From, r.To, r.Over)
	}
	return nil
}

// Steps holds one rate after the other, and keeps the last.
type Steps []Level

// Level is one of the rates.
type Level struct {
	PerSecond float64 // zero is a pause
	For       time.Duration
}

// Next serves Pacer. Within a level arrivals are spaced evenly; the first one of a level
// is due when the area below the rates reaches its number.
func (s Steps) Next(_ time.Duration, arrival int64) time.Duration {
	n, begin, before := float64(arrival), time.Duration(0), 0.0
	for i, level := range s {
		inside := level.PerSecond * level.For.Seconds()
		if last := i == len(s)-1; n < before+inside || last {
			if level.PerSecond == 0 {
				return Never
			}
			return after(begin, since((n-before)/level.PerSecond))
		}
		begin, before = after(begin, level.For), before+inside
	}
	return Never
}

// Planned serves Pacer.
func (s Steps) Planned(begin, end time.Duration) float64 {
	sum, at := 0.0, time.Duration(0)
	for i, level := range s {
		past := after(at, level.For)
		if i == len(s)-1 {
			past = Never
		}
		sum += level.PerSecond * max(0, min(end, past)-max(begin, at)).Seconds()
		at = past
	}
	return sum
}

// Check serves Pacer.
func (s Steps) Check() error {
	if len(s) == 0 {
		return fmt.Errorf("steps need at least one rate")
	}
	for i, level := range s {
		if !(level.PerSecond >= 0) || level.PerSecond > fastest || level.For <= 0 {
			return fmt.Errorf("step %d needs a rate from 0 to %d per second and a time above zero; asked for %g for %s", i+1, fastest, level.PerSecond, level.For)
		}
	}
	return nil
}
