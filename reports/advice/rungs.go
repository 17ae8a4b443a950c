package advice

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tristore/reports/forecast"
	"tristore/reports/result"
	"tristore/reports/stats"
)

// Rung is one remedy with what it buys and what it costs.
type Rung struct {
	Name   string
	Parts  int
	Change string
	Usable bool   // its gain was found, and it breaks no claim
	Why    string // why it is not usable
	// Low and High enclose the load at which the promise breaks with the remedy on.
	Low, High float64
	// Gain is that load over the same of the cluster as it is, measured in turns.
	Gain, GainLow, GainHigh float64
	// Months are bought by it at the forecast's growth, at least and at most; without a growth
	// they are not known. Buys nothing for sure is 0, and no bound is infinite.
	MonthsKnown           bool
	MonthsLow, MonthsHigh float64
	MonthsWhy             string  // why they are not known
	Cost                  float64 // in units of the table; 0 is not known
	// Score is MonthsLow for a unit of cost; 0 where one of them is not known.
	Score float64
}

// Helps tells whether the remedied cluster surely carries more.
func (r Rung) Helps() bool { return r.Usable && r.GainLow > 1 }

// Months is what a rung buys in words.
func (r Rung) Months() string {
	switch {
	case !r.MonthsKnown:
		return "unknown: " + r.MonthsWhy
	case math.IsInf(r.MonthsHigh, 1):
		return fmt.Sprintf("at least %.1f", r.MonthsLow)
	default:
		return fmt.Sprintf("%.1f to %.1f", r.MonthsLow, r.MonthsHigh)
	}
}

// remedied adds what was tried before a split to an advice.
func remedied(split *result.Split, a Advice) Advice {
	if len(split.Remedies) == 0 {
		return a
	}
	var f forecast.Forecast
	if split.Outlook != nil {
		f = forecast.For(split.Outlook, forecast.Ray{AuthPerS: split.AuthRate, CollectionsPerS: split.CollectionsRate})
	}
	a.Rungs = ladderOf(split, f)
	a.NotAsked = slices.DeleteFunc(a.NotAsked, func(said string) bool { return strings.HasPrefix(said, "what settings,") })
	return a
}

// ladderOf lists the remedies in the order in which to do them: what helps before what does
// not, then the most months for a unit of cost, then the most gain.
func ladderOf(split *result.Split, f forecast.Forecast) []Rung {
	var all []Rung
	for _, r := range split.Remedies {
		all = append(all, rungOf(split, r, f))
	}
	slices.SortStableFunc(all, func(a, b Rung) int {
		for _, by := range [][2]float64{{one(b.Helps()), one(a.Helps())}, {one(b.Usable), one(a.Usable)}, {b.Score, a.Score}, {b.GainLow, a.GainLow}} {
			switch {
			case by[0] < by[1]:
				return -1
			case by[0] > by[1]:
				return 1
			}
		}
		return 0
	})
	return all
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func rungOf(split *result.Split, r result.Remedy, f forecast.Forecast) Rung {
	rung := Rung{Name: r.Name(), Parts: len(r.Names), Change: r.Change, Why: unfit(split, r), Cost: costOf(split.Costs, r.Names)}
	if rung.Why != "" {
		return rung
	}
	b, before := r.Boundary, r.Baseline
	var ok bool
	if rung.GainLow, rung.Gain, rung.GainHigh, ok = stats.Over([2]float64{b.Low, b.High}, [2]float64{before.Low, before.High}); !ok {
		rung.Why = "its gain is not known"
		return rung
	}
	rung.Usable, rung.Low, rung.High = true, b.Low, b.High
	rung.months(split, f)
	if rung.MonthsKnown && rung.Cost > 0 {
		rung.Score = rung.MonthsLow / rung.Cost
	}
	return rung
}

// unfit says why nothing follows from a remedy; empty when something does.
func unfit(split *result.Split, r result.Remedy) string {
	b, before, now := r.Boundary, r.Baseline, split.Boundary
	switch {
	case r.Absent != "":
		return "not tried: " + r.Absent
	case r.Refused != "":
		return r.Refused
	case !r.Conforms:
		return "the conformance claims were not tried with it on" + because(r.Trouble)
	case !Found(b):
		return "its boundary was not found" + ofReason(b) + because(r.Trouble)
	case !Found(before):
		return "its gain is not known: the boundary without it, beside it, was not found" + ofReason(before)
	case b.Quantile != before.Quantile || b.LimitMs != before.LimitMs:
		return "its gain is not known: the boundaries with and without it are of different promises"
	case now != nil && (b.Quantile != now.Quantile || b.LimitMs != now.LimitMs):
		return "its boundary is of another promise"
	case Found(now) && (before.High < now.Low || before.Low > now.High):
		return fmt.Sprintf("the machine changed: beside it the cluster as it is broke the promise at %.3g to %.3g times the measured load, and before at %.3g to %.3g", before.Low, before.High, now.Low, now.High)
	}
	return ""
}

func ofReason(b *result.Boundary) string {
	if b == nil {
		return ""
	}
	return " (" + orWord(b.Reason, unfinished) + ")"
}

// months is ln(gain)/ln(1+growth), at least by the fastest growth and at most by the slowest.
func (r *Rung) months(split *result.Split, f forecast.Forecast) {
	switch {
	case split.Outlook == nil || split.Outlook.Growth == nil:
		r.MonthsWhy = "no growth was stated"
	case f.Trouble != "":
		r.MonthsWhy = f.Trouble
	case !(f.GrowthPerMonth.P50 > 0):
		r.MonthsWhy = "demand does not grow"
	default:
		r.MonthsKnown = true
		slow, fast := math.Log1p(f.GrowthPerMonth.P10), math.Log1p(f.GrowthPerMonth.P90)
		r.MonthsLow = max(0, math.Log(r.GainLow)/fast)
		switch {
		case r.GainHigh <= 1:
			r.MonthsHigh = 0
		case slow > 0:
			r.MonthsHigh = math.Log(r.GainHigh) / slow
		default:
			r.MonthsHigh = math.Inf(1)
		}
	}
}

// costOf is what the parts of a remedy cost together, in units of the table: money, work and
// downtime each by their unit, and over again as often as the risk says that it must be made
// again. It is 0 where a part stands in no table.
func costOf(table *result.Costs, names []string) float64 {
	if table == nil || len(names) == 0 {
		return 0
	}
	sum := 0.0
	for _, name := range names {
		c, told := table.Of[name]
		if !told || !(c.Risk >= 0 && c.Risk < 1) {
			return 0
		}
		part := 0.0
		for _, p := range [][2]float64{{c.MoneyPerMonth, table.Unit.MoneyPerMonth}, {c.WorkDays, table.Unit.WorkDays}, {c.DowntimeMinutes, table.Unit.DowntimeMinutes}} {
			if p[0] != 0 {
				part += p[0] / p[1]
			}
		}
		if !(part > 0) || math.IsInf(part, 0) {
			return 0
		}
		sum += part / (1 - c.Risk)
	}
	return sum
}

// listed are the remedies that help, in the order in which to do them.
func listed(rungs []Rung) string {
	var said []string
	for _, r := range rungs {
		if r.Helps() {
			said = append(said, fmt.Sprintf("%s (%.2f to %.2f times the load, months bought: %s)", r.Name, r.GainLow, r.GainHigh, r.Months()))
		}
	}
	return strings.Join(said, ", ")
}

func refusals(rungs []Rung) string {
	var said []string
	for _, r := range rungs {
		if !r.Usable {
			said = append(said, r.Name+": "+r.Why)
		}
	}
	if len(said) == 0 {
		return ""
	}
	return " (" + strings.Join(said, "; ") + ")"
}
