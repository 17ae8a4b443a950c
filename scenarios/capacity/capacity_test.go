package capacity

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios"
)

func TestOrderIsBalancedAndRepeats(t *testing.T) {
	const n = 4
	first := map[int]int{}
	for block := range 400 {
		order := Order(7, block, n)
		if !slices.Equal(order, Order(7, block, n)) {
			t.Fatal("two calls differ")
		}
		sorted := slices.Clone(order)
		slices.Sort(sorted)
		if !slices.Equal(sorted, []int{0, 1, 2, 3}) {
			t.Fatalf("block %d tries %v", block, order)
		}
		if block%2 == 1 {
			back := Order(7, block-1, n)
			slices.Reverse(back)
			if !slices.Equal(order, back) {
				t.Errorf("block %d is not the reverse of the one before: %v", block, order)
			}
		}
		first[order[0]]++
	}
	for cell := range n {
		if first[cell] < 60 {
			t.Errorf("cell %d comes first in %d of 400 blocks", cell, first[cell])
		}
	}
	if slices.Equal(slices.Concat(Order(1, 0, n), Order(1, 2, n), Order(1, 4, n)), slices.Concat(Order(2, 0, n), Order(2, 2, n), Order(2, 4, n))) {
		t.Error("the seed changes nothing")
	}
}

func TestInvalidWindows(t *testing.T) {
	sound := func() *result.Measurement {
		return &result.Measurement{Workload: "auth", Counts: result.Counts{Due: 10, Committed: 8, Refused: 1, Dropped: 1},
			Latency: result.Histogram{Count: 8, P99: 20}, Pacing: result.Histogram{Count: 9, P99: 1}}
	}
	slo := result.SLO{AuthP99Ms: 200}
	if why := unusable(result.SplitWindow{Auth: sound(), Collections: sound()}, slo); why != "" {
		t.Errorf("a sound window: %s", why)
	}
	for name, spoil := range map[string]func(*result.Measurement){
		"nothing due":                 func(m *result.Measurement) { m.Counts = result.Counts{} },
		"no samples":                  func(m *result.Measurement) { m.Latency.Count = 0 },
		"unaccounted":                 func(m *result.Measurement) { m.Counts.Due++ },
		"clipped":                     func(m *result.Measurement) { m.Lag.Clipped = 1 },
		"late by itself":              func(m *result.Measurement) { m.Pacing.P99, m.Latency.P99 = 11, 500 },
		"mostly the generator's time": func(m *result.Measurement) { m.Pacing.P99, m.Latency.P99 = 3, 5 },
	} {
		bad := sound()
		spoil(bad)
		for _, w := range []result.SplitWindow{{Auth: bad}, {Auth: sound(), Collections: bad}} {
			if unusable(w, slo) == "" {
				t.Errorf("%s: passes as sound", name)
			}
		}
	}
}

func TestPlansThatCannotBeCarriedOutAreRefused(t *testing.T) {
	good := For(scenarios.Smoke, drivers.Engine{Product: drivers.Postgres, Major: 16}, drivers.Embedded)
	good.CPUs = 2
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Plan){
		"another family":    func(p *Plan) { p.Engine = drivers.Engine{Product: drivers.FerretDB, Major: 1} },
		"external":          func(p *Plan) { p.Reach = drivers.External },
		"undecided reach":   func(p *Plan) { p.Reach = drivers.Auto },
		"one core":          func(p *Plan) { p.CPUs = 1 },
		"odd cores":         func(p *Plan) { p.CPUs = 3 },
		"more cores":        func(p *Plan) { p.CPUs = 1 << 20 },
		"no cores":          func(p *Plan) { p.CPUs = math.NaN() },
		"next to no cores":  func(p *Plan) { p.CPUs, p.Reach = 0.1, drivers.Container },
		"more memory":       func(p *Plan) { p.MemoryBytes = 1 << 60 },
		"no users":          func(p *Plan) { p.Collections.Conversations = 0 },
		"no memory":         func(p *Plan) { p.MemoryBytes = 0 },
		"no blocks":         func(p *Plan) { p.Blocks = 0 },
		"no window":         func(p *Plan) { p.Window = 0 },
		"no auth rate":      func(p *Plan) { p.AuthRate = 0 },
		"collections still": func(p *Plan) { p.CollectionsRate = -1 },
	} {
		bad := good
		spoil(&bad)
		if split, err := Measure(t.Context(), bad); err == nil || split != nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestSpareBlocksMakeUpForInvalidOnes(t *testing.T) {
	for name, c := range map[string]struct {
		valid  string // of block after block; what is beyond is valid
		blocks int
		whole  int
	}{
		"all valid":                      {"", 6, 6},
		"one invalid":                    {"+-", 7, 6},
		"all spares used":                {"---", 9, 6},
		"too many: the spares are saved": {"----", 6, 2},
		"the last spare fails":           {"---+++++-", 9, 5},
		"half of them invalid":           {"+++---", 9, 6},
	} {
		plan := Plan{Blocks: 6, Spare: 3}
		done, whole := 0, 0
		for ; plan.Another(done, whole); done++ {
			if done >= len(c.valid) || c.valid[done] == '+' {
				whole++
			}
		}
		if done != c.blocks || whole != c.whole {
			t.Errorf("%s: %d blocks, %d whole; want %d and %d", name, done, whole, c.blocks, c.whole)
		}
	}
	if (Plan{Blocks: 6, Spare: 3, Search: &Search{}}).Another(6, 0) {
		t.Error("a search has spare blocks")
	}
}

// A container can have a share of a core, and half of one; an embedded server cannot.
func TestShareOfACore(t *testing.T) {
	plan := For(scenarios.Smoke, drivers.Engine{Product: drivers.Postgres, Major: 16}, drivers.Container).At(Operating{CPUs: 1, MemoryBytes: 256 << 20, AuthRate: 7})
	if err := plan.Check(); err != nil || plan.CPUs != 1 || plan.MemoryBytes != 256<<20 || plan.AuthRate != 7 || plan.CollectionsRate != 30 {
		t.Errorf("%v, %+v", err, plan)
	}
	if halves := halvesOf([]int{3}, 1); !slices.Equal(halves[0], halves[1]) || len(halves[0]) != 1 {
		t.Errorf("halves of one core: %v", halves)
	}
	if halves := halvesOf([]int{3, 4}, 2); !slices.Equal(halves[0], []int{3}) || !slices.Equal(halves[1], []int{4}) {
		t.Errorf("halves of two cores: %v", halves)
	}
	plan.Reach = drivers.Embedded
	if err := plan.Check(); err == nil || !strings.Contains(err.Error(), "--reach container") {
		t.Errorf("an embedded server with one core to divide: %v", err)
	}
}

// What was measured before counts as far as its blocks are whole.
func TestBlocksGoOn(t *testing.T) {
	window := func(block int, cell result.Cell) result.SplitWindow {
		return result.SplitWindow{Block: block, Cell: cell}
	}
	before := &result.Split{AuthRate: 5, Trouble: "interrupted"}
	for block := range 2 {
		for _, cell := range cells() {
			before.Windows = append(before.Windows, window(block, cell))
		}
	}
	before.Windows = append(before.Windows, window(2, result.AuthAlone))
	went := Plan{Before: before}.begun()
	if blocks, whole := wholeBlocks(went.Windows); blocks != 2 || whole != 2 || went.Trouble != "" || went.AuthRate != 5 || len(before.Windows) != 9 {
		t.Errorf("%d blocks, %d whole, %+v", blocks, whole, went)
	}
	before.Windows = before.Windows[:8]
	before.Windows[7].Invalid = "cut short"
	if blocks, _ := wholeBlocks(Plan{Before: before}.begun().Windows); blocks != 1 {
		t.Errorf("%d blocks after the last was cut short", blocks)
	}
	plan := For(scenarios.Smoke, drivers.Engine{Product: drivers.Postgres, Major: 16}, drivers.Embedded)
	plan.Search, plan.Before = &Search{Budget: time.Hour, Quantile: "p95", LimitMs: 20, Two: true}, before
	steps := plan.Schedule()
	if len(steps) != 4 || steps[1].Windows != 5*4 || steps[2].Windows != usualWindows || steps[2].Takes != usualWindows*steps[2].Each {
		t.Errorf("%+v", steps)
	}
}
