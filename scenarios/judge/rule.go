package judge

import (
	"fmt"
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

// Vacuous tells whether the rule could pass without having compared anything.
func (r Rule) Vacuous() bool {
	return r.MinCases == 0 && (len(r.Floors) == 0 || len(r.Limits) == 0)
}

// Judge gives the finding of one observation. Order of weight: not applicable,
// invalid, failed, inconclusive, passed.
func (r Rule) Judge(o result.Observation) result.Finding {
	finding := result.Finding{Claim: o.Claim, Engine: o.Engine, Evidence: evidence(o)}
	decide := func(status result.Status, reason string) result.Finding {
		finding.Status, finding.Reason = status, reason
		return finding
	}
	if o.Probe != "" {
		return decide(result.NotApplicable, o.Probe)
	}
	if broken := firstBroken(r.Valid, o); broken != "" {
		return decide(result.Invalid, broken)
	}
	if broken := r.brokenPromise(o); broken != "" {
		return decide(result.Fail, broken)
	}
	if o.Trouble != "" {
		return decide(result.Inconclusive, "could not be measured: "+o.Trouble)
	}
	if missing := r.missing(o); missing != "" {
		return decide(result.Inconclusive, missing)
	}
	return decide(result.Pass, "")
}

// brokenPromise names the first broken limit or case, and counts the rest.
func (r Rule) brokenPromise(o result.Observation) string {
	first, broken := firstBroken(r.Limits, o), 0
	for _, c := range o.Cases {
		if c.Want == c.Got {
			continue
		}
		broken++
		if first == "" {
			first = fmt.Sprintf("%s: promised %s, got %s", c.Name, c.Want, c.Got)
		}
	}
	if broken > 1 {
		first += fmt.Sprintf(" (and %d more of %d comparisons)", broken-1, len(o.Cases))
	}
	return first
}

// missing says why the observation is too thin to pass; empty when it is not.
func (r Rule) missing(o result.Observation) string {
	if r.Vacuous() {
		return "the rule of this claim compares nothing"
	}
	for _, limits := range [][]Limit{r.Valid, r.Limits, r.Floors} {
		for _, l := range limits {
			if _, recorded := o.Facts[l.Fact]; !recorded {
				return fmt.Sprintf("%s was not recorded", l.Fact)
			}
		}
	}
	if len(o.Cases) < r.MinCases {
		return fmt.Sprintf("compared %d cases, %d are needed", len(o.Cases), r.MinCases)
	}
	return firstBroken(r.Floors, o)
}

// firstBroken ignores facts that were not recorded: those are missing, not broken.
func firstBroken(limits []Limit, o result.Observation) string {
	for _, l := range limits {
		if value, recorded := o.Facts[l.Fact]; recorded && !l.holds(value) {
			return fmt.Sprintf("%s (%s is %s, wanted %s %s)", l.Says, l.Fact, number(value), l.Op, number(l.Value))
		}
	}
	return ""
}

// holds is false for NaN, whatever the comparison.
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

func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
