package stats

import "math"

// Over encloses the ratio of two positive numbers that each lie in an interval; ok is false where one
// of them is none.
//
// Assumption: both intervals are of one confidence, their middle (of the logarithm) errs
// either way, and the two err independently: then half widths add as the sides of a right angle
// do. Where both err together, as under one drift, the ratio errs less.
func Over(over, under [2]float64) (low, middle, high float64, ok bool) {
	for _, i := range [][2]float64{over, under} {
		if !(i[0] > 0) || !(i[1] >= i[0]) || math.IsInf(i[1], 0) {
			return 0, 0, 0, false
		}
	}
	half := math.Hypot(math.Log(over[1]/over[0])/2, math.Log(under[1]/under[0])/2)
	centre := math.Log(over[0]*over[1]/(under[0]*under[1])) / 2
	return math.Exp(centre - half), math.Exp(centre), math.Exp(centre + half), true
}
