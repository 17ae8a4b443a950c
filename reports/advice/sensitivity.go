package advice

import (
	"fmt"
	"math"
	"slices"

	"tristore/reports/forecast"
	"tristore/reports/result"
)

// Variant is what would follow from another promise or another growth than was asked.
type Variant struct {
	What      string
	Low, High float64 // the loads between which the promise breaks; 0 is not known
	Crossing  forecast.Crossing
	Note      string // what supports it, or why it is not known
}

// String is the variant in a line.
func (v Variant) String() string {
	said := v.What + ": "
	switch {
	case v.Low > 0 && v.High > 0:
		said += fmt.Sprintf("breaks between %.3g and %.3g times the measured load", v.Low, v.High)
	case v.Low > 0:
		said += fmt.Sprintf("kept up to %.3g times the measured load at least", v.Low)
	case v.High > 0:
		said += fmt.Sprintf("broken at %.3g times the measured load", v.High)
	default:
		return said + v.Note
	}
	if v.Crossing.Known() {
		said += ", demand gets there " + v.Crossing.String()
	}
	return said + " (" + v.Note + ")"
}

// sway is by how much the promise and the growth are varied.
const sway = 0.2

// SensitivityOf asks the same windows about a promise a fifth tighter and looser, and the
// same boundary about a growth a fifth smaller and larger, and windows of its own about
// another mix, where the search left time for them. What no window tells is said so.
func SensitivityOf(split *result.Split) []Variant {
	b := split.Boundary
	if b == nil || !(b.LimitMs > 0) || len(b.Windows) == 0 {
		return nil
	}
	var f Future
	if split.Outlook != nil {
		f = futureOf(split)
	}
	var all []Variant
	for _, by := range []float64{-sway, sway} {
		limit := b.LimitMs * (1 + by)
		v := Variant{What: fmt.Sprintf("promise %+.0f %%: auth %s of at most %.3g ms", 100*by, b.Quantile, limit)}
		v.Low, v.High, v.Note = breaksBetween(b, limit)
		if split.Outlook != nil && v.Low > 0 && v.High > 0 {
			v.Crossing = f.Forecast.Reach(v.Low, v.High, split.Outlook.Headroom)
		}
		all = append(all, v)
	}
	if o := split.Outlook; o != nil && o.Growth != nil && o.Growth.Source == result.GrowthRate && Found(b) {
		for _, by := range []float64{-sway, sway} {
			low, high := o.Growth.LowPerMonth*(1+by), o.Growth.HighPerMonth*(1+by)
			other := forecast.Stated(min(low, high), max(low, high), forecast.Plan{Weeks: o.HorizonWeeks + o.LeadWeeks, Seed: o.Seed})
			all = append(all, Variant{What: fmt.Sprintf("growth %+.0f %% of the stated", 100*by), Low: b.Low, High: b.High, Crossing: other.Reach(b.Low, b.High, o.Headroom), Note: "the boundary as it was found"})
		}
	}
	for _, by := range []float64{-sway, sway} {
		v := Variant{What: fmt.Sprintf("mix %+.0f %%: collections %.3g/s beside auth %.3g/s", 100*by, (1+by)*split.CollectionsRate, split.AuthRate)}
		if v.Low, v.High, v.Note = mixed(split, by); split.Outlook != nil && v.Low > 0 && v.High > 0 {
			v.Crossing = f.Forecast.Reach(v.Low, v.High, split.Outlook.Headroom)
		}
		all = append(all, v)
	}
	return all
}

// mixWindows is about how many windows it takes to try another mix.
const mixWindows = 6

// mixed is where the promise breaks with more or fewer collections beside the same auth.
// More of either load never helps, which alone encloses it: a fifth more collections break
// the promise at no less than the boundary over 1.2, and a fifth fewer at no more than the
// boundary over 0.8. One load of that mix, put to the test, tells on which side it lies.
func mixed(split *result.Split, by float64) (low, high float64, note string) {
	b := split.Boundary
	again := fmt.Sprintf("search again with --auth-rate %.4g --collections-rate %.4g", split.AuthRate, (1+by)*split.CollectionsRate)
	if !Found(b) {
		return 0, 0, "not tested, and no boundary was found for the measured mix; " + again
	}
	low, high = b.Low/max(1, 1+by), b.High/min(1, 1+by)
	for _, m := range b.Mixes {
		if math.Abs(m.Collections-1-by) > 0.001 || !(b.BracketLow > 0 && b.BracketLow < b.BracketHigh) {
			continue
		}
		tried := fmt.Sprintf("%d windows of that mix at %.3g times", len(m.Path), m.Scale)
		switch {
		case m.Answer == "good" && by > 0:
			return b.Low * m.Scale / b.BracketLow, high, tried + " kept the promise still"
		case m.Answer == "bad" && by > 0:
			return low, min(high, m.Scale*b.High/b.BracketHigh), tried + " broke it"
		case m.Answer == "good":
			return max(low, m.Scale*b.Low/b.BracketLow), high, tried + " kept the promise"
		case m.Answer == "bad":
			return low, b.High * m.Scale / b.BracketHigh, tried + " broke it still"
		default:
			return low, high, fmt.Sprintf("%s did not decide (%s); enclosed by more of either load never helping; %s", tried, orWord(m.Why, "passing is a matter of luck there"), again)
		}
	}
	return low, high, fmt.Sprintf("not tested, enclosed by more of either load never helping; about %.0f s of windows in a larger --budget would try it, or %s", mixWindows*b.WindowSeconds, again)
}

// breaksBetween gives the highest load of which most windows would have kept another
// limit, and the lowest above it of which most would have broken it. It certifies nothing.
func breaksBetween(b *result.Boundary, limitMs float64) (low, high float64, note string) {
	lead := map[float64]int{}
	windows := 0
	for _, w := range b.Windows {
		if !stands(w) || math.IsNaN(w.LatencyMs) {
			continue
		}
		windows++
		if w.Behind || !(w.LatencyMs > 0) || w.LatencyMs > limitMs {
			lead[w.Scale]--
		} else {
			lead[w.Scale]++
		}
	}
	var scales []float64
	for scale := range lead {
		scales = append(scales, scale)
	}
	slices.Sort(scales)
	for _, scale := range scales {
		if lead[scale] < 0 {
			high = scale
			break
		}
		if lead[scale] > 0 {
			low = scale
		}
	}
	switch {
	case low == 0 && high == 0:
		return 0, 0, "no window tells"
	case low == 0:
		return 0, high, "broken at the lowest load that was tried"
	case high == 0:
		return low, 0, "kept at the highest load that was tried"
	default:
		return low, high, fmt.Sprintf("the majority of windows at each load, of %d in all; not certified", windows)
	}
}
