package forecast

import (
	"math"
	"math/rand/v2"
	"testing"
)

// demand is simulated demand whose truth is known.
type demand struct {
	weeks    int
	monthly  float64 // growth
	noise    float64 // of the logarithm of a week
	memory   float64 // of that noise from week to week
	yearly   float64 // height of a yearly wave
	wander   float64 // of the level, in a week
	outliers float64 // chance of a week half as high again
	trebles  bool    // from the last quarter of the past on, growth is three times what it was
}

// draw gives the past and what comes after it.
func (d demand) draw(chance *rand.Rand, future int) (past, after []float64) {
	level, slip := math.Log(100), 0.0
	step := math.Log1p(d.monthly) * 12 / year
	phase := 2 * math.Pi * chance.Float64()
	for t := range d.weeks + future {
		if d.trebles && t == d.weeks*3/4 {
			step *= 3
		}
		level += step + d.wander*chance.NormFloat64()
		slip = d.memory*slip + math.Sqrt(1-d.memory*d.memory)*d.noise*chance.NormFloat64()
		y := level + slip + d.yearly*math.Sin(phase+2*math.Pi*float64(t)/year)
		if chance.Float64() < d.outliers {
			y += math.Log(1.5)
		}
		if t < d.weeks {
			past = append(past, math.Exp(y))
		} else {
			after = append(after, math.Exp(y))
		}
	}
	return past, after
}

// tried is what became of many forecasts of one kind of demand.
type tried struct {
	refused, inside, below, above int
	wide                          float64
}

func try(d demand, rounds int, seed uint64) (got tried) {
	const reach = 60
	chance := rand.New(rand.NewPCG(seed, 1))
	for round := range rounds {
		past, after := d.draw(chance, reach)
		f := Of(past, Plan{Weeks: reach, Paths: 200, Seed: uint64(round)})
		// A load that growth as it is reaches in the middle of what is foretold.
		load := 100 * math.Exp(math.Log1p(d.monthly)*12/year*float64(d.weeks+reach/2))
		c := f.Reach(load, load, 0)
		if !c.Known() {
			got.refused++
			continue
		}
		truth := Beyond
		for t, peak := range after {
			if peak >= load {
				truth = t + 1
				break
			}
		}
		if past[len(past)-1] >= load {
			truth = 0
		}
		switch {
		case truth < c.P10:
			got.below++
		case truth > c.P90:
			got.above++
		default:
			got.inside++
		}
		got.wide += float64(min(c.P90, reach)-min(c.P10, reach)) / float64(rounds)
	}
	return got
}

func (g tried) share() float64 { return float64(g.inside) / float64(g.inside+g.below+g.above) }

func TestCoverage(t *testing.T) {
	for _, c := range []struct {
		name string
		demand
		least   float64 // of weeks of crossing inside P10 to P90
		refused float64 // share of forecasts that are not given, at most
	}{
		{"half a year, noise 5 %", demand{weeks: 26, monthly: 0.06, noise: 0.05}, 0.8, 0.15},
		{"a year, noise 10 %", demand{weeks: 52, monthly: 0.06, noise: 0.1}, 0.8, 0.1},
		{"a year, noise that lasts", demand{weeks: 52, monthly: 0.06, noise: 0.1, memory: 0.6}, 0.8, 0.2},
		{"a year, outliers", demand{weeks: 52, monthly: 0.06, noise: 0.05, outliers: 0.05}, 0.7, 0.1}, // a year holds two or three outliers: too few to learn their share from,
		{"three years with a yearly wave", demand{weeks: 156, monthly: 0.03, noise: 0.05, yearly: 0.15}, 0.8, 0.1},
		{"a level that wanders", demand{weeks: 78, monthly: 0.06, noise: 0.03, wander: 0.03}, 0.8, 0.65},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rounds := 200
			if c.weeks > 100 {
				rounds = 60
			}
			got := try(c.demand, rounds, 7)
			t.Logf("%s: inside %.0f %%, early %d, late %d, refused %d of %d, %.0f weeks wide", c.name, 100*got.share(), got.below, got.above, got.refused, rounds, got.wide)
			if got.share() < c.least || float64(got.refused) > c.refused*float64(rounds) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Growth that has changed its kind is nearly always refused: its forecasts come too late.
func TestGrowthThatTrebledIsNotForetold(t *testing.T) {
	t.Parallel()
	const rounds = 100
	got := try(demand{weeks: 52, monthly: 0.02, noise: 0.03, trebles: true}, rounds, 7)
	t.Logf("%+v", got)
	if got.refused < 95*rounds/100 {
		t.Errorf("%+v", got)
	}
}
