package advice

import (
	"fmt"
	"math"

	"tristore/reports/result"
)

// Found tells whether a search enclosed the boundary as narrowly as planned. What
// contradicts itself was not found, whatever the file says.
func Found(b *result.Boundary) bool {
	return b != nil && b.Regular && b.Reason == "" && b.Low > 0 && b.Low < b.High && !math.IsInf(b.High, 0) && b.LimitMs > 0 && len(b.Windows) > 0
}

// keptUpTo is the load at which the promise was certified to be kept when a search ended
// because it was asked to look no further; 0 where it was not, or the facts contradict it.
func keptUpTo(b *result.Boundary) float64 {
	if b == nil || b.Reason != lookedNoFurther || b.High != 0 || !(b.LimitMs > 0) || !(b.Low > 0) || math.IsInf(b.Low, 0) || len(b.Windows) == 0 {
		return 0
	}
	for _, c := range b.Certified {
		if c.Answer == "good" && c.Void == 0 && c.Scale >= b.Low {
			return b.Low
		}
	}
	return 0
}

// lookedNoFurther is the reason of a search whose highest load keeps the promise.
const lookedNoFurther = "x_max"

// unfinished is said of a search that left no reason: it was killed, or its file altered.
const unfinished = "it was not finished"

// bounded adds what the search of the boundary says to an advice.
func bounded(split *result.Split, a Advice) Advice {
	b := split.Boundary
	if b == nil {
		return a
	}
	a.Boundary = sentenceOf(split, b)
	if keptUpTo(b) > 0 {
		a.NotAsked[0] = "at which load the promise breaks (it was asked no further than where it is kept)"
		return a
	}
	if !Found(b) {
		a.NotAsked[0] = "at which load the promise breaks (it was searched and not found)"
		return a
	}
	a.NotAsked = a.NotAsked[1:]
	if a.Verdict == Inconclusive && a.Promise == Kept && a.Interference.Enough() && a.Interference.High <= split.AgreedInterference {
		a.CheapestNext = "give the growth per month: the boundary says at which load the promise breaks, and growth says when"
	}
	return a
}

// sentenceOf says where the boundary lies, in the user's rates.
func sentenceOf(split *result.Split, b *result.Boundary) string {
	promise := fmt.Sprintf("auth %s of at most %g ms", b.Quantile, b.LimitMs)
	switch {
	case Found(b):
		return fmt.Sprintf("The shared cluster keeps an %s up to a load between %s; %s.", promise, loads(split, b.Low, b.High), standing(b))
	case b.Low > 0 && b.High > 0 && b.Low < b.High:
		return fmt.Sprintf("The search for the load at which the shared cluster breaks an %s was not regular (%s); it lies about between %s, in a bracket %.1f times as wide as planned.",
			promise, orWord(b.Reason, unfinished), loads(split, b.Low, b.High), b.Wider)
	case keptUpTo(b) > 0:
		return fmt.Sprintf("The shared cluster keeps an %s at %.3g times the measured load; the search was asked to look no further.", promise, b.Low)
	case b.Low > 0:
		return fmt.Sprintf("The load at which the shared cluster breaks an %s was not found (%s); %.3g times the measured load is kept.", promise, orWord(b.Reason, unfinished), b.Low)
	case b.High > 0:
		return fmt.Sprintf("The load at which the shared cluster breaks an %s was not found (%s); %.3g times the measured load breaks it.", promise, orWord(b.Reason, unfinished), b.High)
	default:
		return fmt.Sprintf("The load at which the shared cluster breaks an %s was not found (%s).", promise, orWord(b.Reason, unfinished))
	}
}

func loads(split *result.Split, low, high float64) string {
	return fmt.Sprintf("%.3g and %.3g times the measured one (auth %.0f to %.0f/s beside collections %.0f to %.0f/s)",
		low, high, low*split.AuthRate, high*split.AuthRate, low*split.CollectionsRate, high*split.CollectionsRate)
}

// standing says on which side of the boundary the measured load is.
func standing(b *result.Boundary) string {
	switch {
	case b.Low > 1:
		return fmt.Sprintf("the measured load may grow by %.0f %%", 100*(b.Low-1))
	case b.High < 1:
		return "the measured load lies beyond it"
	default:
		return "the measured load is at it"
	}
}
