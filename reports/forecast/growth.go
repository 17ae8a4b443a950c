package forecast

import (
	"fmt"
	"math"
	"slices"
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
	if g.Source == result.GrowthObserved {
		low, high, err := Between(g.Looks)
		if err != nil {
			return Forecast{Trouble: err.Error(), Next: "look again with tristore observe after some weeks, at the same hour of the same day"}
		}
		return Stated(low, high, plan)
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

// apartDays is how far apart two looks must be: what a month does not show is chance.
const apartDays = 28

// Between reads growth per month from looks at a live cluster, as P10 and P90. A look knows
// the level of demand no better than from its mean to its peak, so that two of them know
// growth between mean after peak and peak after mean; more of them by all pairs that lie
// far enough apart. The store that grows faster decides.
func Between(looks []result.Look) (low, high float64, err error) {
	if len(looks) < 2 {
		return 0, 0, fmt.Errorf("%d look at the cluster tells no growth: two are needed, at least %d days apart", len(looks), apartDays)
	}
	var lows, highs []float64
	for i, b := range looks {
		for _, a := range looks[:i] {
			days, err := daysBetween(a.At, b.At)
			if err != nil {
				return 0, 0, err
			}
			if days < apartDays {
				continue
			}
			months := days * 12 / 365.25
			auth, collections := rise(a.Auth, a.AuthPeak, b.Auth, b.AuthPeak), rise(a.Collections, a.CollectionsPeak, b.Collections, b.CollectionsPeak)
			if !auth.known {
				return 0, 0, fmt.Errorf("the look of %s or of %s saw no transaction of users and permissions", a.At, b.At)
			}
			if collections.known && collections.high > auth.high {
				auth = collections
			}
			lows, highs = append(lows, math.Expm1(auth.low/months)), append(highs, math.Expm1(auth.high/months))
		}
	}
	if len(lows) == 0 {
		return 0, 0, fmt.Errorf("the looks lie less than %d days apart, which tells no growth from chance", apartDays)
	}
	return slices.Min(lows), slices.Max(highs), nil
}

// risen is by how much the logarithm of demand rose, at the least and at the most.
type risen struct {
	low, high float64
	known     bool
}

func rise(meanBefore, peakBefore, meanAfter, peakAfter float64) risen {
	peakBefore, peakAfter = max(meanBefore, peakBefore), max(meanAfter, peakAfter)
	r := risen{math.Log(meanAfter / peakBefore), math.Log(peakAfter / meanBefore), false}
	r.known = !math.IsNaN(r.low) && !math.IsInf(r.low, 0) && !math.IsNaN(r.high) && !math.IsInf(r.high, 0)
	return r
}

// daysBetween is negative where the second date comes first.
func daysBetween(a, b string) (float64, error) {
	first, err := time.Parse(time.DateOnly, a)
	if err == nil {
		var second time.Time
		if second, err = time.Parse(time.DateOnly, b); err == nil {
			return second.Sub(first).Hours() / 24, nil
		}
	}
	return 0, fmt.Errorf("the date of a look cannot be read: %w", err)
}
