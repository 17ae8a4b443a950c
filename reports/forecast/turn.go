package forecast

import (
	"math"
	"math/rand/v2"
)

const (
	// turnOdds is the chance that blocks of residuals alone bend a line as much, below
	// which the growth is said to have changed.
	turnOdds = 0.01
	// turnDraws tell that chance.
	turnDraws = 1000
	// fewestTurn is the least history in which a bend is sought.
	fewestTurn = 24
)

// turned tells whether the growth of the last quarter of the past is another than before:
// a line through both foretells neither. Residuals are those of the line.
func turned(residuals []float64, last fitted, seed uint64) bool {
	n := len(residuals)
	if n < fewestTurn {
		return false
	}
	bend := bendOf(n, n-n/4, last)
	stat := func(e func(t int) float64) (sum float64) {
		for t, v := range bend {
			sum += v * e(t)
		}
		return math.Abs(sum)
	}
	seen := stat(func(t int) float64 { return residuals[t] })
	chance := rand.New(rand.NewPCG(seed, 0x7475726e))
	as := 0
	for range turnDraws {
		draw := blocks(residuals, chance)
		if stat(func(int) float64 { return draw() }) >= seen {
			as++
		}
	}
	return float64(as) < turnOdds*turnDraws
}

// bendOf is a line that is flat up to a week and rises after it, less what the fitted line
// can tell of it.
func bendOf(n, from int, last fitted) []float64 {
	bend := make([]float64, n)
	moment := make([]float64, len(last.coefficients))
	for t := range bend {
		bend[t] = math.Max(0, float64(t-from))
		for j, x := range last.season.row(t) {
			moment[j] += x * bend[t]
		}
	}
	told := solve(last.lower, moment)
	for t := range bend {
		for j, x := range last.season.row(t) {
			bend[t] -= told[j] * x
		}
	}
	return bend
}
