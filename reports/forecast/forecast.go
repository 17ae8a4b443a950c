package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Plan is how far and by how many paths demand is foretold.
type Plan struct {
	Weeks int // to foretell, from today
	Skip  int // weeks between the last peak and today
	Paths int // 0 is the usual number
	Seed  uint64
}

const (
	usualPaths = 1000
	// Fewest is the least number of weekly peaks that growth is read from.
	Fewest = 12
	// mostOfHistory is how many times its own length a history may be foretold.
	mostOfHistory = 4
	// block keeps weeks that follow each other together: peaks remember the week before.
	block = 4
	// mostWeeks bounds what is foretold.
	mostWeeks = 520
)

// Span is three percentiles.
type Span struct{ P10, P50, P90 float64 }

// Forecast is demand foretold. Where Trouble is not empty there is none.
type Forecast struct {
	Trouble string // why nothing is foretold, in a sentence
	Next    string // the cheapest step to a forecast

	Today          Span    // the level of weekly peaks today
	GrowthPerMonth Span    // as a share
	Season         string  // month, quarter, year; empty is none
	Wander         float64 // deviation of the wandering of demand, in a week, as a share
	Weeks          []Span  // of each week after today, the peak
	// Backtest is nil for a stated rate, which nothing of the past supports.
	Backtest *Backtest

	paths [][]float64 // of logarithms; the first value is the level today
	seed  uint64
}

// Of foretells from the peaks of weeks that follow each other without a gap.
func Of(peaks []float64, plan Plan) Forecast {
	if why, next := unusable(peaks, plan); why != "" {
		return Forecast{Trouble: why, Next: next}
	}
	y := make([]float64, len(peaks))
	for i, p := range peaks {
		y[i] = math.Log(p)
	}
	ahead := max(1, min(plan.Skip+plan.Weeks, len(y)/2))
	var all []past
	for _, s := range seasons() {
		if s.needs <= len(y) {
			all = append(all, pastOf(s, y, ahead))
		}
	}
	tested := backtest(y, all, ahead)
	p, wander := choose(all, len(y)-1)
	last := p.fits[len(p.fits)-1]
	if last.coefficients == nil {
		return Forecast{Trouble: "the growth of these weeks is not determined", Next: "give more weeks"}
	}
	f := Forecast{Season: p.season.name, Wander: math.Sqrt(wander), Backtest: &tested, seed: plan.Seed}
	residuals := residualsOf(y, last)
	f.grow(residuals, last, tested.Widened, plan)
	f.summarise()
	switch {
	case turned(residuals, last, plan.Seed):
		f.Trouble = fmt.Sprintf("the growth of the last %d weeks is another than that of the weeks before: nobody can tell from the past which of them goes on", len(y)/4)
		f.Next = "state a range of growth that holds both, such as --growth 4-9%/month, or give the weeks since the change alone"
	case tested.Covered < leastCovered:
		f.Trouble = fmt.Sprintf("foretold from the weeks before them, only %.0f %% of the held-out weeks lay in the band that should hold 80 %% (median error %.0f %%): this growth is not foretold by its past",
			100*tested.Covered, tested.ErrorPct)
		f.Next = "give more weeks, or state a range of growth that you can defend, such as --growth 4-9%/month"
	}
	return f
}

// unusable says why there is nothing to foretell from.
func unusable(peaks []float64, plan Plan) (why, next string) {
	reach := plan.Skip + plan.Weeks
	for _, p := range peaks {
		if !(p > 0) || math.IsInf(p, 0) {
			return fmt.Sprintf("a weekly peak of %g is none", p), "give peaks above 0"
		}
	}
	switch {
	case plan.Weeks < 1 || plan.Skip < 0 || reach > mostWeeks:
		return fmt.Sprintf("demand is foretold for 1 to %d weeks: asked for %d", mostWeeks, reach), "ask for less"
	case len(peaks) < Fewest:
		return fmt.Sprintf("%d weekly peaks are too few to tell growth from chance: at least %d are needed", len(peaks), Fewest),
			fmt.Sprintf("give the peaks of %d weeks more, or state a rate: --growth 6%%/month", Fewest-len(peaks))
	case reach > mostOfHistory*len(peaks):
		return fmt.Sprintf("%d weeks of history are too few to foretell %d: at most %d times as many", len(peaks), reach, mostOfHistory),
			fmt.Sprintf("give at least %d weeks, or a nearer --horizon", (reach+mostOfHistory-1)/mostOfHistory)
	}
	return "", ""
}

// grow makes the paths: each fits the line anew to the past with its residuals drawn in
// blocks, and goes on with blocks of them and with a wandering of its own.
func (f *Forecast) grow(residuals []float64, last fitted, widened float64, plan Plan) {
	n, k := len(residuals), len(last.coefficients)
	future := plan.Skip + plan.Weeks
	rows := make([][]float64, n+future)
	for t := range rows {
		rows[t] = last.season.row(t)
	}
	chance := rand.New(rand.NewPCG(plan.Seed, 0x666f726563617374))
	f.paths = make([][]float64, plan.paths())
	growths := make([]float64, len(f.paths))
	for i := range f.paths {
		moment, draw := make([]float64, k), blocks(residuals, chance)
		for t := range n {
			e := draw()
			for j, x := range rows[t] {
				moment[j] += x * e
			}
		}
		shift := solve(last.lower, moment)
		growths[i] = math.Expm1((last.coefficients[1] + widened*shift[1]) * year / 12)
		path, wandered := make([]float64, 0, plan.Weeks+1), 0.0
		for t := n - 1; t < n+future; t++ {
			level, noise := 0.0, 0.0
			for j, x := range rows[t] {
				level += x * last.coefficients[j]
				noise += x * shift[j]
			}
			if t >= n {
				wandered += f.Wander * chance.NormFloat64()
			}
			at := t - (n - 1) - plan.Skip
			if at == 0 {
				path = append(path, level+widened*(noise+wandered)) // the level, not a week of it
			} else if at > 0 {
				path = append(path, level+widened*(noise+wandered+draw()))
			}
		}
		f.paths[i] = path
	}
	f.GrowthPerMonth = spanOf(growths)
}

// residualsOf are those of the line, a little larger: a fit hides a part of how far weeks
// spread, and hides it in every week of a block that is drawn together.
func residualsOf(y []float64, last fitted) []float64 {
	residuals := make([]float64, len(y))
	hidden := min(block*len(last.coefficients), len(y)/2)
	scale := math.Sqrt(float64(len(y)) / float64(len(y)-hidden))
	for t := range y {
		level, _ := last.at(t)
		residuals[t] = scale * (y[t] - level)
	}
	return residuals
}

// blocks draws residuals in runs of neighbours, around the end to the beginning.
func blocks(residuals []float64, chance *rand.Rand) func() float64 {
	at, left := 0, 0
	return func() float64 {
		if left == 0 {
			at, left = int(chance.Uint64N(uint64(len(residuals)))), block
		}
		e := residuals[at]
		at, left = (at+1)%len(residuals), left-1
		return e
	}
}

// Stated is demand that grows from 1 at a stated rate per month; two rates are its P10 and
// P90. Nothing of the past supports it.
func Stated(lowPerMonth, highPerMonth float64, plan Plan) Forecast {
	if !(lowPerMonth > -1) || !(highPerMonth >= lowPerMonth) || highPerMonth > 10 || plan.Weeks < 1 || plan.Weeks > mostWeeks {
		return Forecast{Trouble: fmt.Sprintf("a growth of %g to %g per month over %d weeks is none", lowPerMonth, highPerMonth, plan.Weeks), Next: "state a rate such as --growth 6%/month"}
	}
	f := Forecast{seed: plan.Seed, paths: make([][]float64, plan.paths())}
	low, high := math.Log1p(lowPerMonth), math.Log1p(highPerMonth)
	chance := rand.New(rand.NewPCG(plan.Seed, 0x73746174656421))
	growths := make([]float64, len(f.paths))
	for i := range f.paths {
		rate := (low+high)/2 + chance.NormFloat64()*(high-low)/2/band80
		growths[i] = math.Expm1(rate)
		for t := range plan.Weeks + 1 {
			f.paths[i] = append(f.paths[i], rate*12/year*float64(t))
		}
	}
	f.GrowthPerMonth = spanOf(growths)
	f.summarise()
	return f
}

func (f *Forecast) summarise() {
	f.Weeks = nil
	for t := range f.paths[0] {
		values := make([]float64, len(f.paths))
		for i, path := range f.paths {
			values[i] = math.Exp(path[t])
		}
		if t == 0 {
			f.Today = spanOf(values)
		} else {
			f.Weeks = append(f.Weeks, spanOf(values))
		}
	}
}

func (p Plan) paths() int {
	if p.Paths > 0 {
		return p.Paths
	}
	return usualPaths
}

// spanOf sorts the values in place.
func spanOf(values []float64) Span {
	slices.Sort(values)
	at := func(q float64) float64 { return values[min(len(values)-1, int(q*float64(len(values))))] }
	return Span{at(0.1), at(0.5), at(0.9)}
}
