package boundary

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
)

// Simulated is a cluster whose boundary is known: it answers a window by a queue's
// formula and chance, and takes no time. It is what the search is proved on.
//
// p99 in ms is 4*(1 + 1.5*q^4/(1-q)) with q = load/Capacity; to its logarithm come
// normal noise, an exponential extra in outlying windows, and the drift. From q = 1 on,
// no window passes and none has a p99.
type Simulated struct {
	Capacity float64 // load at which the queue never ends
	LimitMs  float64 // of p99
	Noise    float64 // standard deviation of ln p99 between windows
	Outliers float64 // chance that a window has an extra, exponential with mean 0.5, in ln p99
	Drift    float64 // height of the slow sine that ln p99 rides on
	Period   float64 // of the sine, in windows; 0 means 100
	Seed     uint64
}

// IdleMs is the p99 of a simulated cluster without load.
const IdleMs = 4

// Check refuses what is no cluster.
func (c Simulated) Check() error {
	switch {
	case !(c.Capacity >= 0.01 && c.Capacity <= 1e9):
		return fmt.Errorf("capacity is a load within 0.01 and 1e9: it cannot be %g", c.Capacity)
	case !(c.LimitMs > 0 && c.LimitMs <= 1e9):
		return fmt.Errorf("the SLO is a p99 above 0 and at most 1e9 ms: it cannot be %g ms", c.LimitMs)
	case c.LimitMs <= IdleMs:
		return fmt.Errorf("an SLO of %g ms is broken by the idle cluster, whose p99 is %d ms: ask for more", c.LimitMs, IdleMs)
	case !(c.Noise >= 0 && c.Noise <= 3):
		return fmt.Errorf("noise is the standard deviation of ln p99, within 0 and 3: it cannot be %g", c.Noise)
	case !(c.Outliers >= 0 && c.Outliers < 0.5):
		return fmt.Errorf("outliers is the chance of a window to be one, at least 0 and less than a half: it cannot be %g", c.Outliers)
	case !(c.Drift >= 0 && c.Drift <= 3):
		return fmt.Errorf("drift is the height of a sine in ln p99, within 0 and 3: it cannot be %g", c.Drift)
	}
	return nil
}

// Probe measures the cluster from the given window on, counted from 0: what a window
// says depends on Seed, its number and its load alone, so a resumed search sees what an
// unbroken one would have.
func (c Simulated) Probe(from int) Probe {
	clock := c.clock(from)
	return func(_ context.Context, load float64) (Window, error) { return c.window(clock, load), nil }
}

// Beside is the cluster as it is, and the same one with so many times the capacity, on
// one machine: the windows of both follow each other in one drift.
func (c Simulated) Beside(gain float64) (plain, more Probe) {
	clock, other := c.clock(0), c
	other.Capacity *= gain
	return func(_ context.Context, load float64) (Window, error) { return c.window(clock, load), nil },
		func(_ context.Context, load float64) (Window, error) { return other.window(clock, load), nil }
}

// clock counts the windows of one machine and makes their chance.
type clock struct {
	number        uint64
	source        *rand.PCG
	chance        *rand.Rand
	phase, period float64
}

func (c Simulated) clock(from int) *clock {
	k := &clock{number: uint64(from), source: rand.NewPCG(c.Seed, 0x6472696674), period: c.Period}
	k.chance = rand.New(k.source)
	k.phase = 2 * math.Pi * k.chance.Float64()
	if k.period == 0 {
		k.period = 100
	}
	return k
}

func (c Simulated) window(k *clock, load float64) Window {
	k.source.Seed(c.Seed, 0x77696e646f77+k.number*0x9e3779b97f4a7c15)
	extra := c.Drift*math.Sin(k.phase+2*math.Pi*float64(k.number)/k.period) + c.Noise*k.chance.NormFloat64()
	if k.chance.Float64() < c.Outliers {
		extra += 0.5 * k.chance.ExpFloat64()
	}
	k.number++
	p99 := c.p99(load) * math.Exp(extra)
	w := Window{P99Ms: p99, LimitMs: c.LimitMs, Meets: p99 <= c.LimitMs}
	if math.IsInf(p99, 1) {
		w.P99Ms = 0
	}
	return w
}

// Boundary is the truth: the load at which p99 without chance and drift meets the limit; 0
// when no load does.
func (c Simulated) Boundary() float64 {
	low, high := 0.0, c.Capacity
	if c.p99(0) > c.LimitMs {
		return 0
	}
	for range 100 {
		if half := (low + high) / 2; c.p99(half) <= c.LimitMs {
			low = half
		} else {
			high = half
		}
	}
	return low
}

// p99 in ms without chance; infinite from the capacity on.
func (c Simulated) p99(load float64) float64 {
	q := load / c.Capacity
	if q >= 1 {
		return math.Inf(1)
	}
	return IdleMs * (1 + 1.5*q*q*q*q/(1-q))
}
