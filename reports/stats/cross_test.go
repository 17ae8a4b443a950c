package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCrossFindsTheSize(t *testing.T) {
	c := Cross([]Reading{{64, 5 + 64*0.1}, {256, 5 + 256*0.1}, {1024, 5 + 1024*0.1}}, 3600, 0.95)
	if !c.Enough() || math.Abs(c.Estimate-35950) > 1e-6 || c.Low > c.Estimate || c.High < c.Estimate || c.Sizes != 3 || math.Abs(c.Far-35950.0/1024) > 1e-9 {
		t.Errorf("a straight line: %+v", c)
	}
}

// Of many sets of readings about a known line, the interval holds a next reading's size
// about as often as it says.
func TestCrossHoldsItsConfidence(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 7))
	const sets = 2000
	held, found := 0, 0
	for range sets {
		var readings []Reading
		for _, size := range []float64{64, 64, 256, 256, 1024, 1024} {
			readings = append(readings, Reading{size, 4 + 0.2*size + chance.NormFloat64()*0.01*size})
		}
		c := Cross(readings, 3600, 0.95)
		if !c.Enough() {
			continue
		}
		found++
		// the size at which this next reading comes to the bound
		truth := (3600 - 4) / (0.2 + chance.NormFloat64()*0.01)
		if c.Low <= truth && truth <= c.High {
			held++
		}
	}
	if share := float64(held) / float64(found); found < sets*9/10 || share < 0.93 || share > 0.97 {
		t.Errorf("%d of %d sets gave an interval, which held in %.3f", found, sets, share)
	}
}

func TestCrossSaysWhenItCannot(t *testing.T) {
	for name, readings := range map[string][]Reading{
		"nothing":       nil,
		"one size":      {{64, 5}, {64, 6}, {64, 7}},
		"two sizes":     {{64, 5}, {64, 6}, {256, 20}},
		"no numbers":    {{64, 5}, {256, math.NaN()}, {1024, math.Inf(1)}, {0, 4}, {-5, 4}},
		"shrinking":     {{64, 50}, {256, 20}, {1024, 5}},
		"wild":          {{64, 50}, {256, 2}, {1024, 5000}},
		"over at start": {{64, 4000}, {256, 4001}, {1024, 4004}},
	} {
		if c := Cross(readings, 3600, 0.95); c.Enough() && !math.IsInf(c.High, 1) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
