package capacity

import (
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/auth"
	"tristore/scenarios/collections"
	"tristore/scenarios/dataset"
	"tristore/scenarios/road"
)

// Plan is everything a split measurement depends on.
type Plan struct {
	road.Head        // embedded or container: hardware must be ours to divide; it is told after each window
	Seed      uint64 `json:"seed"`

	Blocks int           `json:"blocks"`
	Spare  int           `json:"spare_blocks"` // at most so many more, one for each block in which a window was invalid; none in a search
	Warm   time.Duration `json:"warm_ns"`      // before each window, not counted
	Window time.Duration `json:"window_ns"`    // of each cell

	AuthRate        float64         `json:"auth_rate_per_s"`
	CollectionsRate float64         `json:"collections_rate_per_s"`
	Profile         auth.Profile    `json:"profile"`
	Mix             collections.Mix `json:"mix"`
	BulkRows        int             `json:"bulk_rows"`
	SLO             result.SLO      `json:"slo"`
	Agreed          float64         `json:"agreed_interference"`
	CPUs            int             `json:"cpus"`         // of the shared cluster; each half of the split gets half
	MemoryBytes     int64           `json:"memory_bytes"` // likewise
	Identity        dataset.Sizes   `json:"identity"`
	Collections     Sizes           `json:"collections"`
	Search          *Search         `json:"search,omitempty"` // nil leaves the boundary out
}

// Sizes are those of the collections data set.
type Sizes = dataset.CollectionSizes

// For is the plan of a depth on this machine. Smoke takes about a minute and a half, most of
// it windows; six blocks are the fewest from which an interval of 95 % exists.
func For(depth scenarios.Depth, engine drivers.Engine, reach drivers.Reach) Plan {
	plan := Plan{
		Head: road.Head{Engine: engine, Reach: reach}, Blocks: 6, Spare: 3, Warm: 300 * time.Millisecond, Window: 2500 * time.Millisecond,
		AuthRate: 100, CollectionsRate: 30, Profile: auth.V27, Mix: collections.Heavy, BulkRows: 200,
		// 200 ms is the platform's own signal for scaling an API; twice the value alone is
		// the threshold of its monitoring page.
		SLO: result.SLO{AuthP99Ms: 200}, Agreed: 2,
		CPUs: runtime.NumCPU() &^ 1, MemoryBytes: 512 << 20,
		Identity: dataset.Modest(),
		Collections: Sizes{Workspaces: 16, HugeWorkspaces: 1, HugeFactor: 10, Conversations: 60, MessagesPerConversation: 10, MessageBytes: 1000,
			Agents: 4, MetricHours: 24, Bindings: 4},
	}
	if depth != scenarios.Smoke {
		plan.Blocks, plan.Spare, plan.Warm, plan.Window = 10, 2, 5*time.Second, 30*time.Second
	}
	return plan
}

// Check refuses a plan that could not be carried out, in a sentence for the user.
func (p Plan) Check() error {
	switch {
	case p.Engine.Product != drivers.Postgres:
		return fmt.Errorf("the split is measured on PostgreSQL; asked for %s", p.Engine)
	case p.Reach != drivers.Embedded && p.Reach != drivers.Container:
		return fmt.Errorf("the split needs clusters whose CPU and memory can be divided: reach embedded or container, not %s", p.Reach)
	case p.CPUs < 2 || p.CPUs%2 != 0 || p.CPUs > runtime.NumCPU():
		return fmt.Errorf("the split needs an even number of cores, of which each half gets half; asked for %d of the machine's %d", p.CPUs, runtime.NumCPU())
	case p.MemoryBytes < 128<<20:
		return fmt.Errorf("the split needs at least 128 MiB to divide; asked for %d bytes", p.MemoryBytes)
	case p.Blocks < 1 || p.Spare < 0 || p.Window <= 0 || p.Warm < 0 || !(p.AuthRate > 0) || !(p.CollectionsRate > 0):
		return fmt.Errorf("the split needs blocks, a window and two rates; asked for %d blocks of %s at %g and %g per second", p.Blocks, p.Window, p.AuthRate, p.CollectionsRate)
	}
	if p.Search != nil {
		return p.Search.check(p)
	}
	return nil
}

// told says after each window how many there were, and how many are to come.
func (p Plan) told(done, all int) {
	p.Say(road.Progress{Done: done, Total: all, Current: fmt.Sprintf("window %d of %d", min(done+1, all), all)})
}

func (p Plan) log() *slog.Logger {
	if p.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return p.Log
}
