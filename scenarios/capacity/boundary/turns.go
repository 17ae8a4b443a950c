package boundary

import (
	"context"
	"iter"
)

// One is one of several searches that are carried on side by side.
type One struct {
	Probe Probe
	State State
}

// InTurns carries searches on, a window of each in turn, until all have ended: what slowly
// changes the machine changes every one of them alike, so that their boundaries can be
// compared. A search that needs more windows than the others takes its last ones alone.
// Never do two of them work at the same time, nor are two saved at the same time.
func InTurns(ctx context.Context, all ...One) []Result {
	results := make([]Result, len(all))
	steps := make([]func() (struct{}, bool), len(all))
	for i, one := range all {
		step, stop := iter.Pull(func(yield func(struct{}) bool) {
			inTurn := func(ctx context.Context, load float64) (Window, error) {
				if !yield(struct{}{}) {
					return Window{}, ErrSpent // not reached while the loop below runs every search to its end
				}
				return one.Probe(ctx, load)
			}
			results[i] = Resume(ctx, inTurn, one.State)
		})
		defer stop()
		steps[i] = step
	}
	for under := len(steps); under > 0; { // every search is bounded by its plan
		under = 0
		for _, step := range steps {
			if _, more := step(); more {
				under++
			}
		}
	}
	return results
}
