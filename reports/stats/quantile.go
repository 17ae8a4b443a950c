package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Interval is a confidence interval of one quantity.
type Interval struct {
	Low, High float64
	// Confidence is what the interval reaches, at least what was asked; 0 without one.
	Confidence float64
	Samples    int
	// Needed is the fewest samples from which an interval of the asked confidence exists.
	Needed int
}

// Enough tells whether the interval exists; Low and High mean nothing otherwise.
func (i Interval) Enough() bool { return i.Needed > 0 && i.Samples >= i.Needed }

// Quantile is the interval of the q-quantile from the order statistics of samples.
// Assumption: independent samples of one continuous distribution, of whatever shape.
// Samples are not reordered; one that is not a number makes the interval too few.
func Quantile(samples []float64, q, confidence float64) Interval {
	ranks := QuantileRanks(len(samples), q, confidence)
	found := Interval{Confidence: ranks.Confidence, Samples: len(samples), Needed: ranks.Needed}
	if slices.ContainsFunc(samples, math.IsNaN) {
		return Interval{Samples: 0, Needed: max(1, ranks.Needed)}
	}
	if !ranks.Enough() {
		return found
	}
	sorted := slices.Sorted(slices.Values(samples))
	found.Low, found.High = sorted[ranks.Low-1], sorted[ranks.High-1]
	return found
}

// Ranks are the 1-based places of two order statistics that enclose a quantile.
type Ranks struct {
	Low, High  int
	Confidence float64
	Samples    int
	Needed     int
}

// Enough tells whether there are such places.
func (r Ranks) Enough() bool { return r.Needed > 0 && r.Samples >= r.Needed }

// QuantileRanks encloses the q-quantile of n samples with equal tails: the chance
// that the quantile lies below the lower, or above the upper, is at most half of
// 1-confidence each. Assumption: independent samples of one continuous distribution.
// Outside 0 < q < 1 and 0 < confidence < 1 no number of samples is enough: Needed is
// then beyond every n.
func QuantileRanks(n int, q, confidence float64) Ranks {
	if !inside(q) || !inside(confidence) {
		return Ranks{Samples: n, Needed: math.MaxInt}
	}
	tail := (1 - confidence) / 2
	// The lower tail exists from (1-q)^n <= tail on, the upper from q^n <= tail on.
	needed := int(math.Ceil(math.Log(tail) / math.Log(math.Max(q, 1-q))))
	r := Ranks{Samples: n, Needed: needed}
	if n < needed {
		return r
	}
	// X counts the samples below the quantile: binomial(n, q). The l-th order statistic
	// is above the quantile when X <= l-1; the u-th is below it when X >= u.
	r.Low = largest(1, n, func(l int) bool { return atMost(l-1, n, q) <= tail })
	r.High = 1 + largest(1, n, func(u int) bool { return 1-atMost(u-1, n, q) > tail })
	r.Confidence = atMost(r.High-1, n, q) - atMost(r.Low-1, n, q)
	return r
}

// SamplesFor is how many samples are needed, when over of them exceed a limit, to say
// with one-sided confidence that the q-quantile is within the limit. Assumption:
// independent samples. It is the exact binomial tail, as MLPerf's load generator uses it.
func SamplesFor(over int, q, confidence float64) int {
	if over < 0 || !inside(q) || !inside(confidence) {
		return math.MaxInt
	}
	high := over + 1
	for atMost(over, high, 1-q) > 1-confidence {
		high *= 2 // ends: the tail falls exponentially in the number of samples
	}
	return 1 + largest(high/2-1, high-1, func(n int) bool { return n <= over || atMost(over, n, 1-q) > 1-confidence })
}

func inside(p float64) bool { return p > 0 && p < 1 }

// atMost is P(X <= k) for a binomial X of n trials with chance p.
func atMost(k, n int, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n:
		return 1
	default:
		return mathext.RegIncBeta(float64(n-k), float64(k+1), 1-p)
	}
}

// largest is the last i of [low, high] for which holds is true, by bisection: holds
// must be true and then false. It is low when holds is true nowhere.
func largest(low, high int, holds func(int) bool) int {
	for low < high {
		middle := low + (high-low+1)/2
		if holds(middle) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}
