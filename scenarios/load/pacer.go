package load

import (
	"math"
	"time"
)

// Pacer says when arrivals are due. It is a pure function of the arrival's number, so
// that any number of generators can walk one sequence and each take its share.
type Pacer interface {
	// Next is when an arrival (0, 1, 2 …) is due after the run's zero, given when the one
	// before it was due; zero goes with arrival 0. It never goes back.
	Next(previous time.Duration, arrival int64) time.Duration
	// Rate is the planned number of arrivals per second.
	Rate() float64
}

// Constant spaces arrivals evenly.
type Constant struct{ PerSecond float64 }

// Next serves Pacer. It is computed from the number alone, so that rounding to whole
// nanoseconds never adds up.
func (c Constant) Next(_ time.Duration, arrival int64) time.Duration {
	return since(float64(arrival) / c.PerSecond)
}

// Rate serves Pacer.
func (c Constant) Rate() float64 { return c.PerSecond }

// Poisson spaces arrivals by independent exponential gaps, as many independent users
// do: short queues form even below capacity, which even spacing would hide.
type Poisson struct {
	PerSecond float64
	Seed      uint64
}

// Next serves Pacer: gap number n is drawn from (seed, n).
func (p Poisson) Next(previous time.Duration, arrival int64) time.Duration {
	return previous + since(-math.Log(unit(p.Seed, arrival))/p.PerSecond)
}

// Rate serves Pacer.
func (p Poisson) Rate() float64 { return p.PerSecond }

// since is a duration of so many seconds; what a duration cannot hold is its end.
func since(seconds float64) time.Duration {
	if nanoseconds := seconds * float64(time.Second); nanoseconds < math.MaxInt64 {
		return time.Duration(nanoseconds)
	}
	return math.MaxInt64
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
