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
		err = rig.close(context.WithoutCancel(ctx))
	} else {
		_ = rig.close(context.WithoutCancel(ctx)) // the first error says more
	}
	if err != nil {
		split.Trouble = err.Error()
	}
	return split, err
}

// blocks measures every cell once per block, and keeps what was measured when it stops.
func (r *rig) blocks(ctx context.Context, plan Plan, split *result.Split) error {
	cells := []result.Cell{result.AuthAlone, result.CollectionsAlone, result.SharedCluster, result.SplitClusters}
	for block := range plan.Blocks {
		for order, at := range orderOf(plan.Seed, block, len(cells)) {
			window, err := r.window(ctx, plan, block, cells[at])
			window.Order = order
			split.Windows = append(split.Windows, window)
			if err != nil {
				return fmt.Errorf("measuring %s in block %d: %w", window.Cell, block, err)
			}
			if plan.Tell != nil {
				plan.Tell(len(split.Windows), plan.Blocks*len(cells)+plan.searchWindows())
			}
		}
	}
	return nil
}
