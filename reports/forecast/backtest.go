package forecast

import (
	"math"
	"slices"
)

const (
	// fewestFit is the least history that a line is drawn through.
	fewestFit = 8
	// pays is by how much of the squared error a season must be better to be kept.
	pays = 0.9
	// band80 is where a normal variable is exceeded by one in ten on each side.
	band80 = 1.2816
	// leastCovered is the share of held-out weeks below which a band of 80 % is not believed.
	leastCovered = 0.7
)

// Held is one week foretold from the past alone, and what came. All in the unit of the peaks.
type Held struct {
	Origin int     // the last week known, from 0
	Week   int     // the week foretold
	Came   float64 // its peak
	Low    float64 // the band of 80 %
	Middle float64
	High   float64
}

// Backtest is how well the same method would have foretold the past.
type Backtest struct {
	Origins  int     // weeks from which the weeks after were foretold
	Ahead    int     // weeks foretold from each, at most
	Points   int     // held-out weeks compared, each as often as it was foretold
	Covered  float64 // share of them inside the band of 80 %
	ErrorPct float64 // the median of how far off the middle was, in per cent
	Widened  float64 // by how much the paths are widened for what the bands missed; 1 is not
	Held     []Held  // in order of origin
}

// past holds, for one season, how far off the line at each origin was for the weeks after.
type past struct {
	season season
	first  int // origin of the first row
	fits   []fitted
	off    [][]float64 // [origin-first][ahead-1]: actual minus foretold logarithm
	spread [][]float64 // the variance that the line claims there
}

// pastOf foretells, from every origin, up to so many weeks ahead.
func pastOf(s season, y []float64, ahead int) past {
	p := past{season: s, first: max(fewestFit, s.needs/2)}
	l := newLine(s)
	for t := range y {
		l.add(y[t])
		if t+1 < p.first {
			continue
		}
		f, ok := l.fit()
		if !ok {
			f = fitted{variance: math.Inf(1), season: s, coefficients: nil}
		}
		p.fits = append(p.fits, f)
		var off, spread []float64
		for h := 1; ok && h <= ahead && t+h < len(y); h++ {
			level, variance := f.at(t + h)
			off, spread = append(off, y[t+h]-level), append(spread, variance)
		}
		p.off, p.spread = append(p.off, off), append(p.spread, spread)
	}
	return p
}

// until gives what was known at the end of week now of errors made before: their mean
// square, and the variance per week of the wandering that would explain what they exceed
// the line's own by.
func (p past) until(now int) (square, wander float64, points int) {
	var excess, weight float64
	for i, off := range p.off {
		for j, e := range off {
			h := j + 1
			if p.first-1+i+h > now {
				break
			}
			square += e * e
			points++
			excess += float64(h) * (e*e - p.spread[i][j])
			weight += float64(h) * float64(h)
		}
	}
	if points == 0 {
		return 0, 0, 0
	}
	return square / float64(points), max(0, excess/weight), points
}

// choose picks the season that would have foretold best what was known at week now.
func choose(all []past, now int) (best past, wander float64) {
	best = all[0]
	least, wander, _ := best.until(now)
	for _, p := range all[1:] {
		if now+1 < p.season.needs {
			continue
		}
		// Compared over the same weeks: a season's first origin is later.
		plain := all[0]
		plain.off, plain.spread, plain.first = plain.off[p.first-plain.first:], plain.spread[p.first-plain.first:], p.first
		against, _, _ := plain.until(now)
		square, its, points := p.until(now)
		if points > 0 && square < pays*against && square/against < least {
			best, wander, least = p, its, square/against
		}
	}
	return best, wander
}

// backtest foretells every week again from the weeks before it alone: season, wandering
// and widening are what was known by then.
func backtest(y []float64, all []past, ahead int) Backtest {
	b := Backtest{Ahead: ahead}
	var errors []float64
	var known strains
	inside := 0
	for now := fewestFit - 1; now < len(y)-1; now++ {
		p, wander := choose(all, now)
		row := now + 1 - p.first
		if row < 0 || len(p.off[row]) == 0 {
			continue
		}
		b.Origins++
		widened := known.widened(now)
		for j, off := range p.off[row] {
			h := j + 1
			deviation := math.Sqrt(p.spread[row][j] + wander*float64(h))
			middle, half := y[now+h]-off, band80*widened*deviation
			b.Held = append(b.Held, Held{Origin: now, Week: now + h, Came: math.Exp(y[now+h]), Low: math.Exp(middle - half), Middle: math.Exp(middle), High: math.Exp(middle + half)})
			errors = append(errors, 100*math.Abs(math.Expm1(-off)))
			if math.Abs(off) <= half {
				inside++
			}
			known = append(known, strain{now + h, math.Abs(off) / deviation})
		}
	}
	b.Widened = known.widened(len(y) - 1)
	if b.Points = len(errors); b.Points == 0 {
		return b
	}
	b.Covered = float64(inside) / float64(b.Points)
	slices.Sort(errors)
	b.ErrorPct = errors[len(errors)/2]
	return b
}

// strain is how many of its own deviations a foretold week was off by.
type strain struct {
	week int
	of   float64
}

type strains []strain

// fewestStrains is from how many foretold weeks on the bands are widened by them.
const fewestStrains = 8

// widened is the factor at which the bands would have held 80 % of the weeks that had come
// by now; at least 1, so that luck narrows nothing.
func (s strains) widened(now int) float64 {
	var came []float64
	for _, one := range s {
		if one.week <= now && !math.IsNaN(one.of) && !math.IsInf(one.of, 0) {
			came = append(came, one.of)
		}
	}
	if len(came) < fewestStrains {
		return 1
	}
	slices.Sort(came)
	return max(1, came[min(len(came)-1, len(came)*8/10)]/band80)
}
