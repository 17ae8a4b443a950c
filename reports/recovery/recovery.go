// Package recovery says what the rounds of a backup drill mean: at which size the promised
// time to serve is exceeded, which order of dumps fits together best, and how often dumps
// must be taken. It is pure: the judge, the pages and the terminal all read it here.
// Arrow: recovery imports reports/result and reports/stats.
package recovery

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"tristore/reports/result"
	"tristore/reports/stats"
)

// Confidence is of the interval in which the promised time is exceeded.
const Confidence = 0.95

// Curve is the size at which the time to serve comes to what is promised. Rounds of one
// asked size are of one size, their mean: a ledger adds some bytes with each, and more of
// them are no more sizes.
func Curve(d *result.Drill) stats.Crossing {
	sum, count := map[int64]float64{}, map[int64]float64{}
	for _, r := range d.Rounds {
		if r.RTOSeconds > 0 {
			sum[r.AskedBytes] += float64(r.Bytes)
			count[r.AskedBytes]++
		}
	}
	var readings []stats.Reading
	for _, r := range d.Rounds {
		if n := count[r.AskedBytes]; n > 0 {
			readings = append(readings, stats.Reading{Size: sum[r.AskedBytes] / n, Value: r.RTOSeconds})
		}
	}
	if d.Own != nil { // theirs have one size a day: earlier drills of the same ones are its other sizes
		for _, past := range d.Past {
			if past.RTOSeconds > 0 {
				readings = append(readings, stats.Reading{Size: float64(past.Bytes), Value: past.RTOSeconds})
			}
		}
	}
	return stats.Cross(readings, d.RTOSeconds, Confidence)
}

// Derived is what the rounds say of one claim, that the time to serve holds for the planned
// size, as facts for its rule: how many sizes, and the ends of the interval in which the
// promised time is exceeded per the planned size. Where there is no interval, that is the
// trouble, and these facts are left out.
func Derived(claim string, d *result.Drill) result.Observation {
	saw := result.Observation{Claim: claim, Engine: d.Engine}
	c, planned, largest := Curve(d), float64(d.PlannedBytes), 0.0
	for _, r := range d.Rounds {
		largest = max(largest, float64(r.Bytes))
		if r.RTOSeconds > 0 {
			saw.See("%s: served after %.2f s", Mebi(float64(r.Bytes)), r.RTOSeconds)
		}
	}
	saw.See("%s", CurveText(c, d.RTOSeconds))
	saw.Set("sizes", float64(c.Sizes))
	if largest > 0 {
		saw.Set("planned_per_largest", planned/largest)
	}
	switch {
	case c.Sizes < c.Needed:
		saw.Stop(fmt.Errorf("the time to serve was measured at %d sizes, and %d are needed", c.Sizes, c.Needed))
	case !c.Enough():
		saw.Stop(errors.New("the times to serve scatter too much, or do not grow with the size: there is no interval"))
	default:
		saw.Set("low_per_planned", c.Low/planned)
		saw.Set("high_per_planned", min(c.High/planned, math.MaxFloat32)) // without an end, far beyond
	}
	return saw
}

// CurveText is what a curve says, and what it rests on.
func CurveText(c stats.Crossing, seconds float64) string {
	switch {
	case c.Sizes < c.Needed:
		return fmt.Sprintf("Not known at which size %.0f s are exceeded: measured at %d, and %d are needed (--sizes; of your own databases, earlier drills below the same --out).", seconds, c.Sizes, c.Needed)
	case !c.Enough():
		return fmt.Sprintf("Not known at which size %.0f s are exceeded: the times scatter too much over %d readings, or do not grow with the size. More rounds or larger sizes may tell.", seconds, c.Points)
	}
	high := "and up, without an end"
	if !math.IsInf(c.High, 1) {
		high = "to " + Mebi(c.High)
	}
	return fmt.Sprintf("%.0f s are exceeded at about %s: %s %s at %.0f %% confidence, from %d readings at %d sizes. That is %.1f times the largest size drilled, and holds if times grow in a straight line and scatter in proportion to the size.",
		seconds, Mebi(c.Estimate), Mebi(c.Low), high, 100*c.Confidence, c.Points, c.Sizes, c.Far)
}

// Mebi is a size for a reader.
func Mebi(bytes float64) string {
	if bytes >= 1<<30 {
		return fmt.Sprintf("%.3g GiB", bytes/(1<<30))
	}
	return fmt.Sprintf("%.3g MiB", bytes/(1<<20))
}

// Order is one arrangement of dumps over all rounds.
type Order struct {
	Arrangement string
	Takes       int
	References  int64
	Dangling    int64
	SkewSeconds float64 // the largest
}

// Orders are the arrangements that were tried and looked at, the best first: fewest
// dangling references, then the smallest skew.
func Orders(d *result.Drill) []Order {
	var all []Order
	for _, r := range d.Rounds {
		for _, one := range append([]result.DrillDumps{r.Dumps}, r.Others...) {
			if one.References == 0 {
				continue // nobody looked
			}
			at := slices.IndexFunc(all, func(o Order) bool { return o.Arrangement == one.Arrangement })
			if at < 0 {
				all = append(all, Order{Arrangement: one.Arrangement})
				at = len(all) - 1
			}
			o := &all[at]
			o.Takes, o.References, o.Dangling, o.SkewSeconds = o.Takes+1, o.References+one.References, o.Dangling+one.Dangling, max(o.SkewSeconds, one.SkewSeconds)
		}
	}
	slices.SortStableFunc(all, func(a, b Order) int {
		return cmp.Or(cmp.Compare(a.Dangling*int64(b.Takes), b.Dangling*int64(a.Takes)), cmp.Compare(a.SkewSeconds, b.SkewSeconds))
	})
	return all
}

// idle is the load under which all orders are alike.
const idle = "idle"

// Advice is what to do about it, a sentence each.
func Advice(d *result.Drill) (said []string) {
	orders := Orders(d)
	switch {
	case d.Under == idle || len(orders) == 0:
		said = append(said, "Which order of dumps fits together best was not measured: the stores were idle meanwhile.")
	case len(orders) == 1 && d.Own != nil && orders[0].Dangling == 0:
		said = append(said, fmt.Sprintf("In the order %s no reference dangled of %d, the moments up to %.3g s apart; whether others wrote meanwhile is not known here.", orders[0].Arrangement, orders[0].References, orders[0].SkewSeconds))
	case len(orders) == 1:
		said = append(said, fmt.Sprintf("Only the order %s was tried (--compare-orders tries others): %d of %d references dangle, the moments are up to %.3g s apart.", orders[0].Arrangement, orders[0].Dangling, orders[0].References, orders[0].SkewSeconds))
	default:
		said = append(said, compared(orders), window(d))
	}
	slowest := 0.0
	for _, r := range d.Rounds {
		slowest = max(slowest, r.Dumps.Seconds)
	}
	switch {
	case slowest == 0:
	case slowest < d.RPOSeconds:
		said = append(said, fmt.Sprintf("At most %.0f s of writes are lost only if dumps begin every %.0f s: the time between two moments counts, and the %.1f s that three dumps took here. A daily dump loses up to a day; only continuous archiving does better.", d.RPOSeconds, d.RPOSeconds-slowest, slowest))
	default:
		said = append(said, fmt.Sprintf("Three dumps took %.0f s, more than the %.0f s that may be lost: no cadence of dumps keeps that promise at this size, only continuous archiving does.", slowest, d.RPOSeconds))
	}
	return said
}

func compared(orders []Order) string {
	var others []string
	for _, o := range orders[1:] {
		others = append(others, fmt.Sprintf("%s left %d (%.3g s apart)", o.Arrangement, o.Dangling, o.SkewSeconds))
	}
	best, last := orders[0], orders[len(orders)-1]
	rest := fmt.Sprintf("%d of %d references dangle, the moments up to %.3g s apart; %s.", best.Dangling, best.References, best.SkewSeconds, strings.Join(others, ", "))
	if best.Dangling == last.Dangling {
		return fmt.Sprintf("All orders left as many dangling references; the moments were closest in %s: %s", best.Arrangement, rest)
	}
	return fmt.Sprintf("Dump in the order %s: %s No account was deleted meanwhile; where accounts are, only one moment for all fits together.", best.Arrangement, rest)
}

// window says what makes the skew harmless.
func window(d *result.Drill) string {
	dangling, apart, rate := int64(0), 0.0, 0.0
	for _, r := range d.Rounds {
		for _, one := range append([]result.DrillDumps{r.Dumps}, r.Others...) {
			if one.Dangling > 0 {
				dangling, apart = dangling+one.Dangling, apart+one.SkewSeconds
			}
			rate = max(rate, one.NewReferences)
		}
	}
	if apart == 0 && d.Own != nil {
		return "None dangled; how many new references came meanwhile is not known of databases that are only read."
	}
	if apart == 0 {
		return fmt.Sprintf("At up to %.3g new references per second none dangled, so that no window was seen to be better than another.", rate)
	}
	return fmt.Sprintf("Where references dangled it was %.3g for each second between the moments, at up to %.3g new references per second: dump in the hour with the fewest sign-ups and shares, the stores right after each other.", float64(dangling)/apart, rate)
}
