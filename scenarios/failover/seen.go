package failover

import (
	"fmt"
	"slices"
	"time"

	"tristore/reports/result"
)

// seeKept tells what became of acknowledged writes.
//
// Facts: failovers; undone = 0: those asked for that were not come to; acknowledged: by the
// old primaries, at least 30 for each; not_streaming = 0: standbys that had not everything
// when writes began; synchronous: losses while commits waited for the standby; lost;
// lost_synchronous = 0: lost although a synchronous standby was asked for; lost_s at most
// 300: from the first lost write to the loss; refused, unknown: writes tried meanwhile.
func (d *drill) seeKept(saw *result.Observation) {
	record(saw, "acknowledged", "not_streaming", "synchronous", "lost", "lost_synchronous", "lost_s", "refused", "unknown")
	d.seeTimes(saw)
	for i, one := range d.losses {
		saw.Add("acknowledged", float64(one.acknowledged))
		saw.Add("lost", float64(one.lost))
		if !one.streaming {
			saw.Add("not_streaming", 1)
		}
		if one.synchronous {
			saw.Add("synchronous", 1)
		}
		if d.plan.Synchronous {
			saw.Add("lost_synchronous", float64(one.lost))
		}
		saw.Set("lost_s", max(saw.Facts["lost_s"], one.lostSpan.Seconds()))
		if one.lost > 0 {
			saw.See("loss %d: %d of %d acknowledged writes are lost, the first %s before the loss", i+1, one.lost, one.acknowledged, short(one.lostSpan))
		}
	}
	if d.writers != nil {
		refused, unknown := d.writers.Unanswered()
		saw.Set("refused", float64(refused))
		saw.Set("unknown", float64(unknown))
	}
	way := "asynchronous standby"
	if d.plan.Synchronous {
		way = "synchronous standby (remote_apply)"
	}
	saw.See("%s: %.0f losses, %.0f acknowledged writes, %.0f lost; outcome of %.0f more unknown, %.0f refused", way, saw.Facts["failovers"], saw.Facts["acknowledged"], saw.Facts["lost"], saw.Facts["unknown"], saw.Facts["refused"])
}

// seeWritable tells how long nobody could write.
//
// Facts: failovers; undone = 0; not_writable = 0: losses after which a store took no write
// within patience; worst_s at most 30; min_ms, median_ms, p90_ms, max_ms: from the kill to
// the first write that was begun and acknowledged afterwards, in the worst of three stores;
// detect_ms, promote_ms, wait_ms: medians of its parts.
func (d *drill) seeWritable(saw *result.Observation) {
	record(saw, "not_writable", "worst_s")
	d.seeTimes(saw)
	if len(d.losses) == 0 {
		return
	}
	for i, one := range d.losses {
		if len(one.silent) > 0 {
			saw.Add("not_writable", 1)
			saw.See("loss %d: %s", i+1, one)
		}
	}
	took := d.sorted(loss.took)
	spread := Spread(took)
	saw.Set("worst_s", spread.Max.Seconds())
	for fact, value := range map[string]time.Duration{"min_ms": spread.Min, "median_ms": spread.Median, "p90_ms": spread.P90, "max_ms": spread.Max,
		"detect_ms": Spread(d.sorted(func(l loss) time.Duration { return l.detect })).Median, "promote_ms": Spread(d.sorted(func(l loss) time.Duration { return l.promote })).Median,
		"wait_ms": Spread(d.sorted(func(l loss) time.Duration { return l.wait })).Median} {
		saw.Set(fact, float64(value.Microseconds())/1000)
	}
	saw.See("writable again after %s", spread)
}

func (d *drill) seeTimes(saw *result.Observation) {
	saw.Set("failovers", float64(len(d.losses)))
	saw.Set("undone", float64(d.plan.Times-len(d.losses)))
}

func (d *drill) sorted(of func(loss) time.Duration) (all []time.Duration) {
	for _, one := range d.losses {
		all = append(all, of(one))
	}
	slices.Sort(all)
	return all
}

// Distribution is a spread of times.
type Distribution struct {
	Count                 int
	Min, Median, P90, Max time.Duration
}

// Spread is that of sorted times; a percentile is the smallest that so many are not above.
func Spread(sorted []time.Duration) Distribution {
	n := len(sorted)
	if n == 0 {
		return Distribution{}
	}
	return Distribution{n, sorted[0], sorted[(n-1)/2], sorted[(9*n+9)/10-1], sorted[n-1]}
}

func (s Distribution) String() string {
	return fmt.Sprintf("%s at least, %s median, %s p90, %s at most, of %d", short(s.Min), short(s.Median), short(s.P90), short(s.Max), s.Count)
}

// record begins every named fact at zero, so that a count of nothing is recorded.
func record(saw *result.Observation, facts ...string) {
	for _, fact := range facts {
		saw.Set(fact, 0)
	}
}
