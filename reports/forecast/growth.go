package forecast

import (
	"fmt"
	"time"

	"tristore/reports/result"
)

// Ray is the demand of scale 1: loads are multiples of it, both rates growing together.
type Ray struct{ AuthPerS, CollectionsPerS float64 }

// mostStale is how many weeks old the last peak may be.
const mostStale = 13

// For foretells demand in scales of the ray, up to the horizon and the lead time beyond it.
func For(o *result.Outlook, ray Ray) Forecast {
	if o == nil || o.Growth == nil {
		return Forecast{Trouble: "no growth was given", Next: "give the growth of demand: --growth 6%/month, or --growth-file with weekly peaks"}
	}
	plan := Plan{Weeks: o.HorizonWeeks + o.LeadWeeks, Seed: o.Seed}
	g := o.Growth
	if g.Source == result.GrowthRate {
		return Stated(g.LowPerMonth, g.HighPerMonth, plan)
	}
	peaks, why := scales(g.Weeks, ray)
	if why == "" {
		plan.Skip, why = stale(g.Weeks, o.Today)
	}
	if why != "" {
		return Forecast{Trouble: why, Next: "mend the weekly peaks"}
	}
	return Of(peaks, plan)
}

// scales puts weekly peaks on the ray: the store that is further along it decides, since
// the boundary was searched with both.
func scales(weeks []result.WeekPeak, ray Ray) (peaks []float64, why string) {
	if !(ray.AuthPerS > 0) || !(ray.CollectionsPerS > 0) {
		return nil, "the measured rates are not known"
	}
	for _, w := range weeks {
		peaks = append(peaks, max(w.AuthPerS/ray.AuthPerS, w.CollectionsPerS/ray.CollectionsPerS))
	}
	return peaks, ""
}

// stale is how many weeks lie between the last peak and today.
func stale(weeks []result.WeekPeak, today string) (int, string) {
	if len(weeks) == 0 {
		return 0, "there are no weekly peaks"
	}
	last, errLast := time.Parse(time.DateOnly, weeks[len(weeks)-1].Week)
	now, errNow := time.Parse(time.DateOnly, today)
	if errLast != nil || errNow != nil {
		return 0, "the dates of the weekly peaks cannot be read"
	}
	const week = 7 * 24 * time.Hour
	switch age := int(now.Sub(last) / week); {
	case last.After(now.Add(week)):
		return 0, fmt.Sprintf("the last weekly peak is of %s, which is to come", weeks[len(weeks)-1].Week)
	case age > mostStale:
		return 0, fmt.Sprintf("the last weekly peak is %d weeks old: add those since, at most %d may be missing", age, mostStale)
	default:
		return max(0, age), ""
	}
}
