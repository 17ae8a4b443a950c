package latency

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tristore/reports/result"
)

// saved encodes samples given in milliseconds as a run file holds them.
func saved(t *testing.T, samples []float64) result.Histogram {
	t.Helper()
	of := hdrhistogram.New(1000, 120_000_000_000, 3)
	for _, ms := range samples {
		if err := of.RecordValue(int64(ms * 1e6)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := of.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return result.Histogram{Count: int64(len(samples)), V2: string(text)}
}

func decoded(t *testing.T, samples []float64) Curve {
	t.Helper()
	c, err := Decode(saved(t, samples))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPercentilesHaveTheIntervalOfTheirRanks(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	samples := make([]float64, 1000)
	for i := range samples {
		samples[i] = math.Exp(chance.NormFloat64())
	}
	c := decoded(t, samples)
	slices.Sort(samples)
	near := func(got, want float64) bool { return math.Abs(got-want) <= 0.002*want }
	p := c.At(99)
	// 1,000 samples: places 983 to 997 enclose the p99 with 95 %.
	if !p.Interval || !near(p.Ms, samples[989]) || !near(p.Low, samples[982]) || !near(p.High, samples[996]) || p.Needed != 4000 {
		t.Errorf("%+v; want %.3f in %.3f to %.3f", p, samples[989], samples[982], samples[996])
	}
	if p := c.At(99.9); p.Interval || p.Needed != 3688 || !near(p.Ms, samples[998]) {
		t.Errorf("p99.9 of 1,000: %+v", p)
	}
	if !near(c.Max(), samples[999]) || c.Count() != 1000 {
		t.Errorf("max %g of %d", c.Max(), c.Count())
	}
}

func TestOverCountsFromTheLimitOn(t *testing.T) {
	c := decoded(t, []float64{1, 5, 9.9, 10.2, 500})
	for limit, want := range map[float64]int{0.5: 5, 10: 2, 499: 1, 501: 0, 1e9: 0, math.Inf(1): 0} {
		if got := c.Over(limit); got != want {
			t.Errorf("%d over %g ms, want %d", got, limit, want)
		}
	}
	if c.Over(math.NaN()) != 0 {
		t.Error("something is over what is no number")
	}
}

func TestNothingAndDamageAreSaid(t *testing.T) {
	none, err := Decode(result.Histogram{})
	if p := none.At(99); err != nil || none.Count() != 0 || p.Interval || p.Needed != 368 || none.Over(1) != 0 || none.Max() != 0 {
		t.Errorf("no samples: %v, %+v", err, p)
	}
	if p := decoded(t, nil).At(50); p.Interval || p.Ms != 0 {
		t.Errorf("an empty histogram: %+v", p)
	}
	if _, err := Decode(result.Histogram{V2: "HISTFAAAnonsense"}); err == nil {
		t.Error("a damaged histogram was read")
	}
}
