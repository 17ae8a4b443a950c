package advice

import (
	"fmt"
	"math"
	"slices"
	"time"

	"tristore/reports/forecast"
	"tristore/reports/result"
)

// Future is when demand reaches the boundaries that were found. Loads are multiples of
// the measured one.
type Future struct {
	Asked    bool // an outlook was given
	Forecast forecast.Forecast
	Reach    int               // weeks looked ahead: the horizon and the lead time beyond it
	Crossing forecast.Crossing // of the shared cluster as it is
	Rungs    []Rung            // what was tried instead of a split, best first
	// Best is the crossing of the best rung.
	Best forecast.Crossing
	// GainLow and GainHigh enclose what two clusters of the same total hardware carry, over
	// what the best remedied shared one does; 0 where that is not known.
	GainLow, GainHigh float64
	By                string // PLAN_SPLIT: the date on which the work must begin
	// Breaks is the growth per month from which on the boundary is reached within Reach.
	Breaks float64
}

// Rung is one remedy with what it buys.
type Rung struct {
	Name      string
	Usable    bool   // its boundary was found, and it breaks no claim
	Why       string // why it is not usable
	Low, High float64
	Months    float64 // bought at the least, at the forecast's middle growth
	Cost      float64
}

// futureOf reads everything that speaks of the future.
func futureOf(split *result.Split) Future {
	o := split.Outlook
	f := Future{Asked: true, Reach: o.HorizonWeeks + o.LeadWeeks}
	f.Forecast = forecast.For(o, forecast.Ray{AuthPerS: split.AuthRate, CollectionsPerS: split.CollectionsRate})
	b := split.Boundary
	if kept := keptUpTo(b); kept > 0 && f.Forecast.Trouble == "" {
		// As if it broke right there, which is sooner than it does.
		f.Crossing, f.Breaks = f.Forecast.Reach(kept, kept, o.Headroom), growthThatReaches(kept, f, o.Headroom)
		return f
	}
	if !Found(b) || f.Forecast.Trouble != "" {
		return f
	}
	f.Crossing = f.Forecast.Reach(b.Low, b.High, o.Headroom)
	f.Breaks = growthThatReaches(b.Low, f, o.Headroom)
	f.Rungs = rungsOf(split, f.Forecast.GrowthPerMonth.P50)
	if len(f.Rungs) == 0 || !f.Rungs[0].Usable {
		return f
	}
	if f.Rungs[0].Low < b.Low { // no remedy carries more: the best is none
		f.Rungs = slices.Insert(f.Rungs, 0, Rung{Name: "none of what was tried", Usable: true, Low: b.Low, High: b.High})
	}
	best := f.Rungs[0]
	f.Best = f.Forecast.Reach(best.Low, best.High, o.Headroom)
	if two := split.TwoBoundary; Found(two) && two.Quantile == b.Quantile && two.LimitMs == b.LimitMs {
		f.GainLow, f.GainHigh = two.Low/best.High, two.High/best.Low
	}
	return f
}

// growthThatReaches is the constant growth per month at which demand reaches a load at
// the very end of what is looked ahead.
func growthThatReaches(low float64, f Future, headroom float64) float64 {
	const monthsPerWeek = 12 * 7 / 365.25
	return math.Expm1(math.Log(low/(1+headroom)/f.Forecast.Today.P50) / (float64(f.Reach) * monthsPerWeek))
}

// rungsOf lists the remedies, the usable first, by the least that their boundary can be.
func rungsOf(split *result.Split, growth float64) []Rung {
	var all []Rung
	for _, r := range split.Remedies {
		rung := Rung{Name: r.Name, Cost: r.Cost}
		switch {
		case r.Refused != "":
			rung.Why = r.Refused
		case !r.Conforms:
			rung.Why = "the conformance claims were not tried with it on"
		case !Found(r.Boundary):
			rung.Why = "its boundary was not found"
		case r.Boundary.Quantile != split.Boundary.Quantile || r.Boundary.LimitMs != split.Boundary.LimitMs:
			rung.Why = "its boundary is of another promise"
		default:
			rung.Usable, rung.Low, rung.High = true, r.Boundary.Low, r.Boundary.High
			if growth > 0 {
				rung.Months = math.Log(rung.Low/split.Boundary.High) / math.Log1p(growth)
			}
		}
		all = append(all, rung)
	}
	slices.SortStableFunc(all, func(a, b Rung) int {
		switch {
		case a.Usable != b.Usable && a.Usable, a.Low > b.Low:
			return -1
		case a.Usable != b.Usable, a.Low < b.Low:
			return 1
		default:
			return 0
		}
	})
	return all
}

// dateIn is the date so many weeks after today.
func dateIn(today string, weeks int) string {
	at, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return fmt.Sprintf("week %d", weeks)
	}
	return at.AddDate(0, 0, 7*weeks).Format(time.DateOnly)
}
