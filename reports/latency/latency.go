// Package latency reads what a saved histogram can tell: percentiles with the interval
// that they lie in, how many samples a tighter interval needs, and how many samples
// exceeded a limit.
//
// Opinion: a percentile without its interval invites belief that it has not earned. The
// intervals are those of order statistics, which assume nothing about the shape, and
// independent samples; requests of one window are correlated, so that they say how well
// this window is known, and not how the next one will be.
// Arrow: latency imports reports/result and reports/stats.
package latency

import (
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tristore/reports/result"
	"tristore/reports/stats"
)

// Curve is a decoded histogram. The zero value has no samples.
type Curve struct{ of *hdrhistogram.Histogram }

// Decode reads a saved histogram (HdrHistogram V2, base64, nanoseconds).
func Decode(h result.Histogram) (Curve, error) {
	if h.V2 == "" {
		return Curve{}, nil
	}
	of, err := hdrhistogram.Decode([]byte(h.V2))
	if err != nil {
		return Curve{}, fmt.Errorf("the stored histogram cannot be read: %w", err)
	}
	return Curve{of}, nil
}

// Count is how many samples there are.
func (c Curve) Count() int {
	if c.of == nil {
		return 0
	}
	return int(c.of.TotalCount())
}

// Confidence is that of every interval.
const Confidence = 0.95

// Percentile is one percentile of a window, in milliseconds.
type Percentile struct {
	Percent  float64
	Ms       float64
	Interval bool // whether Low and High exist
	Low      float64
	High     float64
	// Needed is how many samples an interval needs to exist, or the present one to be half
	// as wide.
	Needed int
}

// At reads one percentile, above 0 and below 100.
func (c Curve) At(percent float64) Percentile {
	ranks := stats.QuantileRanks(c.Count(), percent/100, Confidence)
	p := Percentile{Percent: percent, Needed: ranks.Needed}
	if c.Count() == 0 {
		return p
	}
	p.Ms = float64(c.of.ValueAtPercentile(percent)) / 1e6
	if ranks.Enough() {
		p.Interval, p.Low, p.High = true, c.rank(ranks.Low), c.rank(ranks.High)
		p.Needed = 4 * c.Count() // widths shrink with the root of the number
	}
	return p
}

// rank is the value of the sample at a 1-based place, as exact as the histogram is.
func (c Curve) rank(place int) float64 {
	share := (float64(place) - 0.5) / float64(c.Count()) // the middle, so that no rounding reaches a neighbour
	return float64(c.of.ValueAtPercentile(100*share)) / 1e6
}

// Max is the greatest sample in milliseconds.
func (c Curve) Max() float64 {
	if c.of == nil {
		return 0
	}
	return float64(c.of.Max()) / 1e6
}

// Over is how many samples exceeded a limit. Those in the histogram's step that the limit
// falls into (within 0.1 %) are counted as over it.
func (c Curve) Over(limitMs float64) int {
	if c.of == nil || math.IsNaN(limitMs) {
		return 0
	}
	over := int64(0)
	for _, bar := range c.of.Distribution() {
		if float64(bar.To)/1e6 > limitMs {
			over += bar.Count
		}
	}
	return int(over)
}

// Table is the percentiles that a page shows of a window.
func (c Curve) Table() []Percentile {
	var all []Percentile
	for _, percent := range []float64{50, 90, 95, 99, 99.9} {
		all = append(all, c.At(percent))
	}
	return all
}
