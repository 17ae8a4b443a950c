package judge

import (
	"fmt"

	"tristore/reports/result"
)

// twice is how much more the generator must ask of an endpoint that answers at once than
// it asked of the store, before what it reached is the store's.
const twice = 2

// closedUnbelievable says why a closed loop of workers measured the harness; empty for others.
func closedUnbelievable(l result.Load, m result.Measurement) string {
	switch {
	case l.ClosedWorkers == 0 || l.Proof == nil: // a replay as fast as possible is closed too, and proved by its speed
		return ""
	case m.Loop != "closed":
		return fmt.Sprintf("the plan and the window disagree about the loop, which the window calls %q", m.Loop)
	case !(l.Proof.NoOp.Achieved >= twice*m.Achieved):
		return fmt.Sprintf("over an endpoint that answers at once the generator reached %s/s, under twice the %s/s of the window, so that the window may have measured the generator",
			number(l.Proof.NoOp.Achieved), number(m.Achieved))
	}
	return ""
}
