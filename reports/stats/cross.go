package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Crossing is where what grows with a size comes to a bound.
type Crossing struct {
	// Estimate is the size at which it does; Low and High enclose it. High is without
	// bound where the readings do not say that it ever comes there.
	Estimate, Low, High float64
	Confidence          float64
	Points, Sizes       int // readings used, and different sizes among them
	Needed              int // fewest different sizes
	// Far is the estimate over the largest size that was measured.
	Far float64
	// Rate is the size per unit at sizes so large that the fixed part does not count.
	Rate float64
}

// Enough tells whether the interval exists; Low and High mean nothing otherwise.
func (c Crossing) Enough() bool { return c.Low > 0 && c.High >= c.Low }

// crossingSizes are the fewest sizes: through two, any line goes.
const crossingSizes = 3

// Reading is what was measured at one size; both are positive.
type Reading struct{ Size, Value float64 }

// Cross fits value = a + b·size and finds the size at which a next reading reaches bound.
//
// Assumption: the line is straight, beyond the largest size too; readings are independent
// and normal about it, with a spread that grows with the size, so that value/size has one
// spread and is fitted over 1/size. The interval is Fieller's with the spread of one next
// reading in it: the sizes at which bound lies within that reading's interval.
func Cross(readings []Reading, bound, confidence float64) Crossing {
	c := Crossing{Needed: crossingSizes, Confidence: confidence}
	sizes := map[float64]bool{}
	var n, sumU, sumZ, most float64
	for _, r := range readings {
		if !(r.Size > 0) || !(r.Value > 0) || math.IsInf(r.Size, 0) || math.IsInf(r.Value, 0) {
			continue
		}
		sizes[r.Size] = true
		n, sumU, sumZ, most = n+1, sumU+1/r.Size, sumZ+r.Value/r.Size, max(most, r.Size)
	}
	c.Points, c.Sizes = int(n), len(sizes)
	if c.Sizes < crossingSizes || !inside(confidence) || !(bound > 0) {
		return c
	}
	meanU, meanZ := sumU/n, sumZ/n
	var uu, uz, zz float64
	for _, r := range readings {
		if !(r.Size > 0) || !(r.Value > 0) || math.IsInf(r.Size, 0) || math.IsInf(r.Value, 0) {
			continue
		}
		u, z := 1/r.Size-meanU, r.Value/r.Size-meanZ
		uu, uz, zz = uu+u*u, uz+u*z, zz+z*z
	}
	a := uz / uu
	b := meanZ - a*meanU
	if !(b > 0) || !(bound > a) {
		return c // it does not grow, or is over the bound at nothing already
	}
	c.Estimate, c.Rate = (bound-a)/b, 1/b
	c.Far = c.Estimate / most
	spread := max(0, zz-a*uz) / (n - 2)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 2}.Quantile(1 - (1-confidence)/2)
	v := t * t * spread
	// ((bound-a)u - b)² = v(1 + 1/n + (u-mean)²/uu), a parabola in u.
	second := (bound-a)*(bound-a) - v/uu
	first := -2*(bound-a)*b + 2*v*meanU/uu
	zeroth := b*b - v*(1+1/n+meanU*meanU/uu)
	inner := first*first - 4*second*zeroth
	if math.Abs(inner) < 1e-9*first*first {
		inner = 0 // readings on one line leave nothing but rounding
	}
	if second <= 0 || inner < 0 {
		return c // the readings scatter too much for any interval
	}
	low, high := (-first-math.Sqrt(inner))/(2*second), (-first+math.Sqrt(inner))/(2*second)
	if high <= 0 {
		return c
	}
	c.Low, c.High = 1/high, math.Inf(1)
	if low > 0 {
		c.High = 1 / low
	}
	return c
}
