package judge

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"tristore/reports/result"
)

// Op compares a recorded fact with a constant.
type Op string

// The comparisons.
const (
	Is      Op = "="
	AtLeast Op = ">="
	AtMost  Op = "<="
)

// Limit is one requirement on one fact.
type Limit struct {
	Fact  string
	Op    Op
	Value float64
	// Says is the promise in words, for the finding's reason.
	Says string
}

// Rule judges the observations of one claim.
type Rule struct {
	Valid    []Limit // assumptions of the measurement
	Floors   []Limit // enough was tried for a pass to mean something
	Limits   []Limit // what the store promised
	MinCases int     // fewer comparisons than this is too few
}

// Vacuous tells whether the rule could pass without having compared anything: it needs
// cases, or a promise and a floor that no reading of zero meets; and each comparison
// must be one of ours.
func (r Rule) Vacuous() bool {
	demanding := slices.ContainsFunc(r.Floors, func(l Limit) bool { return !l.holds(0) })
	if r.MinCases <= 0 && (!demanding || len(r.Limits) == 0) {
		return true
	}
	return slices.ContainsFunc(slices.Concat(r.Valid, r.Floors, r.Limits), func(l Limit) bool { return !l.sound() })
}

// Judge gives the finding of one observation. Order of weight: invalid, failed,
// inconclusive, not applicable, passed. A probe excuses what was not asked; it never
// covers a promise seen broken, nor trouble on the way.
func (r Rule) Judge(o result.Observation) result.Finding {
	finding := result.Finding{Claim: o.Claim, Engine: o.Engine, Evidence: evidence(o)}
	decide := func(status result.Status, reason string) result.Finding {
		finding.Status, finding.Reason = status, reason
		return finding
	}
	if broken := brokenOf(r.Valid, o); len(broken) > 0 {
		return decide(result.Invalid, reasonOf(broken))
	}
	promises := brokenOf(r.Limits, o)
	if broken := slices.Concat(promises, brokenCases(o)); len(broken) > 0 {
		if len(promises) > 1 { // the first is the reason; cases stand in the evidence already
			finding.Evidence = slices.Concat(promises[1:], finding.Evidence)
		}
		return decide(result.Fail, reasonOf(broken))
	}
	if o.Trouble != "" {
		return decide(result.Inconclusive, "could not be measured: "+o.Trouble)
	}
	if o.Probe != "" {
		return decide(result.NotApplicable, o.Probe)
	}
	if missing := r.missing(o); missing != "" {
		return decide(result.Inconclusive, missing)
	}
	return decide(result.Pass, "")
}

// missing says why the observation is too thin to pass; empty when it is not.
func (r Rule) missing(o result.Observation) string {
	if r.Vacuous() {
		return "the rule of this claim could pass without comparing anything"
	}
	for _, l := range slices.Concat(r.Valid, r.Limits, r.Floors) {
		if !recorded(l.Fact, o) || math.IsInf(o.Facts[l.Fact], 0) { // without bound it may break a promise; it meets none
			return fmt.Sprintf("%s was not recorded", l.Fact)
		}
	}
	if len(o.Cases) < r.MinCases {
		return fmt.Sprintf("compared %d cases, %d are needed", len(o.Cases), r.MinCases)
	}
	if low := brokenOf(r.Floors, o); len(low) > 0 {
		return reasonOf(low)
	}
	return ""
}

// brokenOf lists the limits that do not hold. Facts that were not recorded are missing,
// not broken, and a limit without a known comparison breaks nothing: it is vacuous.
func brokenOf(limits []Limit, o result.Observation) []string {
	var broken []string
	for _, l := range limits {
		if value := o.Facts[l.Fact]; l.sound() && recorded(l.Fact, o) && !l.holds(value) {
			broken = append(broken, fmt.Sprintf("%s (%s is %s, wanted %s %s)", l.Says, l.Fact, number(value), l.Op, number(l.Value)))
		}
	}
	return broken
}

func brokenCases(o result.Observation) []string {
	var broken []string
	for _, c := range o.Cases {
		if c.Want != c.Got {
			broken = append(broken, fmt.Sprintf("%s: promised %s, got %s", c.Name, c.Want, c.Got))
		}
	}
	return broken
}

// reasonOf names the first and counts the rest.
func reasonOf(broken []string) string {
	if len(broken) == 1 {
		return broken[0]
	}
	return fmt.Sprintf("%s (and %d more)", broken[0], len(broken)-1)
}

// recorded tells whether a fact was read; what is not a number was not.
func recorded(fact string, o result.Observation) bool {
	value, there := o.Facts[fact]
	return there && !math.IsNaN(value)
}

func (l Limit) sound() bool {
	return l.Fact != "" && !math.IsNaN(l.Value) && (l.Op == Is || l.Op == AtLeast || l.Op == AtMost)
}

// holds is false for NaN and for a comparison that is none of ours.
func (l Limit) holds(value float64) bool {
	switch l.Op {
	case Is:
		return value == l.Value
	case AtLeast:
		return value >= l.Value
	case AtMost:
		return value <= l.Value
	default:
		return false
	}
}

// number prints counts whole, and readings with six digits.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}
