package stats

import "math"

// Decision is what an over-limit budget allows to say. The zero value says nothing.
type Decision int

// The decisions.
const (
	Undecided Decision = iota
	Holds              // the quantile is within the limit
	Broken             // the quantile is beyond the limit
)

// Budget decides whether the q-quantile is within a limit, each way with the same
// one-sided confidence, from how many samples of n exceeded the limit. Assumption:
// independent samples. Between both nothing is said: a p99 a hair's breadth below its
// limit is undecided until enough samples were seen.
func Budget(over, n int, q, confidence float64) Decision {
	if over < 0 || n < 1 || over > n || !inside(q) || !inside(confidence) {
		return Undecided
	}
	switch {
	case atMost(over, n, 1-q) <= 1-confidence:
		return Holds
	case 1-atMost(over-1, n, 1-q) <= 1-confidence:
		return Broken
	default:
		return Undecided
	}
}

// SamplesToDecide is from about how many samples on Budget decides, when the same share of
// them exceeds the limit; 0 when no number is enough, since the share is the budget itself.
func SamplesToDecide(over, n int, q, confidence float64) int {
	if over < 0 || n < 1 || over > n {
		return 0
	}
	share := float64(over) / float64(n)
	decided := func(samples int) bool {
		return Budget(int(math.Round(share*float64(samples))), samples, q, confidence) != Undecided
	}
	high := 1
	for !decided(high) {
		if high *= 2; high > mostSamples {
			return 0
		}
	}
	return 1 + largest(max(0, high/2-1), high-1, func(samples int) bool { return samples == 0 || !decided(samples) })
}

// mostSamples bounds the search: nobody runs a window of more.
const mostSamples = 1 << 30
