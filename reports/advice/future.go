package advice

import (
	"fmt"
	"math"
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
	// Best is the crossing of the best that the shared cluster can be made, and BestName what makes
	// it so. It has no weeks where no remedy was tried of which anything is known.
	Best              forecast.Crossing
	BestName          string
	BestLow, BestHigh float64
	// GainLow and GainHigh enclose what two clusters of the same total hardware carry, over
	// what the best remedied shared one does; 0 where that is not known.
	GainLow, GainHigh float64
	By                string // PLAN_SPLIT: the date on which the work must begin
	// Breaks is the growth per month from which on the boundary is reached within Reach.
	Breaks float64
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
	f.bestOf(split)
	if !f.Best.Known() {
		return f
	}
	if two := split.TwoBoundary; Found(two) && two.Quantile == b.Quantile && two.LimitMs == b.LimitMs {
		f.GainLow, f.GainHigh = two.Low/f.BestHigh, two.High/f.BestLow
	}
	return f
}

// bestOf finds the remedied cluster that surely carries most; where none surely carries more
// than the cluster as it is, that is the best there is.
func (f *Future) bestOf(split *result.Split) {
	usable := false
	f.BestName, f.BestLow, f.BestHigh = "none of what was tried carries surely more", split.Boundary.Low, split.Boundary.High
	for _, r := range ladderOf(split, f.Forecast) {
		usable = usable || r.Usable
		if r.Helps() && r.Low > f.BestLow {
			f.BestName, f.BestLow, f.BestHigh = r.Name, r.Low, r.High
		}
	}
	if usable {
		f.Best = f.Forecast.Reach(f.BestLow, f.BestHigh, split.Outlook.Headroom)
	}
}

// growthThatReaches is the constant growth per month at which demand reaches a load at
// the very end of what is looked ahead.
func growthThatReaches(low float64, f Future, headroom float64) float64 {
	const monthsPerWeek = 12 * 7 / 365.25
	return math.Expm1(math.Log(low/(1+headroom)/f.Forecast.Today.P50) / (float64(f.Reach) * monthsPerWeek))
}

// dateIn is the date so many weeks after today.
func dateIn(today string, weeks int) string {
	at, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return fmt.Sprintf("week %d", weeks)
	}
	return at.AddDate(0, 0, 7*weeks).Format(time.DateOnly)
}
