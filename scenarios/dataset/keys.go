package dataset

import "math"

// Keys chooses which of n rows is asked for next. A Keys value does not change; all
// chance comes from the stream it is given.
type Keys interface {
	// Pick gives an index in [0, n).
	Pick(from *Stream) int
}

// Uniform asks for every row equally often.
type Uniform struct{ N int }

// Pick serves Keys.
func (u Uniform) Pick(from *Stream) int { return from.Below(u.N) }

// Zipfian asks for row r with weight 1/(r+1)^theta: row 0 is the hottest. It is Gray's
// method ("Quickly generating billion-record synthetic databases", 1994), as YCSB uses it.
type Zipfian struct {
	n                 int
	theta, alpha      float64
	zeta, eta, second float64
}

// HotTheta is YCSB's skew: of 10,000 rows, the hottest 100 get about half of the requests.
const HotTheta = 0.99

// NewZipfian sums n terms once. Theta is in (0, 1); n is at least 1.
func NewZipfian(n int, theta float64) Zipfian {
	z := Zipfian{n: max(1, n), theta: theta, alpha: 1 / (1 - theta)}
	for i := 1; i <= z.n; i++ {
		z.zeta += math.Pow(float64(i), -theta)
	}
	z.second = 1 + math.Pow(2, -theta)
	z.eta = (1 - math.Pow(2/float64(z.n), 1-theta)) / (1 - z.second/z.zeta)
	return z
}

// Pick serves Keys.
func (z Zipfian) Pick(from *Stream) int {
	u := from.Float64()
	weight := u * z.zeta
	switch {
	case weight < 1 || z.n == 1:
		return 0
	case weight < z.second || z.n == 2:
		return 1
	}
	return min(z.n-1, int(float64(z.n)*math.Pow(z.eta*u-z.eta+1, z.alpha)))
}

// Latest asks most for the rows with the highest index.
type Latest struct{ Zipfian }

// Pick serves Keys.
func (l Latest) Pick(from *Stream) int { return l.n - 1 - l.Zipfian.Pick(from) }

// Spread names how rows are asked for.
type Spread string

// The spreads.
const (
	Hot    Spread = "zipfian" // a few rows get most requests, wherever they stand
	Even   Spread = "uniform" // every row gets as many
	Newest Spread = "latest"  // the rows added last get most
)

// Spreads lists them.
func Spreads() []Spread { return []Spread{Hot, Even, Newest} }

// KeysOf gives the keys of a spread over n rows; the zero spread is Hot.
func KeysOf(spread Spread, n int) Keys {
	switch spread {
	case Even:
		return Uniform{n}
	case Newest:
		return Latest{NewZipfian(n, HotTheta)}
	default:
		return Scattered{Keys: NewZipfian(n, HotTheta), N: n}
	}
}

// Scattered spreads the hot rows of other keys over the whole range, so that they do
// not stand side by side on the same pages; the spread is the same in every run.
type Scattered struct {
	Keys
	N int
}

// Pick serves Keys.
func (s Scattered) Pick(from *Stream) int { return scatter(s.Keys.Pick(from), s.N) }

// scatter is a bijection of [0, n).
func scatter(i, n int) int {
	step := int(float64(n)*0.6180339887) | 1
	for gcd(step, n) != 1 {
		step += 2
	}
	return (i*step + n/3) % n
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
