package capacity

import (
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
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
	AuthMix         auth.Mix        `json:"auth_mix,omitempty"` // empty is the everyday one
	BulkRows        int             `json:"bulk_rows"`
	SLO             result.SLO      `json:"slo"`
	Agreed          float64         `json:"agreed_interference"`
	CPUs            float64         `json:"cpus"`         // of the shared cluster; each half of the split gets half
	MemoryBytes     int64           `json:"memory_bytes"` // likewise
	Identity        dataset.Sizes   `json:"identity"`
	Collections     Sizes           `json:"collections"`
	Search          *Search         `json:"search,omitempty"` // nil leaves the boundary out
	// Version of the server that the facts beside these were measured on; empty takes any.
	Version string `json:"version,omitempty"`
	// Every is the time between two looks at a shared cluster's statistics; 0 does not look.
	Every time.Duration `json:"every_ns,omitempty"`
	// Made builds a bottleneck in, and Prepared says which; nil for what is as it is.
	Made     *Made            `json:"made,omitempty"`
	Prepared *result.Prepared `json:"prepared,omitempty"`
	// Outlook and Costs go into the facts, by which is chosen which remedies to combine.
	Outlook *result.Outlook `json:"outlook,omitempty"`
	Costs   *result.Costs   `json:"costs,omitempty"`
	// Before is what an interrupted measurement of the same plan left; nil begins anew.
	Before *result.Split `json:"-"`

	// Judge is asked about remedies; without it none is tried.
	Judge *Judging `json:"-"`

	Save func(*result.Split) error `json:"-"` // after each window, so that nothing measured is lost; nil is not called
}

// Operating is the deployment as its owner has it; what is 0 leaves the plan's own.
type Operating struct {
	CPUs            float64       `json:"cpus,omitempty"`
	MemoryBytes     int64         `json:"memory_bytes,omitempty"`
	AuthRate        float64       `json:"auth_rate_per_s,omitempty"` // of a peak today
	CollectionsRate float64       `json:"collections_rate_per_s,omitempty"`
	Identity        dataset.Sizes `json:"identity,omitzero"`
	Collections     Sizes         `json:"collections,omitzero"`
}

// At changes a plan to what its owner has.
func (p Plan) At(o Operating) Plan {
	for _, number := range []struct {
		asked float64
		into  *float64
	}{{o.CPUs, &p.CPUs}, {o.AuthRate, &p.AuthRate}, {o.CollectionsRate, &p.CollectionsRate}} {
		if number.asked != 0 {
			*number.into = number.asked
		}
	}
	if o.MemoryBytes != 0 {
		p.MemoryBytes = o.MemoryBytes
	}
	if o.Identity != (dataset.Sizes{}) {
		p.Identity, p.Collections = o.Identity, o.Collections
	}
	return p
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
		CPUs: float64(runtime.NumCPU() &^ 1), MemoryBytes: 512 << 20,
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
	case !(p.CPUs > 0) || p.CPUs > float64(runtime.NumCPU()):
		return fmt.Errorf("the cluster cannot have %g cores of this machine's %d: lower --cpus", p.CPUs, runtime.NumCPU())
	case p.CPUs < leastCPUs:
		return fmt.Errorf("the split needs at least %g cores to divide; asked for %g", leastCPUs, p.CPUs)
	case p.Reach == drivers.Embedded && !divides(p.CPUs):
		return fmt.Errorf("embedded servers get whole cores and each half of the split needs one of its own, so that %g cannot be divided: give --cpus 2 or another even number, or --reach container, which limits a share of a core", p.CPUs)
	case p.MemoryBytes < 128<<20:
		return fmt.Errorf("the split needs at least 128 MiB to divide; asked for %d bytes", p.MemoryBytes)
	case p.Blocks < 1 || p.Spare < 0 || p.Window <= 0 || p.Warm < 0 || !(p.AuthRate > 0) || !(p.CollectionsRate > 0):
		return fmt.Errorf("the split needs blocks, a window and two rates; asked for %d blocks of %s at %g and %g per second", p.Blocks, p.Window, p.AuthRate, p.CollectionsRate)
	}
	if err := (dataset.Collections{Of: dataset.Identity{Sizes: p.Identity}, Sizes: p.Collections}).Check(); err != nil {
		return err
	}
	if err := p.fits(); err != nil {
		return err
	}
	if p.Search != nil {
		return p.Search.check(p)
	}
	return nil
}

// leastCPUs is the least that two clusters can divide.
const leastCPUs = 0.5

// divides tells whether each half can have cores of its own.
func divides(cpus float64) bool { return cpus >= 2 && math.Mod(cpus, 2) == 0 }

// fits refuses more memory than this machine can give.
func (p Plan) fits() error {
	available, err := cluster.AvailableMemory()
	if err != nil {
		return err
	}
	if p.MemoryBytes > available {
		return fmt.Errorf("the cluster cannot have %d MiB: this machine has %d MiB available; lower --memory", p.MemoryBytes>>20, available>>20)
	}
	return nil
}

func (p Plan) log() *slog.Logger {
	if p.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return p.Log
}
