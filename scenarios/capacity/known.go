package capacity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity/boundary"
	"tristore/scenarios/road"
)

// PlanName is where a saved run keeps the plan that was measured by.
const PlanName = "measured"

// Known is the boundary that a saved run found, to be looked at again.
type Known struct {
	Run     string `json:"run"`
	Plan    Plan   `json:"plan"`
	Version string `json:"version"` // of the server then

	Low           float64 `json:"low"` // of the interval, in scales
	High          float64 `json:"high"`
	WindowSeconds float64 `json:"window_s"`
	CanaryMs      float64 `json:"canary_ms"` // median then; 0 was not measured
}

// KnownOf reads what a saved run found, or says in a sentence why it found nothing.
func KnownOf(run *result.Run) (*Known, error) {
	var plans map[string]json.RawMessage
	k := &Known{Run: run.ID}
	if run.Split == nil || json.Unmarshal(run.Plan, &plans) != nil || plans[PlanName] == nil || json.Unmarshal(plans[PlanName], &k.Plan) != nil || k.Plan.Search == nil || run.Split.Ground == nil {
		return nil, fmt.Errorf("run %s is no finished search of tristore capacity --search, or of an older tristore", run.ID)
	}
	b := run.Split.Boundary
	if b == nil || !b.Regular || !(b.Low > 0 && b.Low < b.High) || math.IsInf(b.High, 0) || b.Quantile != k.Plan.Search.Quantile || b.LimitMs != k.Plan.Search.LimitMs {
		return nil, fmt.Errorf("the search of run %s found no boundary that could be looked at again", run.ID)
	}
	k.Version, k.Low, k.High, k.WindowSeconds, k.CanaryMs = run.Split.Ground.Version, b.Low, b.High, b.WindowSeconds, middle(b.Windows)
	return k, nil
}

// On is the same on the lane of a head, whose progress it leaves to the lane.
func (k Known) On(head road.Head) Known {
	k.Plan.Head = head
	k.Plan.Dir, k.Plan.Tell, k.Plan.Quiet, k.Plan.Save, k.Plan.Before = filepath.Join(head.Dir, "capacity"), nil, nil, nil, nil
	k.Plan.Version = ""
	return k
}

// middle is the median canary of windows; 0 without one.
func middle(windows []result.BoundaryWindow) float64 {
	var all []float64
	for _, w := range windows {
		if w.CanaryMs > 0 {
			all = append(all, w.CanaryMs)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

const (
	// AgainMax is the time for the windows of two loads: 48 at most, and about ten usually.
	AgainMax = 20 * time.Minute
	// outside is how far beyond a bound a load is asked: the width that searches bracket by.
	outside = 1.05
)

// Again tries that a saved boundary is where it was: a load just below its lower bound is
// put to the same sequential test as in the search, and one just above its upper bound.
//
// Facts: asked = 2 loads; decided = 2; fell = 0, the lower now breaks the promise; rose = 0,
// the upper now keeps it; canary_apart: at most 1.25, the machine's own speed then and now.
func (k Known) Again(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	saw.Stop(k.onRig(ctx, on, saw, func(r *rig) error {
		ends := time.Now().Add(AgainMax)
		number := 0
		return k.compare(saw, func(scale float64) (result.Classified, error) {
			number++
			s := &searching{plan: k.Plan, on: r.shared, data: r.data, of: string(result.SharedCluster), ends: ends, first: number * searchBlock, save: func() error { return nil },
				into: &result.Boundary{Quantile: k.Plan.Search.Quantile, LimitMs: k.Plan.Search.LimitMs, WindowSeconds: k.WindowSeconds}}
			return s.classified(ctx, scale)
		})
	}))
}

// compare asks two loads by a test of one, and writes down whether they moved.
func (k Known) compare(saw *result.Observation, ask func(scale float64) (result.Classified, error)) error {
	for _, fact := range []string{"asked", "decided", "fell", "rose"} {
		saw.Set(fact, 0)
	}
	var windows []result.BoundaryWindow
	for _, at := range []struct {
		bound  string
		scale  float64
		moved  string // the fact that says so
		answer boundary.Answer
	}{{"below the lower bound", k.Low / outside, "fell", boundary.Bad}, {"above the upper bound", k.High * outside, "rose", boundary.Good}} {
		one, err := ask(at.scale)
		windows = append(windows, one.Windows...)
		saw.Add("asked", 1)
		saw.See("%.4g times the load, just %s of run %s (%.4g to %.4g): %s by %s %s", at.scale, at.bound, k.Run, k.Low, k.High, one.Answer, one.Path, one.Why)
		if err != nil {
			return err
		}
		if one.Answer != boundary.Undecided.String() {
			saw.Add("decided", 1)
		}
		if one.Answer == at.answer.String() {
			saw.Add(at.moved, 1)
		}
	}
	k.canaries(saw, windows)
	return nil
}

// canaries says by how many times the machine is faster or slower than it was.
func (k Known) canaries(saw *result.Observation, windows []result.BoundaryWindow) {
	if now := middle(windows); now > 0 && k.CanaryMs > 0 {
		saw.Set("canary_apart", max(now/k.CanaryMs, k.CanaryMs/now))
	}
}

// Anew searches the whole boundary again: what is found must have a load in common with
// what was.
//
// Facts: found = 1; apart = 0, the two intervals have no load in common; canary_apart.
func (k Known) Anew(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	saw.Stop(k.onRig(ctx, on, saw, func(r *rig) error {
		plan, split := k.Plan, k.Plan.begun()
		search := *plan.Search
		search.Two, plan.Search = false, &search
		err := r.boundaries(ctx, plan, split, time.Now())
		k.overlap(saw, split.Boundary)
		return err
	}))
}

// overlap writes down what a new search says of the old one.
func (k Known) overlap(saw *result.Observation, b *result.Boundary) {
	saw.Set("found", 0)
	saw.Set("apart", 0)
	if b == nil || !b.Regular {
		if b != nil {
			saw.See("the search was not regular (%s): %s", b.Reason, b.Account)
		}
		return
	}
	saw.Set("found", 1)
	saw.Set("low_times", b.Low)
	saw.Set("high_times", b.High)
	saw.See("run %s found %.4g to %.4g times the load, this search %.4g to %.4g", k.Run, k.Low, k.High, b.Low, b.High)
	if b.Low > k.High || b.High < k.Low {
		saw.Set("apart", 1)
	}
	k.canaries(saw, b.Windows)
}

// onRig starts what the saved run was measured on, and ends it.
func (k Known) onRig(ctx context.Context, on scenarios.Stage, saw *result.Observation, do func(*rig) error) error {
	switch {
	case on.Spec.Reach == drivers.External:
		saw.Probe = "the cluster is not ours: its hardware cannot be divided as that of the saved run was"
		return nil
	case on.Engine != k.Plan.Engine:
		saw.Probe = "the saved run is not of this engine"
		return nil
	}
	if err := k.Plan.Check(); err != nil {
		return err
	}
	r, err := build(ctx, k.Plan)
	if err != nil {
		return err
	}
	if now := r.whole.Cluster.Version; now != k.Version {
		saw.See("the saved run was measured on version %s, and this on %s", k.Version, now)
	}
	return errors.Join(do(r), r.ends.Close(context.WithoutCancel(ctx)))
}
