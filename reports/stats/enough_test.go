package stats

import (
	"math"
	"testing"
)

// Too few samples give no interval, and say so: its zero bounds would meet any limit.
func TestTooFewSamplesAreNotEnough(t *testing.T) {
	few := []float64{1, 2, 3, 4, 5}
	for name, got := range map[string]Interval{
		"none": Quantile(nil, 0.5, 0.95), "five of six": Quantile(few, 0.5, 0.95), "far tail": Quantile(few, 0.99, 0.95),
		"no number among them": Quantile(append([]float64{math.NaN()}, few...), 0.5, 0.95), "no quantile": Quantile(few, 1, 0.95), "the zero value": {},
	} {
		if got.Enough() {
			t.Errorf("%s: %+v is called enough", name, got)
		}
	}
	if got := Quantile(append([]float64{6}, few...), 0.5, 0.95); !got.Enough() || got.Low != 1 || got.High != 6 {
		t.Errorf("six: %+v", got)
	}
}
