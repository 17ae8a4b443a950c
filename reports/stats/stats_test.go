package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestQuantileRanks(t *testing.T) {
	for _, c := range []struct {
		name              string
		n                 int
		q, confidence     float64
		low, high, needed int
		enough            bool
	}{
		{"p99 of 1,000", 1000, 0.99, 0.95, 983, 997, 368, true},
		{"p99 of 10,000", 10000, 0.99, 0.95, 9880, 9920, 368, true},
		{"median of 6: the extremes", 6, 0.5, 0.95, 1, 6, 6, true},
		{"median of 5: none", 5, 0.5, 0.95, 0, 0, 6, false},
		{"p99 of 367: none", 367, 0.99, 0.95, 0, 0, 368, false},
		{"nothing at all", 0, 0.5, 0.95, 0, 0, 6, false},
		{"quantile outside", 1000, 1, 0.95, 0, 0, math.MaxInt, false},
		{"confidence outside", 1000, 0.5, 1, 0, 0, math.MaxInt, false},
	} {
		r := QuantileRanks(c.n, c.q, c.confidence)
		if r.Low != c.low || r.High != c.high || r.Needed != c.needed || r.Enough() != c.enough {
			t.Errorf("%s: %+v, want ranks %d..%d of at least %d, enough %t", c.name, r, c.low, c.high, c.needed, c.enough)
		}
		if r.Enough() && r.Confidence < c.confidence {
			t.Errorf("%s: reaches %.4f, less than asked", c.name, r.Confidence)
		}
	}
}

func TestQuantileKeepsItsSamplesAndRefusesNaN(t *testing.T) {
	samples := []float64{6, 1, 5, 2, 4, 3}
	before := slices.Clone(samples)
	got := Quantile(samples, 0.5, 0.95)
	if !got.Enough() || got.Low != 1 || got.High != 6 {
		t.Errorf("median interval of 1..6 is %+v", got)
	}
	if !slices.Equal(samples, before) {
		t.Error("the caller's samples were reordered")
	}
	if Quantile([]float64{1, 2, 3, 4, 5, 6, math.NaN()}, 0.5, 0.95).Enough() {
		t.Error("NaN was counted as a sample")
	}
	if (Interval{}).Enough() || (Ratio{}).Enough() || (Ranks{}).Enough() {
		t.Error("a zero value claims to be enough")
	}
}

// The published table of over-limit budgets for "p99 within the limit".
func TestSamplesFor(t *testing.T) {
	for over, want := range map[int]int{0: 459, 5: 1307, 10: 2010, 20: 3304, 50: 6898, 100: 12571, 250: 28913} {
		if got := SamplesFor(over, 0.99, 0.99); got != want {
			t.Errorf("%d over at 99 %%: %d samples, want %d", over, got, want)
		}
	}
	for over, want := range map[int]int{0: 299, 5: 1049, 10: 1693, 20: 2902, 50: 6323, 100: 11799, 250: 27748} {
		if got := SamplesFor(over, 0.99, 0.95); got != want {
			t.Errorf("%d over at 95 %%: %d samples, want %d", over, got, want)
		}
	}
	if SamplesFor(-1, 0.99, 0.95) != math.MaxInt || SamplesFor(0, 1, 0.95) != math.MaxInt {
		t.Error("nonsense was given a number")
	}
}

func TestPaired(t *testing.T) {
	same := func(over, under float64, n int) []Pair {
		return slices.Repeat([]Pair{{over, under}}, n)
	}
	for _, c := range []struct {
		name                string
		pairs               []Pair
		estimate, low, high float64
		blocks              int
		enough              bool
	}{
		{"twice, six times", same(20, 10, 6), 2, 2, 2, 6, true},
		{"five are too few", same(20, 10, 5), 2, 0, 0, 5, false},
		{"none", nil, 0, 0, 0, 0, false},
		{"zeros, negatives, infinities and NaN are left out", append(same(20, 10, 6),
			Pair{0, 1}, Pair{1, 0}, Pair{-1, -1}, Pair{math.Inf(1), 1}, Pair{math.NaN(), 1}), 2, 2, 2, 6, true},
		{"six spread: the extremes", []Pair{{1, 1}, {2, 1}, {4, 1}, {8, 1}, {16, 1}, {32, 1}}, math.Sqrt(32), 1, 32, 6, true},
		{"an outlier among many stays inside", append(same(2, 1, 9), Pair{1000, 1}), 2, 2, 16, 10, true},
	} {
		r := Paired(c.pairs, 0.95, 1)
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(1, b) }
		if !near(r.Estimate, c.estimate) || !near(r.Low, c.low) || r.Blocks != c.blocks || r.Enough() != c.enough || r.High > c.high+1e-9 {
			t.Errorf("%s: %+v", c.name, r)
		}
		if c.enough && (r.Estimate < r.Low || r.Estimate > r.High || r.Confidence < 0.95) {
			t.Errorf("%s: estimate outside, or confidence below what was asked: %+v", c.name, r)
		}
	}
}

func TestBlocksFor(t *testing.T) {
	for confidence, want := range map[float64]int{0.5: 2, 0.75: 3, 0.90: 5, 0.95: 6, 0.99: 8, 1: math.MaxInt, 0: math.MaxInt} {
		if got := BlocksFor(confidence); got != want {
			t.Errorf("confidence %g: %d blocks, want %d", confidence, got, want)
		}
	}
}

func TestPairedRepeatsFromItsSeed(t *testing.T) {
	var pairs []Pair
	chance := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		pairs = append(pairs, Pair{math.Exp(chance.NormFloat64()), 1})
	}
	if Paired(pairs, 0.95, 5) != Paired(pairs, 0.95, 5) {
		t.Error("two calls with one seed differ")
	}
	if Paired(pairs, 0.95, 5) == Paired(pairs, 0.95, 6) {
		t.Error("the seed changes nothing above 12 blocks")
	}
}

// The intervals must hold what they promise on data whose truth is known, heavy tails
// included; the seed is fixed, so the counts are too.
func TestCoverage(t *testing.T) {
	shapes := []struct {
		name string
		draw func(*rand.Rand) float64
	}{
		{"normal", (*rand.Rand).NormFloat64},
		{"Laplace", func(r *rand.Rand) float64 { return math.Copysign(r.ExpFloat64(), r.Float64()-0.5) }},
		{"Student, 2 degrees", func(r *rand.Rand) float64 { return r.NormFloat64() / math.Sqrt(r.ExpFloat64()) }},
		{"uniform", func(r *rand.Rand) float64 { return r.Float64() - 0.5 }},
		{"in steps", func(r *rand.Rand) float64 { return math.Round(r.NormFloat64()) }},
	}
	const truth = 1.5
	for at, shape := range shapes {
		for _, c := range []struct{ blocks, rounds int }{{6, 2000}, {9, 1000}, {16, 200}} {
			chance := rand.New(rand.NewPCG(42, uint64(at)))
			held := share(c.rounds, func() bool {
				pairs := make([]Pair, c.blocks)
				for i := range pairs {
					pairs[i] = Pair{truth * math.Exp(0.3*shape.draw(chance)), 1}
				}
				r := Paired(pairs, 0.95, 9)
				return r.Low <= truth*(1+1e-12) && truth <= r.High*(1+1e-12)
			})
			if held < lowest(c.rounds) {
				t.Errorf("%s, %d blocks: the interval held the truth in %.1f %% of rounds", shape.name, c.blocks, 100*held)
			}
		}
	}
	chance := rand.New(rand.NewPCG(42, 99))
	held := share(1000, func() bool {
		samples := make([]float64, 500)
		for i := range samples {
			samples[i] = chance.ExpFloat64()
		}
		got := Quantile(samples, 0.99, 0.95)
		return got.Low <= -math.Log(0.01) && -math.Log(0.01) <= got.High
	})
	if held < lowest(1000) {
		t.Errorf("p99 of 500: the interval held the truth in %.1f %% of rounds", 100*held)
	}
}

func share(rounds int, holds func() bool) float64 {
	held := 0
	for range rounds {
		if holds() {
			held++
		}
	}
	return float64(held) / float64(rounds)
}

// lowest is three standard errors below 95 %.
func lowest(rounds int) float64 { return 0.95 - 3*math.Sqrt(0.95*0.05/float64(rounds)) }
