package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// series is levels one after the other, each with noise of so many per cent.
func series(chance *rand.Rand, noise float64, levels ...[2]float64) (all []float64) {
	for _, level := range levels {
		for range int(level[1]) {
			all = append(all, level[0]*math.Exp(noise*chance.NormFloat64()))
		}
	}
	return all
}

func TestSegmentsFindChangesOfLevel(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 6))
	spike := series(chance, 0.05, [2]float64{10, 40})
	spike[20] = 5000
	for _, c := range []struct {
		name   string
		series []float64
		cuts   []int
	}{
		{"level", series(chance, 0.1, [2]float64{10, 60}), nil},
		{"one step down", series(chance, 0.1, [2]float64{30, 20}, [2]float64{10, 40}), []int{20}},
		{"two steps", series(chance, 0.05, [2]float64{30, 20}, [2]float64{10, 30}, [2]float64{20, 30}), []int{20, 50}},
		{"one spike is no change", spike, nil},
		{"a step too small to matter", series(chance, 0.01, [2]float64{10, 40}, [2]float64{10.5, 40}), nil},
		{"too short", []float64{30, 30, 10, 10, 10}, nil},
		{"nothing", nil, nil},
		{"all the same", slices.Repeat([]float64{7}, 50), nil},
		{"no number at all", slices.Repeat([]float64{math.NaN()}, 50), nil},
		{"holes", append(series(chance, 0.05, [2]float64{30, 20}, [2]float64{10, 20}), math.NaN(), math.NaN()), []int{20}},
	} {
		var cuts []int
		at := 0
		for _, s := range Segments(c.series, 0.01, 1.25) {
			if s.From != at || s.To <= s.From {
				t.Errorf("%s: segment %+v after %d", c.name, s, at)
			}
			if at = s.To; at < len(c.series) {
				cuts = append(cuts, at)
			}
		}
		if at != len(c.series) || len(cuts) != len(c.cuts) {
			t.Errorf("%s: cut at %v, want %v", c.name, cuts, c.cuts)
			continue
		}
		for i := range cuts {
			if d := cuts[i] - c.cuts[i]; d < -1 || d > 1 {
				t.Errorf("%s: cut at %v, want %v", c.name, cuts, c.cuts)
			}
		}
	}
}

// Both error rates on series whose truth is known; seeds are fixed, so the counts are too.
func TestSegmentsRarelyErr(t *testing.T) {
	chance := rand.New(rand.NewPCG(9, 1))
	const rounds = 1000
	shapes := map[string]func() float64{
		"normal":      chance.NormFloat64,
		"heavy tails": func() float64 { return chance.NormFloat64() / math.Sqrt(chance.ExpFloat64()) },
	}
	for name, draw := range shapes {
		false1, missed := 0, 0
		for range rounds {
			level, step := make([]float64, 60), make([]float64, 60)
			for i := range level {
				level[i] = 10 * math.Exp(0.2*draw())
				if step[i] = 10 * math.Exp(0.2*draw()); i < 20 {
					step[i] *= 2
				}
			}
			if len(Segments(level, 0.01, 1.25)) > 1 {
				false1++
			}
			if len(Segments(step, 0.01, 1.25)) < 2 {
				missed++
			}
		}
		t.Logf("%s: %d of %d level series cut, %d of %d steps missed", name, false1, rounds, missed, rounds)
		if false1 > rounds/100 || missed > rounds/100 {
			t.Errorf("%s: %d of %d level series were cut, %d of %d steps of a factor two missed", name, false1, rounds, missed, rounds)
		}
	}
}
