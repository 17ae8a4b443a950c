package arms

import (
	"fmt"
	"slices"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity"
	"tristore/scenarios/collections"
)

// Plan is everything a test depends on.
type Plan struct {
	capacity.Plan

	Test result.Test `json:"test"`
	// Prepared builds a known bottleneck in, so that one can see whether it is found.
	Prepared string        `json:"prepared,omitempty"`
	Every    time.Duration `json:"every_ns"` // between two looks at the server's statistics
	// Shares are the sizes of a growth test, of the cluster's cache.
	Shares []float64 `json:"shares,omitempty"`
}

// MissingIndex is the prepared bottleneck of collections whose lists have no index.
const MissingIndex = "missing-index"

// Prepared lists the bottlenecks that can be built in.
func Prepared() []string { return []string{MissingIndex} }

// For is the plan of a depth on this machine.
func For(depth scenarios.Depth, test result.Test, prepared string) Plan {
	plan := Plan{Plan: capacity.For(depth, drivers.Engine{}, ""), Test: test, Prepared: prepared, Every: 250 * time.Millisecond}
	plan.Spare = 4
	switch test {
	case result.GrowthTest:
		// 32 MiB of cache, so that the largest data set is beyond it within seconds of loading.
		plan.MemoryBytes, plan.Shares = 128<<20, []float64{0.25, 1, 4}
	case result.CausesTest:
		plan.Blocks = causeBlocks
	case result.DoseTest: // as the split measurement
	}
	if prepared == MissingIndex {
		// Few and large tables, read by id and in lists: what an index is for.
		plan.Mix, plan.CollectionsRate = collections.Everyday, 60
		plan.Collections = capacity.Sizes{Workspaces: 3, Conversations: 4000, MessagesPerConversation: 10, MessageBytes: 100, Agents: 4, MetricHours: 24, Bindings: 4, HugeFactor: 1}
	}
	return plan
}

// causeBlocks are the fewest from which several interventions can be judged at once.
const causeBlocks = 9

// Check refuses a plan that could not be carried out, in a sentence for the user.
func (p Plan) Check() error {
	if !slices.Contains([]result.Test{result.DoseTest, result.GrowthTest, result.CausesTest}, p.Test) {
		return fmt.Errorf("test %q is not known: choose dose, growth or causes", p.Test)
	}
	if p.Prepared != "" && !slices.Contains(Prepared(), p.Prepared) {
		return fmt.Errorf("bottleneck %q is not known; did you mean %s?", p.Prepared, drivers.Nearest(p.Prepared, Prepared()))
	}
	if p.Prepared != "" && p.Test != result.CausesTest {
		return fmt.Errorf("a bottleneck is built in to see whether causes finds it: tristore interference causes --prepared %s", p.Prepared)
	}
	return p.Plan.Check()
}
