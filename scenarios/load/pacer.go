package load

import (
	"fmt"
	"math"
	"time"
)

// Pacer says when arrivals are due. It is a pure function of the arrival's number, so
// that any number of generators can walk one sequence and each take its share.
type Pacer interface {
	// Next is when an arrival (0, 1, 2 …) is due after the run's zero, given when the one
	// before it was due; zero goes with arrival 0. It never goes back; Never ends the sequence.
	Next(previous time.Duration, arrival int64) time.Duration
	// Planned is how many arrivals are expected to be due in [begin, end).
	Planned(begin, end time.Duration) float64
	// Check refuses a pacer that says no times, in a sentence for the user.
	Check() error
}

// Never is when an arrival is due that does not come.
const Never = time.Duration(math.MaxInt64)

// Constant spaces arrivals evenly.
type Constant struct{ PerSecond float64 }

// Next serves Pacer. It is computed from the number alone, so that rounding to whole
// nanoseconds never adds up.
func (c Constant) Next(_ time.Duration, arrival int64) time.Duration {
	return since(float64(arrival) / c.PerSecond)
}

// Planned serves Pacer.
func (c Constant) Planned(begin, end time.Duration) float64 {
	return c.PerSecond * (end - begin).Seconds()
}

// Check serves Pacer.
func (c Constant) Check() error { return checkRate(c.PerSecond) }

// Poisson spaces arrivals by independent exponential gaps, as many independent users
// do: short queues form even below capacity, which even spacing would hide.
type Poisson struct {
	PerSecond float64
	Seed      uint64
}

// Next serves Pacer: gap number n is drawn from (seed, n).
func (p Poisson) Next(previous time.Duration, arrival int64) time.Duration {
	return after(previous, since(-math.Log(unit(p.Seed, arrival))/p.PerSecond))
}

// Planned serves Pacer.
func (p Poisson) Planned(begin, end time.Duration) float64 {
	return p.PerSecond * (end - begin).Seconds()
}

// Check serves Pacer.
func (p Poisson) Check() error { return checkRate(p.PerSecond) }

// checkRate: zero is no rate, and neither is what is no number.
func checkRate(perSecond float64) error {
	if !(perSecond > 0) || perSecond > fastest {
		return fmt.Errorf("a rate lies above 0 and is at most %d arrivals per second; asked for %g", fastest, perSecond)
	}
	return nil
}

// fastest bounds a typing error, not an ambition: one thread paces about a million per second.
const fastest = 1_000_000

// since is a duration of so many seconds; what a duration cannot hold is Never.
func since(seconds float64) time.Duration {
	if nanoseconds := seconds * float64(time.Second); nanoseconds < math.MaxInt64 {
		return time.Duration(nanoseconds)
	}
	return Never
}

// after adds and stays at Never.
func after(begin, more time.Duration) time.Duration {
	if more > Never-begin {
		return Never
	}
	return begin + more
}

// unit is uniform in (0, 1], a function of (seed, number): two rounds of splitmix64.
func unit(seed uint64, number int64) float64 {
	x := mix(mix(seed+0x706f6973736f6e) + uint64(number)*0x9e3779b97f4a7c15)
	return float64(x>>11+1) / (1 << 53)
}

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
