package advice

import (
	"fmt"
	"math"

	"tristore/reports/result"
	"tristore/reports/stats"
)

// useless is the largest gain that is still called none: 3 %, the margin within which
// two arms count as equal.
const useless = 1.03

// mostInvalid is the share of invalid windows above which the rest is not trusted:
// windows are lost when the machine is busiest, so losing many flatters the shared cell.
const mostInvalid = 0.25

// weigh applies the rules in order of caution; the first that fits decides.
//
//	not enough   no limits, too many invalid windows, or too few blocks     INCONCLUSIVE
//	SPLIT_USELESS  lower(I) > agreed or promise broken,  upper(gain) < 1.03
//	ISOLATE        promise kept,  lower(I) > agreed,  lower(gain) > 1
//	broken         promise broken, lower(gain) > 1: a split helps, but remedies and the
//	               boundary were not measured                               INCONCLUSIVE
//	quiet          promise kept,  upper(I) <= agreed: no growth was asked   INCONCLUSIVE
//	otherwise      an interval straddles its limit                          INCONCLUSIVE
func weigh(split *result.Split, a Advice) Advice {
	limit, slo := split.AgreedInterference, split.SLO.AuthP99Ms
	if why, next := notEnough(split, a); why != "" {
		return inconclusive(a, why, next)
	}
	facts := fmt.Sprintf("auth p99 is %s times its value alone when collections run beside it (agreed: %.2f), and %s times its value on two clusters of the same total; the promise of %g ms is %s",
		span(a.Interference), limit, span(a.Gain), slo, a.Promise)
	hurts := a.Interference.Low > limit
	switch {
	case (hurts || a.Promise == Broken) && a.Gain.High < useless:
		a.Verdict = SplitUseless
		a.Sentence = "A second cluster of the same total hardware does not help the auth path: " + facts + "."
		a.Refutes = "a gain interval above 1 when the two clusters get more than half of the hardware each"
		a.CheapestNext = "raise the hardware of the one cluster and measure the same four cells: if auth gets faster, the bottleneck is capacity and not the sharing"
	case a.Promise == Kept && hurts && a.Gain.Low > 1:
		a.Verdict = Isolate
		a.Sentence = "Move collections to a cluster of their own, so that its load cannot reach sign-in: " + facts + "."
		a.Refutes = "an interference interval that reaches down to the agreed factor, or a gain interval that includes 1, on a repetition with more blocks"
		a.CheapestNext = "hold the auth rate and step collections through 0, 33, 66 and 100 %: interference that rises with the dose is the cause, a flat line is mere size"
	case a.Promise == Broken && a.Gain.Low > 1:
		return inconclusive(a, "the promise is broken at this load and a second cluster helps, but whether it keeps the promise, and whether something cheaper does, was not measured: "+facts,
			"apply the cheapest remedy first (settings, indexes, pool caps) and repeat the four cells; then search the boundary of both")
	case a.Promise == Kept && a.Interference.High <= limit:
		return inconclusive(a, "nothing at this load asks for a split, but no growth was forecast, so nobody can say for how long: "+facts,
			"give the growth per month and repeat at the load of the end of the horizon")
	default:
		return inconclusive(a, "an interval straddles its limit: "+facts, fmt.Sprintf("repeat with about %d blocks", moreBlocks(split, a)))
	}
	return a
}

// notEnough says what is missing before any rule may speak, and what to do about it.
func notEnough(split *result.Split, a Advice) (why, next string) {
	switch {
	case split.AgreedInterference < 1 || split.SLO.AuthP99Ms <= 0 || math.IsNaN(split.AgreedInterference+split.SLO.AuthP99Ms):
		return fmt.Sprintf("no limits were agreed (interference %g, auth p99 %g ms)", split.AgreedInterference, split.SLO.AuthP99Ms), "agree on an SLO and on an interference factor above 1"
	case float64(a.InvalidWindows) > mostInvalid*float64(a.Windows):
		return fmt.Sprintf("%d of %d windows are invalid (%s)%s", a.InvalidWindows, a.Windows, first(a.InvalidReasons), because(split.Trouble)), "repeat on a quieter machine, or at lower rates"
	case !a.Interference.Enough() || !a.Gain.Enough():
		return fmt.Sprintf("%d whole blocks were measured and %d are needed for an interval of %.0f %%%s", a.Blocks, a.Interference.Needed, 100*Confidence, because(split.Trouble)),
			fmt.Sprintf("repeat with at least %d blocks", a.Interference.Needed)
	}
	return "", ""
}

func inconclusive(a Advice, why, next string) Advice {
	a.Verdict, a.CheapestNext = Inconclusive, next
	a.Sentence = "Not decided: " + why + "."
	a.Refutes = "nothing is claimed that could be refuted"
	return a
}

// moreBlocks guesses how many blocks decide: an interval's width falls with the square
// root of their number, so it must shrink to the distance between estimate and limit.
// At least twice as many as there were, at most 100.
func moreBlocks(split *result.Split, a Advice) int {
	wanted := 2 * a.Blocks
	for _, c := range []struct {
		ratio stats.Ratio
		limit float64
	}{{a.Interference, split.AgreedInterference}, {a.Gain, 1}} {
		half, distance := math.Log(c.ratio.High/c.ratio.Low)/2, math.Abs(math.Log(c.ratio.Estimate/c.limit))
		straddles := c.ratio.Low <= c.limit && c.limit <= c.ratio.High
		if straddles && distance > 0 {
			wanted = max(wanted, int(math.Min(100, math.Ceil(float64(a.Blocks)*(half/distance)*(half/distance)))))
		}
	}
	return min(100, wanted)
}

func first(reasons []string) string {
	if len(reasons) == 0 {
		return "no reason recorded"
	}
	return reasons[0]
}

func because(trouble string) string {
	if trouble == "" {
		return ""
	}
	return ", since the measurement stopped: " + trouble
}
