package load

import (
	"testing"

	"tristore/drivers/store"
	"tristore/reports/result"
)

func TestInOrderStopsAtTheFirstThatIsNotCommitted(t *testing.T) {
	calls := 0
	give := func(o store.Outcome) func() store.Outcome { return func() store.Outcome { calls++; return o } }
	if got := InOrder(give(store.Done()), give(store.Outcome{}), give(store.Done())); got.Status != store.Unknown || calls != 2 {
		t.Errorf("%s after %d calls", got, calls)
	}
	if got := InOrder(); !got.OK() {
		t.Errorf("nothing to do is %s", got)
	}
}

func TestExpectRefusesAWrongAnswer(t *testing.T) {
	for _, c := range []struct {
		outcome store.Outcome
		got     string
		want    store.Status
	}{{store.Done(), "a", store.Committed}, {store.Done(), "b", store.Refused}, {store.Outcome{}, "b", store.Unknown}} {
		if got := Expect(c.outcome, "name", c.got, "a"); got.Status != c.want {
			t.Errorf("%s answered with %q became %s", c.outcome, c.got, got)
		}
	}
}

func TestRetriedTriesConflictsOnlyAndNotForEver(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []store.Outcome
		want    string
		calls   int
	}{
		{"at once", []store.Outcome{store.Done()}, "committed", 1},
		{"conflict, then done", []store.Outcome{store.Refuse(store.Conflict, "x"), store.Done()}, "committed", 2},
		{"conflict for ever", []store.Outcome{store.Refuse(store.Conflict, "x")}, "refused(conflict)", 4},
		{"unknown must not be repeated", []store.Outcome{{}}, "unknown", 1},
		{"another refusal", []store.Outcome{store.Refuse(store.Unique, "x")}, "refused(unique)", 1},
	} {
		calls := 0
		got := Retried(func() store.Outcome {
			calls++
			return c.answers[min(calls, len(c.answers))-1]
		})
		if got.String() != c.want || calls != c.calls || got.Retries != c.calls-1 {
			t.Errorf("%s: %s after %d calls, %d retries told", c.name, got, calls, got.Retries)
		}
	}
}

func TestRetriesOfAllOperationsAreTold(t *testing.T) {
	twice := func() store.Outcome { o := store.Done(); o.Retries, o.Deadlocks = 2, 1; return o }
	if got := InOrder(twice, twice, func() store.Outcome { return Expect(twice(), "name", 1, 2) }, twice); got.Retries != 6 || got.Deadlocks != 3 || !got.Is(store.Invalid) {
		t.Errorf("%s with %d retries, %d after a deadlock", got, got.Retries, got.Deadlocks)
	}
	calls := 0
	got := Retried(func() store.Outcome {
		if calls++; calls == 1 {
			o := store.Refuse(store.Conflict, "after two tries of the driver")
			o.Retries, o.Deadlocks, o.Deadlock = 2, 1, true
			return o
		}
		return store.Done()
	})
	if got.Retries != 3 || got.Deadlocks != 2 {
		t.Errorf("%d retries, %d after a deadlock: the driver's are not among them", got.Retries, got.Deadlocks)
	}
}

func TestReportShowsWhatIsUnaccounted(t *testing.T) {
	var saw result.Observation
	w := Window{Measurement: result.Measurement{Achieved: 9, Seconds: 10, Counts: result.Counts{Due: 100, Committed: 90, Refused: 3, Unknown: 2, Dropped: 1}}, Witness: []string{"line"}}
	w.Latency.Clipped, w.Pacing.P99 = 2, 1.5
	w.Report(&saw)
	for fact, want := range map[string]float64{"due": 100, "unaccounted": 4, "achieved_ratio": 0.9, "clipped": 2, "lag_p99_ms": 1.5} {
		if got, recorded := saw.Facts[fact]; !recorded || got != want {
			t.Errorf("%s is %g (recorded %t), want %g", fact, got, recorded, want)
		}
	}
	if len(saw.Witness) != 1 {
		t.Errorf("witness %q", saw.Witness)
	}
}
