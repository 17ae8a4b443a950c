package observe

import (
	"testing"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
)

// A sample that would cost more than the cap allows is put off, by as much as it takes.
func TestBudgetPutsOff(t *testing.T) {
	began := time.Unix(1000, 0)
	b := budget{0.01, began}
	for name, test := range map[string]struct {
		due         time.Duration
		spent, cost time.Duration
		at          time.Duration
		putOff      bool
	}{
		"cheap":           {5 * time.Second, 10 * time.Millisecond, 10 * time.Millisecond, 5 * time.Second, false},
		"dear":            {5 * time.Second, 40 * time.Millisecond, 60 * time.Millisecond, 10 * time.Second, true},
		"just affordable": {5 * time.Second, 40 * time.Millisecond, 10 * time.Millisecond, 5 * time.Second, false},
	} {
		at, putOff := b.next(began.Add(test.due), test.spent, test.cost)
		if at.Sub(began) != test.at || putOff != test.putOff {
			t.Errorf("%s: after %s, put off %t", name, at.Sub(began), putOff)
		}
	}
}

// Counters that somebody reset in the window give no rate, and that is said.
func TestTallyOfResetCounters(t *testing.T) {
	reading := func(second int64, commits, reset float64) drivers.Reading {
		return drivers.Reading{At: time.Unix(second, 0), Counters: map[string]drivers.Named{"shop": {"commits": commits, "rollbacks": 0, "reset": reset}, "": {"wal_bytes": float64(second)}}}
	}
	for name, test := range map[string]struct {
		readings []drivers.Reading
		rate     float64
		peak     float64
		said     int
	}{
		"steady":        {[]drivers.Reading{reading(0, 100, 1), reading(10, 200, 1), reading(20, 600, 1)}, 25, 40, 0},
		"reset":         {[]drivers.Reading{reading(0, 100, 1), reading(10, 200, 2), reading(20, 600, 2)}, 0, 40, 1},
		"smaller":       {[]drivers.Reading{reading(0, 100, 1), reading(10, 50, 1)}, 0, 0, 1},
		"reset by name": {[]drivers.Reading{reading(0, 100, 1), reading(10, 0, 1), reading(20, 600, 1)}, 0, 60, 1},
	} {
		var all tally
		for _, r := range test.readings {
			all.add(r)
		}
		var seen result.Observed
		all.into(Plan{}, &seen)
		mean, peak := seen.Stores[0].Transactions()
		if mean != test.rate || peak != test.peak || len(seen.NotRead) != test.said || seen.PerSecond["wal_bytes"] != 1 {
			t.Errorf("%s: %g/s, peak %g, %+v", name, mean, peak, seen.NotRead)
		}
	}
}
