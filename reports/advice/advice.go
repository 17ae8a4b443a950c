package advice

import (
	"tristore/reports/result"
	"tristore/reports/stats"
)

// Verdict is one answer to "when to split".
type Verdict string

// The verdicts. Those that speak of the load at which the promise breaks, of growth, or
// of what remedies buy are given only where the facts hold all of that. In particular a
// quiet 2×2 without an outlook is INCONCLUSIVE: that nothing hurts at the measured load
// does not say that nothing will.
const (
	// SplitNow: demand has passed what the best remedied shared cluster carries, and two
	// clusters of the same total hardware carry clearly more.
	SplitNow Verdict = "SPLIT_NOW"
	// PlanSplit: likewise, but demand gets there later; By is when the work must begin.
	PlanSplit Verdict = "PLAN_SPLIT"
	// RemedyFirst: something cheaper than a split carries demand beyond the horizon.
	RemedyFirst Verdict = "REMEDY_FIRST"
	// NotNeeded: demand does not reach the boundary within the horizon and the lead time
	// beyond it, and nothing hurts before.
	NotNeeded Verdict = "NOT_NEEDED"
	// Inconclusive: the intervals do not decide, there was too little to build them
	// from, or what they say asks for a measurement that was not made.
	Inconclusive Verdict = "INCONCLUSIVE"
	// Isolate: the promise holds, but the collections load slows the auth path more than
	// was agreed, and a second cluster at the same total hardware takes some of that away.
	Isolate Verdict = "ISOLATE"
	// SplitUseless: there is something to cure, and a second cluster at the same total
	// hardware does not make the auth path faster.
	SplitUseless Verdict = "SPLIT_USELESS"
)

// Advice is what the facts of a split measurement say.
type Advice struct {
	Verdict  Verdict
	Sentence string // for the reader, with its numbers
	// Cause is the channel through which collections slow auth; empty where none was shown.
	Cause string

	// Interference is I_auth: the p99 of auth beside collections on one cluster, over its p99 alone.
	Interference stats.Ratio
	// Gain is gain_iso: the p99 of auth beside collections on one cluster, over its p99
	// on two clusters of the same total. Above 1 the split is faster.
	Gain stats.Ratio
	// SharedP99Ms encloses the median over blocks of the auth p99 on the shared cluster.
	SharedP99Ms stats.Interval
	Promise     Promise // how SharedP99Ms stands to the SLO

	Blocks         int      // blocks of which all needed windows were valid
	Windows        int      // windows measured
	InvalidWindows int      // of these, left out
	InvalidReasons []string // each once, in order of appearance

	Rungs  []Rung // what was tried before a split, in the order in which to do it
	Future Future // when demand reaches the boundary; the zero value where no outlook was given
	Slots  Slots  // the connections of the platform's pods; the zero value where none were told

	Tests []Tested // tests of interference that were handed over, used or not

	Boundary     string   // where the shared cluster breaks the promise, in a sentence; empty when not searched
	Refutes      string   // what would show that this advice is wrong
	CheapestNext string   // the cheapest experiment that would change or firm it up
	NotAsked     []string // what this measurement cannot know
}

// Promise is how the shared cluster stands to the SLO. The zero value is undecided.
type Promise string

// The standings; each by the confidence interval, not by the median.
const (
	Undecided Promise = "undecided"
	Kept      Promise = "kept"
	Broken    Promise = "broken"
)

// Confidence of every interval that Of builds.
const Confidence = 0.95

// Of advises on one split measurement. It is pure: the saved run gives the same advice
// whenever it is asked. A nil split was not measured.
func Of(split *result.Split) Advice {
	if split == nil {
		return inconclusive(Advice{Promise: Undecided}, "the split was not measured", "measure it: tristore capacity")
	}
	return weighed(split, decide(split, remedied(split, bounded(split, weigh(split, read(split))))))
}
