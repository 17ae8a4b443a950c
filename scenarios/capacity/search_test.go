package capacity

import (
	"context"
	"errors"
	"testing"
	"time"

	"tristore/reports/advice"
	"tristore/reports/result"
	"tristore/scenarios/capacity/boundary"
	"tristore/scenarios/road"
)

// The search drives real windows of both loads on the shared cluster until its time is
// spent, keeps what they showed, and claims no more than that.
func TestSearchOnRealServers(t *testing.T) {
	plan := short(t)
	plan.Blocks, plan.AuthRate = 1, 300
	search := &Search{Budget: time.Hour, Quantile: "p95", LimitMs: 5000} // kept at every load of so few windows
	plan.Search = search
	told := 0
	plan.Tell = func(road.Progress) { told++ }
	rig, err := build(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rig.ends.Close(t.Context()); err != nil {
			t.Error(err)
		}
		nothingRuns(t, plan.Dir)
	}()
	// The time left holds some windows of the shortest length and no certified boundary.
	began := time.Now().Add(20*time.Second - search.Budget)
	found, err := rig.search(t.Context(), plan, began)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Windows) < 3 || told != len(found.Windows) {
		t.Fatalf("%d windows, told %d times: %+v", len(found.Windows), told, found)
	}
	for i, w := range found.Windows {
		c := w.Auth.Counts
		if c.Due == 0 || c.Due != c.Committed+c.Refused+c.Unknown+c.Dropped || w.Collections.Counts.Due == 0 || w.CanaryMs <= 0 || w.Purpose == "" {
			t.Errorf("window %d: %+v", i, w)
		}
		if (w.Broke == "") != (w.Meets || w.Invalid != "") {
			t.Errorf("window %d kept the promise: %t, and broke it by %q", i, w.Meets, w.Broke)
		}
		if offered := w.Scale * plan.AuthRate; w.Auth.Offered < 0.99*offered || w.Auth.Offered > 1.01*offered {
			t.Errorf("window %d offered auth %g/s, wanted %g/s", i, w.Auth.Offered, offered)
		}
	}
	if found.Windows[0].Scale != 1 || found.Windows[0].Purpose != string(boundary.Screen) {
		t.Errorf("the search begins with %+v", found.Windows[0])
	}
	if found.Regular || found.Reason == "" || found.Next == "" || advice.Found(found) {
		t.Errorf("%d windows gave %s", len(found.Windows), found.Account)
	}
	if a := advice.Of(&result.Split{Boundary: found}); a.Boundary == "" {
		t.Error("the advice says nothing of the boundary")
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	plan.Tell = func(road.Progress) { cancel() }
	cut, err := rig.search(ctx, plan, time.Now().Add(time.Minute-search.Budget))
	if !errors.Is(err, context.Canceled) || cut == nil || len(cut.Windows) != 1 || cut.Reason != string(boundary.ReasonInterrupted) {
		t.Errorf("interrupted after its first window: %v, %+v", err, cut)
	}
}
