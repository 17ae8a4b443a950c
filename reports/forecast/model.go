package forecast

import "math"

// year is the length of one in weeks.
const year = 365.25 / 7

// season is a pattern that repeats: two waves of its period and of half of it. The zero
// value is none.
type season struct {
	name   string
	period float64 // weeks
	needs  int     // weeks of history from which it can be told from growth
}

// seasons are those that are tried; a year and its growth part after two of them.
func seasons() []season {
	return []season{{}, {"month", year / 12, 26}, {"quarter", year / 4, 39}, {"year", year, 104}}
}

// row is the line of the design at week t: a level, a slope, and the waves.
func (s season) row(t int) []float64 {
	at := float64(t)
	if s.period == 0 {
		return []float64{1, at}
	}
	turn := 2 * math.Pi * at / s.period
	return []float64{1, at, math.Cos(turn), math.Sin(turn), math.Cos(2 * turn), math.Sin(2 * turn)}
}

// line is a least-squares fit that grows by one week at a time.
type line struct {
	season season
	weeks  int
	gram   [][]float64 // X'X
	moment []float64   // X'y
	square float64     // y'y
}

func newLine(s season) *line {
	k := len(s.row(0))
	l := &line{season: s, gram: make([][]float64, k), moment: make([]float64, k)}
	for i := range l.gram {
		l.gram[i] = make([]float64, k)
	}
	return l
}

// add takes in the logarithm of the next week's peak.
func (l *line) add(y float64) {
	x := l.season.row(l.weeks)
	for i := range x {
		for j := range x {
			l.gram[i][j] += x[i] * x[j]
		}
		l.moment[i] += x[i] * y
	}
	l.square += y * y
	l.weeks++
}

// fit solves for the coefficients; ok is false where they are not determined.
func (l *line) fit() (f fitted, ok bool) {
	lower, ok := cholesky(l.gram)
	if !ok || l.weeks <= len(l.moment) {
		return fitted{}, false
	}
	f = fitted{season: l.season, lower: lower, coefficients: solve(lower, l.moment)}
	rest := l.square
	for i, c := range f.coefficients {
		rest -= c * l.moment[i]
	}
	f.variance = max(0, rest) / float64(l.weeks-len(l.moment))
	return f, true
}

// fitted is a line at one week of the past.
type fitted struct {
	season       season
	lower        [][]float64 // of the Cholesky decomposition of X'X
	coefficients []float64
	variance     float64 // of a week about the line
}

// at is what the line says of week t, and the variance of a peak about that.
func (f fitted) at(t int) (level, variance float64) {
	x := f.season.row(t)
	half := forward(f.lower, x)
	spread := 1.0
	for i := range x {
		level += f.coefficients[i] * x[i]
		spread += half[i] * half[i]
	}
	return level, f.variance * spread
}

// cholesky decomposes a symmetric matrix; ok is false where it is not positive definite.
func cholesky(a [][]float64) (lower [][]float64, ok bool) {
	lower = make([][]float64, len(a))
	for i := range a {
		lower[i] = make([]float64, len(a))
		for j := range i + 1 {
			sum := a[i][j]
			for k := range j {
				sum -= lower[i][k] * lower[j][k]
			}
			switch {
			case i != j:
				lower[i][j] = sum / lower[j][j]
			case !(sum > 1e-9*a[i][i]):
				return nil, false
			default:
				lower[i][i] = math.Sqrt(sum)
			}
		}
	}
	return lower, true
}

// solve gives x of lower·lower'·x = b.
func solve(lower [][]float64, b []float64) []float64 {
	x := forward(lower, b)
	for i := len(x) - 1; i >= 0; i-- {
		for k := i + 1; k < len(x); k++ {
			x[i] -= lower[k][i] * x[k]
		}
		x[i] /= lower[i][i]
	}
	return x
}

// forward gives x of lower·x = b.
func forward(lower [][]float64, b []float64) []float64 {
	x := make([]float64, len(b))
	for i := range b {
		x[i] = b[i]
		for k := range i {
			x[i] -= lower[i][k] * x[k]
		}
		x[i] /= lower[i][i]
	}
	return x
}
