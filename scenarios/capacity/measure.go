package capacity

import (
	"context"
	"fmt"
	"time"

	"tristore/reports/result"
)

// Measure carries out a plan: it starts one cluster with all of the hardware and two
// with half of it each, loads the same data into both placings, and measures the four
// cells block by block, then searches the boundary when asked. Everything it started is gone when it returns.
//
// The split is nil only when nothing could be measured. Otherwise it is worth saving,
// with the error as its Trouble when the measurement was cut short.
func Measure(ctx context.Context, plan Plan) (*result.Split, error) {
	if err := plan.Check(); err != nil {
		return nil, err
	}
	began := time.Now()
	rig, err := build(ctx, plan)
	if err != nil {
		return nil, err
	}
	split := &result.Split{
		Engine: plan.Engine.String(), Reach: string(plan.Reach), AuthRate: plan.AuthRate, CollectionsRate: plan.CollectionsRate,
		Hardware: rig.hardware(plan), SLO: plan.SLO, AgreedInterference: plan.Agreed,
	}
	err = rig.blocks(ctx, plan, split)
	if err == nil && plan.Search != nil {
		if split.Boundary, err = rig.search(ctx, plan, began); err != nil {
			err = fmt.Errorf("searching the boundary: %w", err)
		}
	}
	if err == nil {
		err = rig.ends.Close(context.WithoutCancel(ctx))
	} else {
		_ = rig.ends.Close(context.WithoutCancel(ctx)) // the first error says more
	}
	if err != nil {
		split.Trouble = err.Error()
	}
	return split, err
}

// blocks measures every cell once per block, and keeps what was measured when it stops.
// Invalid windows stay in the split. Spare blocks make up for those that have one, as long
// as all of them can be made up: what the stores did is never a reason.
func (r *rig) blocks(ctx context.Context, plan Plan, split *result.Split) error {
	whole := 0
	for block := 0; plan.another(block, whole); block++ {
		sound, err := r.block(ctx, plan, block, split)
		if err != nil {
			return err
		}
		if sound {
			whole++
		}
	}
	return nil
}

// another tells whether one more block is worth measuring, after so many of which so many were whole.
func (p Plan) another(done, whole int) bool {
	last := p.Blocks + p.Spare
	if p.Search != nil {
		last = p.Blocks // the budget is the search's
	}
	missing := p.Blocks - whole
	return missing > 0 && done < last && (done < p.Blocks || missing <= last-done)
}

// block measures every cell once, and tells whether all of its windows were valid.
func (r *rig) block(ctx context.Context, plan Plan, block int, split *result.Split) (sound bool, err error) {
	cells := []result.Cell{result.AuthAlone, result.CollectionsAlone, result.SharedCluster, result.SplitClusters}
	sound = true
	for order, at := range orderOf(plan.Seed, block, len(cells)) {
		window, err := r.window(ctx, plan, block, cells[at])
		window.Order = order
		split.Windows = append(split.Windows, window)
		if err != nil {
			return false, fmt.Errorf("measuring %s in block %d: %w", window.Cell, block, err)
		}
		sound = sound && window.Invalid == ""
		plan.told(len(split.Windows), max(plan.Blocks, block+1)*len(cells)+plan.searchWindows())
	}
	return sound, nil
}
