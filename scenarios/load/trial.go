package load

import (
	"context"
	"fmt"

	"tristore/reports/result"
)

// Trial offers a load whose window can be judged. A machine that is busy with something
// else makes the generator late by itself, which says nothing about the store: such a
// window is offered again, at most Attempts times, and every one of them is recorded.
// What the store answered is never a reason to offer it again.
type Trial struct {
	Open Open
	// Step gives the work of one attempt, numbered from 1, so that no attempt meets the
	// rows of another.
	Step func(attempt uint64) Step
	// Label names the measurements: engine, claim, workload, and a window that is unique in the run.
	Label result.Measurement
	// Record keeps each attempt's measurement.
	Record func(result.Measurement)
}

// Attempts bounds how often a window is offered.
const Attempts = 3

// LagLimitMs is how late the generator's own p99 may be before a window says nothing.
const LagLimitMs = 20

// Run reports the last attempt into saw, and attempts, how many there were.
func (t Trial) Run(ctx context.Context, saw *result.Observation) {
	for attempt := uint64(1); ; attempt++ {
		window, err := t.Open.Run(ctx, t.Step(attempt))
		window.Engine, window.Claim, window.Workload, window.Window = t.Label.Engine, t.Label.Claim, t.Label.Workload, t.Label.Window
		again := err == nil && attempt < Attempts && window.spoilt()
		if again {
			window.Window = fmt.Sprintf("%s, set aside %d", t.Label.Window, attempt)
			saw.See("attempt %d is set aside: the generator was late by itself (p99 %.1f ms, limit %d ms)", attempt, window.Pacing.P99, LagLimitMs)
		}
		t.Record(window.Measurement)
		if again {
			continue
		}
		saw.Stop(err)
		saw.Set("attempts", float64(attempt))
		window.Report(saw)
		return
	}
}

// spoilt: late by the generator's own doing, with nothing that tells against the store.
func (w Window) spoilt() bool {
	return w.Pacing.P99 > LagLimitMs && w.Counts.Refused+w.Counts.Unknown+w.Counts.Dropped == 0
}
