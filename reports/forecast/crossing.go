package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Crossing is when demand reaches a load. Weeks are counted from today; Beyond is a week
// later than all that were foretold.
type Crossing struct {
	P10, P50, P90 int
	Weeks         int     // that were foretold
	Chance        float64 // that it is reached within them
}

// Beyond stands for a week after those that were foretold.
const Beyond = math.MaxInt

// Reach tells when demand, with headroom as a share on top of each peak, reaches a load
// that lies somewhere between low and high. It is the zero value, which has no weeks, when
// nothing was foretold or the load is no interval.
func (f Forecast) Reach(low, high, headroom float64) Crossing {
	if f.Trouble != "" || len(f.paths) == 0 || !(low > 0) || !(high >= low) || math.IsInf(high, 0) || !(headroom >= 0) {
		return Crossing{}
	}
	c := Crossing{Weeks: len(f.Weeks)}
	// One draw of the load for each path, spread evenly and dealt out by chance.
	deal := rand.New(rand.NewPCG(f.seed, 0x6c6f6164)).Perm(len(f.paths))
	weeks := make([]int, len(f.paths))
	for i, path := range f.paths {
		share := (float64(deal[i]) + 0.5) / float64(len(f.paths))
		limit := math.Log(low) + share*math.Log(high/low) - math.Log1p(headroom)
		weeks[i] = Beyond
		if at := slices.IndexFunc(path, func(v float64) bool { return v >= limit }); at >= 0 {
			weeks[i] = at
			c.Chance += 1 / float64(len(f.paths))
		}
	}
	slices.Sort(weeks)
	at := func(q float64) int { return weeks[min(len(weeks)-1, int(q*float64(len(weeks))))] }
	c.P10, c.P50, c.P90 = at(0.1), at(0.5), at(0.9)
	c.Chance = min(1, c.Chance)
	return c
}

// Known tells whether anything was foretold.
func (c Crossing) Known() bool { return c.Weeks > 0 }

// String names the weeks, such as "in 12 to 31 weeks (middle 19)".
func (c Crossing) String() string {
	switch {
	case !c.Known():
		return "at a time that nobody foretold"
	case c.P10 == Beyond:
		return fmt.Sprintf("not within %d weeks in nine of ten cases (chance %s)", c.Weeks, percent(c.Chance))
	case c.P10 == c.P90:
		return "in " + c.week(c.P50)
	default:
		return fmt.Sprintf("in %s to %s (P10 to P90; middle: %s)", number(c.P10), c.week(c.P90), c.week(c.P50))
	}
}

func (c Crossing) week(at int) string {
	switch at {
	case Beyond:
		return fmt.Sprintf("more than %d weeks", c.Weeks)
	case 1:
		return "1 week"
	default:
		return fmt.Sprintf("%d weeks", at)
	}
}

func number(at int) string { return fmt.Sprint(at) }

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }
