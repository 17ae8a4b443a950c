package effect

import (
	"fmt"
	"slices"
	"strings"

	"tristore/reports/result"
	"tristore/reports/stats"
)

// Channel is one way in which collections can slow auth, and what is known of it.
type Channel struct {
	Name     string
	Standing Standing
	Why      string
	Change   string
	// Moved is the interference without the change over that with it; zero without an intervention.
	Moved Effect
}

// The channels that a reader treats apart.
const (
	Vacuum = "vacuum"
	Index  = "index"
)

// Standing of a channel. The zero value knows nothing.
type Standing string

// The standings, from the strongest.
const (
	Cause   Standing = "cause"   // an intervention took interference away
	Suspect Standing = "suspect" // its statistics rose with collections, and no intervention decided
	Cleared Standing = "cleared" // an intervention moved nothing that matters: all of its interval is below Small
	Unknown Standing = "unknown" // no sign, and no intervention that decided
)

// causes finds out which intervention took the interference away. Several are judged at
// once, so that each interval is as much wider: a cause is named wrongly by at most 5 % of runs.
func (a *Answer) causes(facts *result.Interference, read read) {
	base, tried := pairsOf(facts)
	if base[0] == "" || base[1] == "" {
		a.open("the arms without a change are missing")
		return
	}
	whole := Effect{"interference", "auth p95 beside collections over auth alone, nothing changed", stats.Paired(read.pairs(base[1], base[0]), Confidence, 1)}
	a.Effects = append(a.Effects, whole)
	confidence := 1 - (1-Confidence)/float64(max(1, len(tried)))
	signs := signsOf(facts, base)
	for i, t := range tried {
		moved := Effect{t.arm.Channel, "interference as it is over that with " + t.arm.Change, stats.Paired(read.interference(base, t.arms), confidence, uint64(i+2))}
		a.Effects = append(a.Effects, moved)
		a.Channels = append(a.Channels, judged(t.arm, moved, whole, signs[t.arm.Channel]))
	}
	for _, name := range channelNames() {
		if !slices.ContainsFunc(a.Channels, func(c Channel) bool { return c.Name == name }) {
			c := Channel{Name: name, Standing: Unknown, Why: "no intervention was made, and " + signs[name].says}
			if signs[name].seen {
				c.Standing = Suspect
			}
			a.Channels = append(a.Channels, c)
		}
	}
	a.sum(whole)
}

func judged(arm result.Arm, moved, whole Effect, s sign) Channel {
	c := Channel{Name: arm.Channel, Change: arm.Change, Moved: moved, Standing: Unknown}
	switch {
	case moved.Enough() && moved.High < Small:
		c.Standing, c.Why = Cleared, fmt.Sprintf("%s takes nothing of it away that matters, %s", arm.Change, span(moved))
	case whole.Enough() && whole.Low > 1 && moved.Enough() && moved.Low > 1:
		c.Standing, c.Why = Cause, fmt.Sprintf("with %s the interference is smaller, by %s", arm.Change, span(moved))
	case s.seen:
		c.Standing, c.Why = Suspect, s.says+"; "+arm.Change+" did not decide: "+moved.Text()
	default:
		c.Why = s.says + "; " + arm.Change + " did not decide: " + moved.Text()
	}
	return c
}

// sum says it in a sentence.
func (a *Answer) sum(whole Effect) {
	named := map[Standing][]string{}
	for _, c := range a.Channels {
		named[c.Standing] = append(named[c.Standing], c.Name)
	}
	suspects := ""
	if len(named[Suspect]) > 0 {
		suspects = "; suspect, and not shown: " + strings.Join(named[Suspect], ", ")
	}
	switch {
	case !whole.Enough():
		a.open("the interference was compared in %d blocks, and %d are needed", whole.Blocks, whole.Needed)
	case whole.High < Small:
		a.decide("NO_CAUSE", "there is no interference that would need a cause: %s", span(whole))
	case whole.Low > 1 && len(named[Cause]) > 0:
		a.decide("CAUSE", "the interference, %s, goes through %s%s", span(whole), strings.Join(named[Cause], " and "), suspects)
	case whole.Low > 1:
		a.open("there is interference, %s, and no intervention took it away%s", span(whole), suspects)
	default:
		a.open("the interval of the interference, %s, holds both none and one that matters", span(whole))
	}
}

// tried is one intervention: its arm of both, and the names of its two arms.
type tried struct {
	arm  result.Arm
	arms [2]string // auth alone, both
}

// pairsOf sorts arms into those without a change and those of each intervention. Where one
// has no arm of auth alone, the change leaves that as it was.
func pairsOf(facts *result.Interference) (base [2]string, all []tried) {
	alone := map[string]string{}
	for _, arm := range facts.Arms {
		if arm.Dose == 0 {
			alone[arm.Channel] = arm.Name
		}
	}
	for _, arm := range facts.Arms {
		switch {
		case arm.Dose > 0 && arm.Channel == "":
			base = [2]string{alone[""], arm.Name}
		case arm.Dose > 0:
			t := tried{arm, [2]string{alone[arm.Channel], arm.Name}}
			if t.arms[0] == "" {
				t.arms[0] = alone[""]
			}
			all = append(all, t)
		}
	}
	return base, all
}
