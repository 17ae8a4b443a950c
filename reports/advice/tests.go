package advice

import (
	"fmt"

	"tristore/reports/effect"
	"tristore/reports/result"
)

// Tested is one test of interference that was handed to a split measurement.
type Tested struct {
	Test   result.Test
	Run    string
	Answer effect.Answer
	Unfit  string // why it may not speak of this measurement; it was not used then
}

// String is what the test says, or why it says nothing here.
func (t Tested) String() string {
	if t.Unfit != "" {
		return fmt.Sprintf("the %s test of run %s was not read: %s.", t.Test, t.Run, t.Unfit)
	}
	return fmt.Sprintf("the %s test (run %s): %s: %s.", t.Test, t.Run, t.Answer.Verdict, t.Answer.Sentence)
}

// Unfit says why a test of interference may not speak of a split measurement; empty when
// it may. What is compared must have run on the same: the ratio of two engines, sizes or
// mixes says nothing of either.
func Unfit(split *result.Split, test *result.Interference) string {
	here, there := split.Ground, test.Ground
	switch {
	case test.Trouble != "":
		return "it was not finished: " + test.Trouble
	case test.Prepared != "":
		return "the bottleneck " + test.Prepared + " was built into it on purpose"
	case here == nil || there == nil:
		return "what it ran on was not kept: measure it again with this tristore"
	}
	grows := test.Test == result.GrowthTest // has data and a cache of its own, and is read by their ratio
	for _, c := range []struct {
		what        string
		here, there any
		free        bool
	}{
		{"engine", split.Engine, test.Engine, false},
		{"reach", split.Reach, test.Reach, false},
		{"version", here.Version, there.Version, here.Version == ""}, // not known before a server ran
		{"cores", here.CPUs, there.CPUs, false},
		{"bytes of memory", here.MemoryBytes, there.MemoryBytes, grows},
		{"auth arrivals a second", split.AuthRate, test.AuthRate, false},
		{"collections arrivals a second", split.CollectionsRate, test.CollectionsRate, false},
		{"profile of auth", here.Profile, there.Profile, false},
		{"mix of collections", here.Mix, there.Mix, false},
		{"data set", here.Data, there.Data, grows},
	} {
		if !c.free && c.here != c.there {
			return fmt.Sprintf("it ran with another %s: %v, where this has %v", c.what, c.there, c.here)
		}
	}
	return ""
}

// tests are those handed over, by which question they asked; of two that fit and ask the
// same the later is read.
type tests struct {
	all                  []Tested
	dose, growth, causes *effect.Answer
}

func testsOf(split *result.Split) (t tests) {
	for i := range split.Tests {
		test := &split.Tests[i]
		one := Tested{Test: test.Test, Run: test.Run, Answer: effect.Of(test), Unfit: Unfit(split, test)}
		t.all = append(t.all, one)
		if one.Unfit != "" {
			continue
		}
		switch test.Test {
		case result.DoseTest:
			t.dose = &one.Answer
		case result.GrowthTest:
			t.growth = &one.Answer
		case result.CausesTest:
			t.causes = &one.Answer
		}
	}
	return t
}

// says tells whether a test was handed over and decided so.
func says(a *effect.Answer, verdict string) bool {
	return a != nil && a.Decided && a.Verdict == verdict
}

// remedy is the intervention that took most of the interference away and that a
// deployment can keep; ok is false without one. enough tells that the interference left
// with it is within what was agreed, by both intervals.
func (t tests) remedy(agreed float64) (cause effect.Channel, enough, ok bool) {
	if !says(t.causes, "CAUSE") || len(t.causes.Effects) == 0 {
		return cause, false, false
	}
	whole := t.causes.Effects[0]
	for _, c := range t.causes.Channels {
		// Without vacuum dead rows are never removed: that shows a cause and cures nothing.
		if c.Standing == effect.Cause && c.Name != effect.Vacuum && (!ok || c.Moved.Low > cause.Moved.Low) {
			cause, ok = c, true
		}
	}
	return cause, ok && whole.High/cause.Moved.Low <= agreed, ok
}

// weighed is what the tests of interference change in an advice. They are read last: what
// they found is no reason for a split that nothing else asks for, and may be one against it.
func weighed(split *result.Split, a Advice) Advice {
	t := testsOf(split)
	if a.Tests = t.all; len(t.all) == 0 {
		return a
	}
	a.NotAsked = t.notAsked(a.NotAsked)
	hurts := a.Interference.Enough() && a.Interference.Low > split.AgreedInterference
	switch a.Verdict {
	case Isolate, SplitUseless:
		if hurts {
			return t.hurting(split, a)
		}
	case NotNeeded:
		if says(t.growth, "GROWS") {
			return inconclusive(a, "demand stays below the boundary that was found with the data that was loaded, but "+t.growth.Sentence+", so that the boundary falls as data grows",
				"search the boundary with the data that the end of the horizon will have, such as --conversations and --messages")
		}
	case PlanSplit, RemedyFirst:
		if says(t.growth, "GROWS") {
			a.Sentence += " More data brings it nearer: " + t.growth.Sentence + "."
		}
	case Inconclusive:
		if cause, _, ok := t.remedy(split.AgreedInterference); ok && (hurts || a.Promise == Broken || a.Future.undecidedFor()) {
			a.CheapestNext = fmt.Sprintf("measure what %s buys, for it took interference away (%s): try the claims with it on, then search the boundary again", cause.Change, cause.Moved.Text())
		}
	default: // SPLIT_NOW: demand is beyond every boundary already
	}
	return a
}

// undecidedFor tells whether all that lacks is a remedy.
func (f Future) undecidedFor() bool {
	return f.Asked && f.Crossing.Known() && f.Crossing.Chance >= unlikely && !f.Best.Known()
}

// hurting weighs an advice that stands on the interference of the four cells.
func (t tests) hurting(split *result.Split, a Advice) Advice {
	cause, enough, cured := t.remedy(split.AgreedInterference)
	switch {
	case says(t.dose, "NO_INTERFERENCE"):
		return inconclusive(a, fmt.Sprintf("the four cells and the dose test contradict each other: auth p99 is %s times its value alone beside collections, yet %s", span(a.Interference), t.dose.Sentence),
			"repeat both with more blocks: tristore interference dose --blocks 20, and the four cells")
	case cured && enough && cause.Name == effect.Index && a.Promise == Kept:
		// The stores' own declarations ask for these indexes, so that no claim can speak against them.
		return a.say(RemedyFirst, fmt.Sprintf("Make the indexes first: with %s the interference of auth p95 is %.2f times smaller at the least, which leaves it within the agreed %.2f. Without them, %s", cause.Change, cause.Moved.Low, split.AgreedInterference, lower(a.Sentence)),
			"an interference above what was agreed with the indexes made", "make them where the platform runs, and measure the four cells again")
	case cured:
		left := "which does not show that it comes within what was agreed"
		if enough {
			left = "which leaves it within what was agreed"
		}
		a.Sentence += fmt.Sprintf(" It goes through %s: %s takes it away by %s, %s.", cause.Name, cause.Change, cause.Moved.Text(), left)
		a.CheapestNext = fmt.Sprintf("try %s before a second cluster: tristore certify with it on, then the four cells again", cause.Change)
	case says(t.dose, "INTERFERENCE"):
		a.Sentence += " The dose test says so too: " + t.dose.Sentence + "."
		a.CheapestNext = "find what it goes through, and whether something cheaper than a second cluster takes it away: tristore interference causes"
		if t.causes != nil {
			a.CheapestNext = "no intervention took it away: measure the same four cells on the hardware that is planned"
		}
	}
	return a
}

// notAsked takes off what a test answered.
func (t tests) notAsked(all []string) (left []string) {
	for _, said := range all {
		if said != dataGrowth || t.growth == nil || !t.growth.Decided {
			left = append(left, said)
		}
	}
	return left
}

// dataGrowth is what nobody knows without a growth test.
const dataGrowth = "what the growth of the data itself does to the boundary (the data set stayed as it was loaded)"

// meanwhile is under which condition on data one cluster stays enough.
func meanwhile(split *result.Split) string {
	if t := testsOf(split); says(t.growth, "FLAT") {
		return "and more data does not slow it (" + t.growth.Sentence + ")"
	}
	return "as long as the data that grows meanwhile does not move the boundary, which was not tested"
}
