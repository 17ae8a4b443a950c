package load

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"tristore/drivers/store"
	"tristore/reports/result"
)

// tardy is a clock on a busy machine: the first waits end late.
type tardy struct {
	bubble
	left *int // waits that still end late
}

func (c tardy) Wait(ctx context.Context, until time.Duration) error {
	if *c.left > 0 {
		*c.left--
		until += 100 * ms
	}
	return c.bubble.Wait(ctx, until)
}

func TestTrialOffersASpoiltWindowAgain(t *testing.T) {
	for _, c := range []struct {
		name           string
		late           int // waits
		refuse         bool
		attempts       float64
		recorded       int
		pacingOverTime bool
	}{
		{"a quiet machine", 0, false, 1, 1, false},
		{"one busy moment", 10, false, 2, 2, false},
		{"always busy: bounded, and told", 1 << 30, false, Attempts, Attempts, true},
		{"refusals are never set aside", 1 << 30, true, 1, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var recorded []result.Measurement
				var saw result.Observation
				left := c.late
				trial := Trial{
					Open: Open{Pacer: Constant{10}, Workers: 2, Measure: time.Second, Drain: time.Second, Clock: tardy{bubble{time.Now()}, &left}},
					Step: func(uint64) Step {
						return func(context.Context, int, int64) store.Outcome {
							if c.refuse {
								return store.Refuse(store.Conflict, "busy")
							}
							return store.Done()
						}
					},
					Label:  result.Measurement{Window: "w"},
					Record: func(m result.Measurement) { recorded = append(recorded, m) },
				}
				trial.Run(t.Context(), &saw)
				if saw.Facts["attempts"] != c.attempts || len(recorded) != c.recorded {
					t.Errorf("%v attempts, %d recorded; want %v and %d", saw.Facts["attempts"], len(recorded), c.attempts, c.recorded)
				}
				if over := saw.Facts["lag_p99_ms"] > LagLimitMs; over != c.pacingOverTime {
					t.Errorf("lag p99 %v ms", saw.Facts["lag_p99_ms"])
				}
				windows := map[string]bool{}
				for _, m := range recorded {
					windows[m.Window] = true
				}
				if len(windows) != len(recorded) {
					t.Errorf("labels are not unique: %v", windows)
				}
			})
		})
	}
}

func TestOnlyTheGeneratorsOwnLatenessSpoils(t *testing.T) {
	late := result.Measurement{Pacing: result.Histogram{P99: LagLimitMs + 1}, Counts: result.Counts{Due: 10, Committed: 10}}
	if !(Window{Measurement: late}).spoilt() {
		t.Error("a late generator spoils nothing")
	}
	for name, change := range map[string]func(*result.Measurement){
		"in time": func(m *result.Measurement) { m.Pacing.P99 = LagLimitMs },
		"refused": func(m *result.Measurement) { m.Counts.Refused = 1 },
		"unknown": func(m *result.Measurement) { m.Counts.Unknown = 1 },
		"dropped": func(m *result.Measurement) { m.Counts.Dropped = 1 },
	} {
		m := late
		change(&m)
		if (Window{Measurement: m}).spoilt() {
			t.Errorf("%s: set aside", name)
		}
	}
}
