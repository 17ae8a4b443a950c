package capacity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tristore/reports/result"
	"tristore/scenarios/road"
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
	if plan, err = rig.loaded(ctx, plan); err != nil {
		return nil, errors.Join(err, rig.ends.Close(context.WithoutCancel(ctx)))
	}
	split := plan.begun()
	split.Outlook, split.Costs = plan.Outlook, plan.Costs
	split.Hardware = rig.hardware(plan)
	if err = plan.sameVersion(split, rig.whole.Cluster.Version); err == nil {
		split.Ground = plan.Ground(rig.whole.Cluster.Version)
		err = rig.blocks(ctx, plan, split)
	}
	if err == nil && plan.Search != nil {
		err = rig.boundaries(ctx, plan, split, began)
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

// begun is the split to measure into: a new one, or a copy of what was measured before, as
// far as its blocks are whole.
func (p Plan) begun() *result.Split {
	if p.Before == nil {
		return &result.Split{
			Engine: p.Engine.String(), Reach: string(p.Reach), AuthRate: p.AuthRate, CollectionsRate: p.CollectionsRate,
			SLO: p.SLO, AgreedInterference: p.Agreed, Prepared: p.Prepared,
		}
	}
	split := *p.Before
	split.Trouble, split.Windows = "", nil
	whole := len(p.Before.Windows) / len(cells())
	if n := len(p.Before.Windows); n > 0 && p.Before.Windows[n-1].Invalid != "" && n%len(cells()) == 0 {
		whole-- // the last one may have been cut short
	}
	split.Windows = append(split.Windows, p.Before.Windows[:whole*len(cells())]...)
	return &split
}

// cells are those of a block.
func cells() []result.Cell {
	return []result.Cell{result.AuthAlone, result.CollectionsAlone, result.SharedCluster, result.SplitClusters}
}

// blocks measures every cell once per block, and keeps what was measured when it stops.
// Invalid windows stay in the split. Spare blocks make up for those that have one, as long
// as all of them can be made up: what the stores did is never a reason.
func (r *rig) blocks(ctx context.Context, plan Plan, split *result.Split) error {
	first, whole := wholeBlocks(split.Windows)
	for block := first; plan.Another(block, whole); block++ {
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

// Another tells whether one more block is worth measuring, after so many of which so many were whole.
func (p Plan) Another(done, whole int) bool {
	last := p.Blocks + p.Spare
	if p.Search != nil {
		last = p.Blocks // the budget is the search's
	}
	missing := p.Blocks - whole
	return missing > 0 && done < last && (done < p.Blocks || missing <= last-done)
}

// wholeBlocks counts the blocks of windows, and those of which every window is valid.
func wholeBlocks(windows []result.SplitWindow) (blocks, whole int) {
	for at := 0; at+len(cells()) <= len(windows); at += len(cells()) {
		blocks++
		if !slices.ContainsFunc(windows[at:at+len(cells())], func(w result.SplitWindow) bool { return w.Invalid != "" }) {
			whole++
		}
	}
	return blocks, whole
}

// block measures every cell once, and tells whether all of its windows were valid.
func (r *rig) block(ctx context.Context, plan Plan, block int, split *result.Split) (sound bool, err error) {
	sound = true
	for order, at := range Order(plan.Seed, block, len(cells())) {
		window, err := r.window(ctx, plan, block, cells()[at])
		window.Order = order
		split.Windows = append(split.Windows, window)
		if err != nil {
			return false, fmt.Errorf("measuring %s in block %d: %w", window.Cell, block, err)
		}
		sound = sound && window.Invalid == ""
		if err := plan.kept(split); err != nil {
			return false, err
		}
		done, all := len(split.Windows), max(plan.Blocks, block+1)*len(cells())+plan.searchWindows()
		plan.Say(road.Progress{Done: done, Total: all, Current: fmt.Sprintf("window %d of %d", min(done+1, all), all)})
	}
	return sound, nil
}

func (p Plan) kept(split *result.Split) error {
	if p.Save == nil {
		return nil
	}
	return p.Save(split)
}
