package boundary

import (
	"fmt"
	"math"
)

// Plan is everything a search depends on beside the cluster. Loads are in the unit of
// the probe, which may be requests per second or the scale of a whole mix.
type Plan struct {
	Start   float64 `json:"start"`   // the load that the ramp begins with
	Lowest  float64 `json:"lowest"`  // no load below is tried
	Highest float64 `json:"highest"` // no load above: the machine's or the generator's own limit

	Width   float64 `json:"width"`    // goal: the loads of the certified bracket differ by no more than this part
	Alpha   float64 `json:"alpha"`    // chance that any certified load is misfiled, shared out among Loads
	Loads   int     `json:"loads"`    // certified at most
	PerLoad int     `json:"per_load"` // windows that certify one load at most, after which it is undecided
	Windows int     `json:"windows"`  // windows in all at most, whatever they are for: the budget

	// MinRequests of the store with the fewest make a window; one with fewer is invalid.
	// A p99 wants 3,000. 0 does not ask.
	MinRequests int `json:"min_requests,omitempty"`

	// Save hears of the state after every window, so that it can be resumed. Its error
	// ends the search: a search that cannot be saved would be lost. nil is not called.
	Save func(State) error `json:"-"`
}

// Standard is the plan that the package comment states the error rates of.
func Standard(start, lowest, highest float64) Plan {
	return Plan{
		Start: start, Lowest: lowest, Highest: highest,
		Width: 0.05, Alpha: 0.05, Loads: 10, PerLoad: 24, Windows: 240,
	}
}

const (
	rampStep      = 1.5
	mostRampSteps = 100 // spans 17 decades
	screenWindows = 2   // at a load of the ramp: one outlier does not end it
)

// check refuses a plan that cannot be searched by.
func (p Plan) check() error {
	switch {
	case !(p.Lowest > 0) || !(p.Lowest <= p.Start) || !(p.Start <= p.Highest) || p.Highest > 1e12 || p.Lowest < 1e-3:
		return fmt.Errorf("the loads must be 0.001 <= lowest <= start <= highest <= 1e12: asked for %g, %g, %g", p.Lowest, p.Start, p.Highest)
	case !(p.Width >= 0.01 && p.Width <= 1):
		return fmt.Errorf("the width of the bracket must be within 1 %% and 100 %%: asked for %g %%", 100*p.Width)
	case !(p.Alpha > 0 && p.Alpha < 0.5):
		return fmt.Errorf("the chance of a wrong answer must be within 0 and 0.5: asked for %g", p.Alpha)
	case p.Loads < 2 || p.Loads > 100:
		return fmt.Errorf("a bracket has two certified loads, and at most 100 are certified: asked for %d", p.Loads)
	case p.PerLoad < p.barrier() || p.PerLoad > 1000:
		return fmt.Errorf("to certify a load takes at least %d windows, at most 1000: asked for %d", p.barrier(), p.PerLoad)
	case p.Windows < 1 || p.Windows > 100_000:
		return fmt.Errorf("a search takes at least 1 window, at most 100000: asked for %d", p.Windows)
	case p.MinRequests < 0:
		return fmt.Errorf("the requests of a window cannot be %d", p.MinRequests)
	}
	return nil
}

// step is by how much the bracket is widened while it is sought. It is a little less
// than four widths, so that exactly two halvings reach the goal.
func (p Plan) step() float64 { return math.Pow(1+0.98*p.Width, 4) }

// clamp rounds a load and keeps it within the plan's.
func (p Plan) clamp(load float64) float64 { return max(p.Lowest, min(p.Highest, round(load))) }
