package advice

import (
	"fmt"
	"slices"
	"strings"

	"tristore/reports/forecast"
	"tristore/reports/result"
)

const (
	// unlikely is the chance of reaching the boundary below which nothing needs to be done.
	unlikely = 0.05
	// worth is how many times as much two clusters must carry, at the least, as one of the
	// same total hardware with the best remedy, for a split to be advised.
	worth = 1.2
)

// decide applies the rules that need an outlook, in this order; the first that fits decides.
// Where none was given, what the 2×2 says stands.
//
//	slots        the pods' idle connections do not fit, or the server refused
//	             arrivals for want of one                                      REMEDY_FIRST
//	facts        boundary, forecast or lead time is missing                    INCONCLUSIVE;
//	             a load that is kept for certain stands for B0 where far holds with it
//	far          chance(demand reaches B0 in reach) < 5 %: what the 2×2 says, and
//	             NOT_NEEDED only if promise kept, upper(I) <= agreed, slots fit
//	undated      that chance is 5 % to 10 %                                    INCONCLUSIVE
//	no remedy    none was measured: ISOLATE if the 2×2 says so, else           INCONCLUSIVE
//	REMEDY_FIRST P10 of reaching B* lies beyond reach
//	no split     the boundary of two clusters is not known: likewise           INCONCLUSIVE
//	SPLIT_NOW    lower(demand today) > upper(B*),  lower(B2/B*) > 1.2
//	PLAN_SPLIT   lower(B2/B*) > 1.2;  by P10 of reaching B* less the lead time
//	SPLIT_USELESS  lower(B2/B*) <= 1
//	otherwise    two clusters carry more, not clearly 1.2 times as much        INCONCLUSIVE
//
// Reach is the horizon and the lead time; B0, B* and B2 are the boundaries of the shared
// cluster as it is, with the best remedy that breaks no claim, and of two clusters of the
// same total hardware.
func decide(split *result.Split, a Advice) Advice {
	o := split.Outlook
	if refused := refusedSlots(split); refused.happened() {
		a.Cause = "connections"
		return a.say(RemedyFirst, "Put PgBouncer in transaction mode before the cluster first, or give the pods smaller pools. "+refused.String(),
			"no arrival refused for want of a slot on a repetition with as many pods", "repeat with the pooler, or the smaller pools, in place")
	}
	if o == nil {
		return a
	}
	a.Future, a.Slots = futureOf(split), slotsOf(o.Connections)
	if a.Slots.Exhausted() {
		return a.say(RemedyFirst, "Put PgBouncer in transaction mode before the cluster first. "+a.Slots.String(),
			"fewer pods, smaller pools or a larger max_connections than were stated",
			"count the connections by database in pg_stat_activity while every pod is up")
	}
	if why, next := lacking(split, a); why != "" {
		return inconclusive(a, why, next)
	}
	f := a.Future
	a.NotAsked = future(a.NotAsked)
	facts := fmt.Sprintf("demand, %s, reaches the boundary of the shared cluster (%s) %s", growth(o, f.Forecast), reaching(split.Boundary), f.Crossing)
	switch {
	case f.Crossing.Chance < unlikely:
		return far(split, a, facts)
	case f.Crossing.P10 == forecast.Beyond:
		return inconclusive(a, facts+": too likely to do nothing, and too unlikely to plan by", "ask again in a few weeks, or narrow the boundary with a larger --budget")
	case a.Verdict == Isolate && (!f.Best.Known() || f.Best.P10 != forecast.Beyond && f.GainLow == 0):
		a.Sentence += " Beyond that, " + facts + "."
		return a // to isolate is to split: what the rest would say about the date is not known
	case !f.Best.Known():
		return inconclusive(a, facts+", and no remedy that breaks no claim was measured"+refusals(a.Rungs), "measure what the remedies buy that come before a split: add --remedies all")
	case f.Best.P10 == forecast.Beyond:
		return a.say(RemedyFirst, fmt.Sprintf("Do first what is cheaper than a split, in this order: %s. Without it, %s; with %s, %s.", listed(a.Rungs), facts, f.BestName, f.Best),
			fmt.Sprintf("a boundary with %s below %.3g times the measured load, or a growth above that of the forecast", f.BestName, f.BestLow),
			"apply the first where the platform runs and measure the operating load again")
	case f.GainLow == 0:
		return inconclusive(a, fmt.Sprintf("%s, and with the best remedy (%s) %s; whether two clusters carry more was not found", facts, f.BestName, f.Best), "search the boundary of two clusters of the same total hardware")
	}
	return splitting(split, a, facts)
}

// splitting decides between the verdicts that speak of two clusters: no remedy is enough.
func splitting(split *result.Split, a Advice, facts string) Advice {
	f, o := a.Future, split.Outlook
	facts += fmt.Sprintf("; with the best remedy (%s), %s; two clusters of the same total hardware carry %.2f to %.2f times as much as that", f.BestName, f.Best, f.GainLow, f.GainHigh)
	refutes := fmt.Sprintf("a gain of two clusters below %.1f on a repetition, a remedy that carries more than %.3g times the measured load, or a growth below that of the forecast", worth, f.BestHigh)
	switch {
	case f.GainLow > worth && f.Forecast.Today.P10 > f.BestHigh:
		return a.say(SplitNow, "Split now: "+facts+"; demand today is beyond it already.", refutes, "rehearse the split on a copy, with the restore of both halves timed")
	case f.GainLow > worth:
		weeks := max(0, f.Best.P10-o.LeadWeeks)
		a.Future.By = dateIn(o.Today, weeks)
		begin := "by " + a.Future.By
		if f.Best.P10 <= o.LeadWeeks {
			begin = "at once, for the lead time is no shorter than what is left"
		}
		return a.say(PlanSplit, fmt.Sprintf("Begin the split %s (lead time %d weeks): %s.", begin, o.LeadWeeks, facts), refutes, "apply the best remedy now, and forecast again each month")
	case f.GainLow <= 1:
		return a.say(SplitUseless, "A split does not carry demand further: "+facts+": the bottleneck is one store, which wants to be partitioned.", "a gain of two clusters that lies wholly above 1 on a narrower search",
			"find which store breaks the promise on two clusters, and whether it can be partitioned")
	default:
		return inconclusive(a, facts+fmt.Sprintf(", which is more, but not clearly %.1f times", worth), "search both boundaries again with a larger --budget, or at the hardware that is planned")
	}
}

// far decides where demand does not get to the boundary: whatever else hurts, hurts now.
func far(split *result.Split, a Advice, facts string) Advice {
	f := a.Future
	switch {
	case a.Verdict == Isolate || a.Verdict == SplitUseless:
		a.Sentence += " " + sentence(facts)
		return a
	case a.Promise != Kept || !a.Interference.Enough() || a.Interference.High > split.AgreedInterference:
		return a // the 2×2 says what it lacks: the load alone does not say that nothing hurts
	case a.Slots.Critical():
		return a.say(RemedyFirst, "Give the pods smaller pools, or put PgBouncer in transaction mode before the cluster: "+a.Slots.String()+" A split is not needed: "+facts+".",
			"fewer pods, smaller pools or a larger max_connections than were stated", "count the connections by database in pg_stat_activity while every pod is up")
	default:
		return a.say(NotNeeded, fmt.Sprintf("One shared cluster is enough for %d weeks, and for the %d that a split would take, %s: %s.", split.Outlook.HorizonWeeks, split.Outlook.LeadWeeks, meanwhile(split), facts),
			fmt.Sprintf("a growth above %.1f %% a month, more data than was loaded, or another mix of the two loads than the measured one", 100*f.Breaks),
			"test whether more data slows the auth path: tristore interference growth; and forecast again when a quarter of the horizon has passed")
	}
}

// lacking names the first fact without which no rule may speak, and the cheapest way to it.
func lacking(split *result.Split, a Advice) (why, next string) {
	b, o, f := split.Boundary, split.Outlook, a.Future
	switch {
	case b == nil:
		return "the load at which the shared cluster breaks the promise was not searched", "search it: add --search"
	case keptUpTo(b) > 0 && f.Crossing.Known() && f.Crossing.Chance >= unlikely:
		return fmt.Sprintf("demand may get beyond %.3g times the measured load, and no more was asked for", keptUpTo(b)), "let the search look further: a larger --up-to"
	case !Found(b) && keptUpTo(b) == 0:
		return "the boundary was not found (" + orWord(b.Reason, "its facts contradict each other") + ")", orWord(b.Next, "search it again")
	case a.Future.Forecast.Trouble != "":
		return a.Future.Forecast.Trouble, a.Future.Forecast.Next
	case o.LeadWeeks <= 0:
		return "nobody said how long a split takes, so that no date can be named", "give the weeks from the decision to a split that serves: --lead-time 8w"
	case !a.Future.Crossing.Known():
		return "the boundary and the forecast give no date", "search the boundary again"
	}
	return "", ""
}

// reaching says where the boundary is.
func reaching(b *result.Boundary) string {
	if kept := keptUpTo(b); kept > 0 {
		return fmt.Sprintf("beyond %.3g times the measured load", kept)
	}
	return fmt.Sprintf("%.3g to %.3g times the measured load", b.Low, b.High)
}

func (a Advice) say(v Verdict, sentence, refutes, next string) Advice {
	a.Verdict, a.Sentence, a.Refutes, a.CheapestNext = v, sentence, refutes, next
	return a
}

// growth says what demand was foretold from.
func growth(o *result.Outlook, f forecast.Forecast) string {
	g := f.GrowthPerMonth
	if o.Growth.Source == result.GrowthObserved {
		return fmt.Sprintf("growing by %.1f to %.1f %% a month (%s; nothing of it was foretold and tested)", 100*g.P10, 100*g.P90, o.Growth.Said)
	}
	if f.Backtest == nil {
		return fmt.Sprintf("growing by the stated %s (taken at its word)", o.Growth.Said)
	}
	return fmt.Sprintf("growing by %.1f %% a month (%.1f to %.1f, from %d weeks; foretold from the weeks before, held-out weeks lay in their band of 80 %% in %.0f %% of %d cases, median error %.0f %%)",
		100*g.P50, 100*g.P10, 100*g.P90, len(o.Growth.Weeks), 100*f.Backtest.Covered, f.Backtest.Points, f.Backtest.ErrorPct)
}

// future takes off the list of what was not asked what now was.
func future(notAsked []string) []string {
	left := slices.DeleteFunc(notAsked, func(said string) bool { return strings.HasPrefix(said, "when demand gets there") })
	return append(left, dataGrowth)
}

func lower(text string) string { return strings.ToLower(text[:1]) + text[1:] }

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

func orWord(word, otherwise string) string {
	if word == "" {
		return otherwise
	}
	return word
}
