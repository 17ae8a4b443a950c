package boundary

import (
	"math"
	"slices"
)

// Zone is how far from the boundary a load may lie and still be answered either way,
// for the noise of windows against the slope of the latency. The interval is the
// certified bracket widened by it.
type Zone struct {
	Slope float64 `json:"slope"` // of ln p99 over ln load near the boundary, Theil and Sen's; 0 when there is none
	Noise float64 `json:"noise"` // of ln p99 between windows of like load, 1.4826 times the median deviation
	// Low and High are in ln load: each end of the bracket is moved outwards by so much. 0
	// where the end has no support.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

const (
	// reach is where a normal variable passes with chance 0.8: a load whose windows pass
	// with that chance lies reach*noise/slope below the boundary.
	reach = 0.8416
	// near is the factor around the bracket whose windows tell the slope.
	near = 1.3
	// floorOfWidth is the least that an end is widened by, in goal widths: the bare bracket
	// is never given as an interval.
	floorOfWidth = 0.1
	// blurred is the zone, in goal widths, from which on the bracket is halved once more.
	blurred = 0.7
	// clearly and clearNoises are the least distance in ln p99, and in the noise between
	// windows of one load, that is called clear of the limit.
	clearly     = 0.05
	clearNoises = 2
	// widestOfWidth is the zone, in goal widths, beyond which a result is irregular.
	widestOfWidth = 4
)

// point is one window's place: the logarithms of its load and of its p99 over the limit.
type point struct{ load, strain float64 }

// zone is computed from every valid window near the bracket whose p99 tells why it
// passed or failed, whatever it was taken for. Voided ones are left out.
func (s *search) zone() Zone {
	low, high := s.low, s.high
	if low == 0 {
		low = high
	}
	if high == 0 {
		high = low
	}
	points := make([]point, 0, len(s.taken))
	for _, t := range s.taken {
		if t.standing() && t.timed() && t.Load >= low/near && t.Load <= high*near {
			points = append(points, point{math.Log(t.Load), t.strain()})
		}
	}
	slope := theilSen(points)
	z := Zone{Slope: max(0, finite(slope)), Noise: finite(noise(points, slope))}
	floor := floorOfWidth * math.Log1p(s.plan.Width)
	wide := widestOfWidth * math.Log1p(s.plan.Width)
	both := reach * noise(points, slope) / slope
	if slope > 0 && both <= wide { // false for NaN
		z.Low, z.High = max(floor, both), max(floor, both)
	} else {
		z.Low, z.High = s.cliff(both, floor)
	}
	if s.low == 0 || s.blurredAt(FlankLow) {
		z.Low = 0
	}
	if s.high == 0 || s.blurredAt(FlankHigh) {
		z.High = 0
	}
	return z
}

// theilSen is the median of the slopes between all points of different load; NaN of
// none. Up to 29 % of the points may be anywhere without moving it far.
func theilSen(points []point) float64 {
	slopes := make([]float64, 0, len(points)*len(points)/2)
	for i, p := range points {
		for _, q := range points[:i] {
			if p.load != q.load {
				slopes = append(slopes, (p.strain-q.strain)/(p.load-q.load))
			}
		}
	}
	if len(slopes) == 0 {
		return math.NaN()
	}
	slices.Sort(slopes)
	half := len(slopes) / 2
	if len(slopes)%2 == 1 {
		return slopes[half]
	}
	return (slopes[half-1] + slopes[half]) / 2
}

// noise is the scaled median absolute deviation of the residuals from a line of that
// slope; NaN without one.
func noise(points []point, slope float64) float64 {
	residuals := make([]float64, len(points))
	for i, p := range points {
		residuals[i] = p.strain - slope*p.load
	}
	return deviation(residuals, median(residuals))
}

// deviation estimates the standard deviation of normal values about their centre from
// the median of their distances, which outliers do not move.
func deviation(values []float64, centre float64) float64 {
	distances := make([]float64, len(values))
	for i, v := range values {
		distances[i] = math.Abs(v - centre)
	}
	return 1.4826 * median(distances)
}

// finite is 0 for what is no number: JSON has neither NaN nor infinity.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
