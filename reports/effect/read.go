package effect

import (
	"math"
	"slices"

	"tristore/reports/result"
	"tristore/reports/stats"
)

// read is what the usable windows say, by block and arm.
type read struct {
	p95    map[int]map[string]float64
	blocks []int
	unused int
	why    []string
}

func readings(facts *result.Interference) read {
	r := read{p95: map[int]map[string]float64{}}
	twice := map[int]map[string]bool{}
	for _, w := range facts.Windows {
		if why := unusable(facts, w); why != "" {
			r.unused++
			if !slices.Contains(r.why, why) {
				r.why = append(r.why, why)
			}
			continue
		}
		if r.p95[w.Block] == nil {
			r.p95[w.Block], twice[w.Block] = map[string]float64{}, map[string]bool{}
			r.blocks = append(r.blocks, w.Block)
		}
		if _, known := r.p95[w.Block][w.Arm]; known {
			twice[w.Block][w.Arm] = true
		}
		r.p95[w.Block][w.Arm] = w.Auth.Latency.P95
	}
	for block, arms := range twice { // a block holds each arm once: nobody knows which of two to believe
		for arm := range arms {
			delete(r.p95[block], arm)
		}
	}
	slices.Sort(r.blocks)
	return r
}

// failingLimit is the share of auth requests that may end other than committed before the
// latencies of the others say nothing.
const failingLimit = 0.01

// unusable says why a window may not be read; empty when it may.
func unusable(facts *result.Interference, w result.ArmWindow) string {
	at := slices.IndexFunc(facts.Arms, func(a result.Arm) bool { return a.Name == w.Arm })
	switch {
	case w.Invalid != "":
		return w.Invalid
	case at < 0:
		return "a window is of no arm"
	case w.Auth == nil || facts.Arms[at].Dose > 0 && w.Collections == nil:
		return "a measurement of the window is missing"
	case w.Auth.Latency.Count == 0 || !(w.Auth.Latency.P95 > 0) || math.IsInf(w.Auth.Latency.P95, 0):
		return "no auth latency was recorded"
	case w.Auth.Latency.Clipped > 0:
		return "latencies fell outside the recorder's range"
	case float64(w.Auth.Counts.Due-w.Auth.Counts.Committed) > failingLimit*float64(w.Auth.Counts.Due):
		return "over 1 % of the auth requests were not served"
	case off(w.Auth.Offered, facts.AuthRate) || w.Collections != nil && off(w.Collections.Offered, facts.Arms[at].Dose*facts.CollectionsRate):
		return "the rate of the window was not the planned one"
	}
	return ""
}

func off(got, planned float64) bool { return math.Abs(got-planned) > 0.01*planned }

// pairs are the blocks in which both arms can be read.
func (r read) pairs(over, under string) (all []stats.Pair) {
	for _, block := range r.blocks {
		all = append(all, stats.Pair{Over: r.p95[block][over], Under: r.p95[block][under]}) // 0 is left out by Paired
	}
	return all
}

// interference pairs are those of two ratios of the same block: beside over alone, of one
// pair of arms over another.
func (r read) interference(base, treated [2]string) (all []stats.Pair) {
	for _, block := range r.blocks {
		at := r.p95[block]
		all = append(all, stats.Pair{Over: ratio(at[base[1]], at[base[0]]), Under: ratio(at[treated[1]], at[treated[0]])})
	}
	return all
}

func ratio(over, under float64) float64 {
	if !(over > 0) || !(under > 0) {
		return 0
	}
	return over / under
}
