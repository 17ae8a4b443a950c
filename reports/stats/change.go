package stats

import (
	"math"
	"slices"
)

// Segment is a stretch [From, To) of a series on which its level stays.
type Segment struct {
	From, To int
	Level    float64 // its median
}

// Segments cuts a series where its level changes, by Pettitt's rank test applied again to
// each part: a cut is made where the chance that no change shows as much is at most
// alpha, and only if the medians of both sides differ by more than a factor. What is
// joined by neither test stays one segment. A series too short to be cut is one segment;
// values that are no number are left out of the ranks and stay where they stand.
// Assumption: readings independent within a segment, of whatever distribution; one spike
// moves no rank far, and so is no change of level.
func Segments(series []float64, alpha, factor float64) []Segment {
	if len(series) == 0 {
		return nil
	}
	at, p := pettitt(series)
	if at <= 0 || at >= len(series) || p > alpha || !apart(series[:at], series[at:], factor) {
		return []Segment{{0, len(series), medianOf(series)}}
	}
	all := Segments(series[:at], alpha, factor)
	for _, s := range Segments(series[at:], alpha, factor) {
		all = append(all, Segment{s.From + at, s.To + at, s.Level})
	}
	return all
}

// pettitt finds the likeliest place of a change and how likely it shows by chance: the
// greatest of the rank sums of the values before each place, with Pettitt's approximation.
func pettitt(series []float64) (at int, p float64) {
	n, sum, greatest := float64(len(series)), 0.0, 0.0
	ranks := ranksOf(series)
	for i, rank := range ranks {
		if sum += 2*rank - n - 1; math.Abs(sum) > greatest && i+1 < len(series) {
			greatest, at = math.Abs(sum), i+1
		}
	}
	return at, min(1, 2*math.Exp(-6*greatest*greatest/(n*n*n+n*n)))
}

// ranksOf gives the mean rank to ties, and the middle one to what is no number.
func ranksOf(series []float64) []float64 {
	order := make([]int, 0, len(series))
	ranks := make([]float64, len(series))
	for i, v := range series {
		if ranks[i] = float64(len(series)+1) / 2; !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case series[a] < series[b]:
			return -1
		case series[a] > series[b]:
			return 1
		default:
			return 0
		}
	})
	shift := float64(len(series)-len(order)) / 2 // keeps ranks centred when some are left out
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && series[order[to]] == series[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+1+to)/2 + shift
		}
		from = to
	}
	return ranks
}

// apart tells whether two medians differ by more than a factor.
func apart(a, b []float64, factor float64) bool {
	before, after := medianOf(a), medianOf(b)
	return before > after*factor || after > before*factor
}

// medianOf is the median of what is a number; 0 where nothing is.
func medianOf(values []float64) float64 {
	numbers := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(numbers) == 0 {
		return 0
	}
	return median(numbers)
}
