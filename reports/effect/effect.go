// Package effect reads an interference test: whether the auth path is slower beside more
// collections or more data, and which channel it goes through.
//
// Opinion: an effect is a ratio of the same block's windows, with an interval over blocks;
// a channel is a cause when an intervention on it took interference away, and that only
// when the whole interval says so. What statistics show together is a suspicion. Too few
// blocks are no answer.
// Arrow: effect imports result and stats.
package effect

import (
	"fmt"
	"strings"

	"tristore/reports/result"
	"tristore/reports/stats"
)

// Answer is what a test says.
type Answer struct {
	// Verdict is INTERFERENCE, NO_INTERFERENCE, GROWS, FLAT, CAUSE, NO_CAUSE or INCONCLUSIVE.
	Verdict  string
	Sentence string
	Decided  bool
	Effects  []Effect
	Channels []Channel
	// Unused counts windows that were not read; Why lists the reasons.
	Unused int
	Why    []string
}

// Effect is how one arm, or one intervention, compares.
type Effect struct {
	Name, Says string
	stats.Ratio
}

// Text is the effect in numbers, or how many blocks are missing.
func (e Effect) Text() string {
	switch {
	case e.Blocks == 0:
		return "not measured: no block had both arms"
	case !e.Enough():
		return fmt.Sprintf("%.2f×, no interval: %d of %d blocks", e.Estimate, e.Blocks, e.Needed)
	default:
		return fmt.Sprintf("%.2f× (%.2f to %.2f, at least %.1f %% confidence, %d blocks)", e.Estimate, e.Low, e.High, 100*e.Confidence, e.Blocks)
	}
}

// Confidence is two-sided, of the whole answer.
const Confidence = 0.95

// Small is the effect that nobody minds: an interval below it says that there is none.
const Small = 1.25

// inconclusive is the answer that decides nothing.
const inconclusive = "INCONCLUSIVE"

// Of answers a test. It is a function of the saved facts alone.
func Of(facts *result.Interference) Answer {
	if facts == nil || len(facts.Arms) < 2 {
		return Answer{Verdict: inconclusive, Sentence: "there are no two arms to compare"}
	}
	read := readings(facts)
	a := Answer{Unused: read.unused, Why: read.why}
	switch facts.Test {
	case result.DoseTest:
		a.dose(facts, read)
	case result.GrowthTest:
		a.growth(facts, read)
	case result.CausesTest:
		a.causes(facts, read)
	default:
		a.Verdict, a.Sentence = inconclusive, fmt.Sprintf("test %q is not known to this tristore", facts.Test)
	}
	return a
}

// against compares every other arm with the first.
func (a *Answer) against(facts *result.Interference, read read, says string) {
	base := facts.Arms[0].Name
	for i, arm := range facts.Arms[1:] {
		a.Effects = append(a.Effects, Effect{arm.Name, fmt.Sprintf("auth p95, %s over %s%s", arm.Name, base, says), stats.Paired(read.pairs(arm.Name, base), Confidence, uint64(i+1))})
	}
}

func (a *Answer) dose(facts *result.Interference, read read) {
	a.against(facts, read, " of the collections rate")
	full, last := a.Effects[len(a.Effects)-1], 1.0
	rises := true
	for _, e := range a.Effects {
		rises = rises && e.Estimate >= last*0.97 // within what a middle of few blocks wavers
		last = e.Estimate
	}
	switch {
	case !full.Enough():
		a.open("the full dose was compared in %d blocks, and %d are needed", full.Blocks, full.Needed)
	case full.High < Small:
		a.decide("NO_INTERFERENCE", "auth p95 stays within %.2f× at the full dose: it is %s", Small, span(full))
	case full.Low > 1 && rises:
		a.decide("INTERFERENCE", "auth p95 rises with the dose of collections beside it, to %s at 100 %%", span(full))
	case full.Low > 1:
		a.open("auth p95 is higher at the full dose, %s, but does not rise step by step: something else moved as well", span(full))
	default:
		a.open("the interval of the full dose, %s, holds both no effect and one that matters", span(full))
	}
}

func (a *Answer) growth(facts *result.Interference, read read) {
	a.against(facts, read, "")
	most := a.Effects[len(a.Effects)-1]
	first, last := facts.Arms[0], facts.Arms[len(facts.Arms)-1]
	sizes := fmt.Sprintf("from %s to %s of the cache", share(first), share(last))
	switch {
	case first.Bytes >= first.CacheBytes || last.Bytes <= last.CacheBytes:
		a.open("the data does not go from inside to beyond the cache: %s", sizes)
	case !most.Enough():
		a.open("the largest data was compared in %d blocks, and %d are needed", most.Blocks, most.Needed)
	case most.High < Small:
		a.decide("FLAT", "auth p95 stays within %.2f× when the collections' data goes %s: %s; what is beyond the server's cache may be in that of this machine", Small, sizes, span(most))
	case most.Low > 1:
		a.decide("GROWS", "auth p95 grows with the collections' data: %s when it goes %s", span(most), sizes)
	default:
		a.open("the interval of the largest data, %s, holds both no effect and one that matters", span(most))
	}
}

func share(a result.Arm) string {
	return fmt.Sprintf("%.2f×", float64(a.Bytes)/float64(max(1, a.CacheBytes)))
}

func (a *Answer) decide(verdict, format string, args ...any) {
	a.Verdict, a.Decided, a.Sentence = verdict, true, fmt.Sprintf(format, args...)
}

func (a *Answer) open(format string, args ...any) {
	a.Verdict, a.Sentence = inconclusive, fmt.Sprintf(format, args...)
	if a.Unused > 0 {
		a.Sentence += fmt.Sprintf("; %d windows were not used: %s", a.Unused, strings.Join(a.Why, ", "))
	}
}

func span(e Effect) string { return fmt.Sprintf("%.2f× [%.2f, %.2f]", e.Estimate, e.Low, e.High) }
