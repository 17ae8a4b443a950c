package advice

import (
	"fmt"
	"math"
	"slices"

	"tristore/reports/result"
	"tristore/reports/stats"
)

// read builds the intervals of an advice from the valid windows, block by block.
func read(split *result.Split) Advice {
	a := Advice{Windows: len(split.Windows), NotAsked: notAsked()}
	cells := map[int]map[result.Cell][]float64{}
	var failing []float64
	for _, w := range split.Windows {
		if why := unusable(split, w); why != "" {
			a.InvalidWindows++
			if !slices.Contains(a.InvalidReasons, why) {
				a.InvalidReasons = append(a.InvalidReasons, why)
			}
			continue
		}
		if w.Auth == nil {
			continue // collections alone: nothing of auth to read
		}
		if cells[w.Block] == nil {
			cells[w.Block] = map[result.Cell][]float64{}
		}
		cells[w.Block][w.Cell] = append(cells[w.Block][w.Cell], w.Auth.Latency.P99)
		if w.Cell == result.SharedCluster {
			failing = append(failing, uncommitted(w.Auth))
		}
	}
	var beside, gain []stats.Pair
	var shared []float64
	for _, block := range sortedKeys(cells) {
		alone, together, apart := centre(cells[block][result.AuthAlone]), centre(cells[block][result.SharedCluster]), centre(cells[block][result.SplitClusters])
		if alone == 0 || together == 0 || apart == 0 {
			continue
		}
		a.Blocks++
		beside = append(beside, stats.Pair{Over: together, Under: alone})
		gain = append(gain, stats.Pair{Over: together, Under: apart})
		shared = append(shared, together)
	}
	a.Interference, a.Gain = stats.Paired(beside, Confidence, 1), stats.Paired(gain, Confidence, 2)
	a.SharedP99Ms = stats.Quantile(shared, 0.5, Confidence)
	a.Promise = promise(a.SharedP99Ms, stats.Quantile(failing, 0.5, Confidence), split.SLO.AuthP99Ms)
	return a
}

// unusable says why a window may not be used; empty when it may. The measuring side
// marks what it knows; what contradicts itself is caught here as well.
func unusable(split *result.Split, w result.SplitWindow) string {
	needsAuth := w.Cell != result.CollectionsAlone
	needsCollections := w.Cell != result.AuthAlone
	switch {
	case w.Invalid != "":
		return w.Invalid
	case needsAuth && w.Auth == nil, needsCollections && w.Collections == nil:
		return "a measurement of the window is missing"
	case needsAuth && (w.Auth.Latency.Count == 0 || w.Auth.Latency.P99 <= 0 || math.IsNaN(w.Auth.Latency.P99)):
		return "no auth latency was recorded"
	case needsAuth && w.Auth.Latency.Clipped > 0:
		return "latencies fell outside the recorder's range"
	case needsAuth && math.Abs(w.Auth.Offered-split.AuthRate) > 0.01*split.AuthRate:
		return "the auth rate of the window was not the planned one"
	case needsCollections && w.Collections.Latency.Count == 0:
		return "no collections latency was recorded"
	case needsCollections && math.Abs(w.Collections.Offered-split.CollectionsRate) > 0.01*split.CollectionsRate:
		return "the collections rate of the window was not the planned one"
	}
	return ""
}

// failingLimit is the share of requests that may end other than committed before a
// window breaks the promise whatever its latency.
const failingLimit = 0.001

func uncommitted(m *result.Measurement) float64 {
	return float64(m.Counts.Due-m.Counts.Committed) / float64(max(1, m.Counts.Due))
}

// promise compares the intervals of latency and of failing requests with their limits.
func promise(p99, failing stats.Interval, limitMs float64) Promise {
	switch {
	case limitMs <= 0 || !p99.Enough() || !failing.Enough():
		return Undecided
	case p99.Low > limitMs || failing.Low > failingLimit:
		return Broken
	case p99.High <= limitMs && failing.High <= failingLimit:
		return Kept
	default:
		return Undecided
	}
}

// centre is the geometric mean of one cell's windows in one block, which are one where
// a block holds each cell once; 0 without any.
func centre(p99 []float64) float64 {
	if len(p99) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range p99 {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(p99)))
}

func sortedKeys[V any](m map[int]V) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func notAsked() []string {
	return []string{
		"at which load the promise breaks (no boundary was searched)",
		"when demand gets there (no growth was given or forecast)",
		"what settings, indexes, a pooler, more memory or a larger machine would buy instead",
		"what a split costs: downtime, two backups that must agree, queries that cross the stores",
	}
}

// span prints an interval of a ratio.
func span(r stats.Ratio) string { return fmt.Sprintf("%.2f [%.2f, %.2f]", r.Estimate, r.Low, r.High) }
