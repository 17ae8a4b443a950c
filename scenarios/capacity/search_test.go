package capacity

import (
	"context"
	"errors"
	"math"
	"reflect"
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
	began := time.Now().Add(14*time.Second - search.Budget)
	split := &result.Split{}
	if err := rig.boundaries(t.Context(), plan, split, began); err != nil {
		t.Fatal(err)
	}
	found := split.Boundary
	if len(found.Windows) < 1 || told != len(found.Windows) {
		t.Fatalf("%d windows, told %d times: %+v", len(found.Windows), told, found)
	}
	for i, w := range found.Windows {
		c := w.Auth.Counts
		if c.Due == 0 || c.Due != c.Committed+c.Refused+c.Unknown+c.Dropped || w.Collections.Counts.Due == 0 || w.CanaryMs <= 0 || w.Auth.Lag.V2 == "" || w.Purpose == "" {
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

	resumes(t, rig, plan)
	idles(t, rig, plan)
	mixes(t, rig, plan)
	remediesOn(t, rig, plan)
}

// mixes: another mix is tried when a regular search left time, offers that mix, and decides
// nothing by fewer windows than the test wants.
func mixes(t *testing.T, rig *rig, plan Plan) {
	plan.Tell, plan.Save = nil, nil
	split := &result.Split{Boundary: &result.Boundary{Quantile: "p95", LimitMs: 5000, Regular: true, BracketLow: 1, BracketHigh: 1.04, WindowSeconds: 2}}
	each := (&searching{plan: plan, into: split.Boundary}).each(1)
	if err := rig.mixes(t.Context(), plan, split, time.Now().Add(each)); err != nil || len(split.Boundary.Mixes) > 0 {
		t.Errorf("without time for it: %v, %+v", err, split.Boundary.Mixes)
	}
	s := &searching{plan: plan, on: rig.shared, data: rig.data, of: "shared", into: split.Boundary, mix: 1.2, first: mixBlock, ends: time.Now().Add(each + each/2), save: func() error { return nil }}
	got, err := s.classified(t.Context(), 1)
	if err != nil || got.Answer != "undecided" || got.Why == "" || len(got.Windows) != 1 || got.Path == "" || got.Collections != 1.2 {
		t.Fatalf("%v: %+v", err, got)
	}
	if w := got.Windows[0]; w.Purpose != string(boundary.Certify) || math.Abs(w.Collections.Offered-1.2*plan.CollectionsRate) > 0.1 || math.Abs(w.Auth.Offered-plan.AuthRate) > 0.1 {
		t.Errorf("it offered %+v", w)
	}
}

// resumes: an interrupted search goes on from its saved facts, and takes no window twice.
func resumes(t *testing.T, rig *rig, plan Plan) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dir := t.TempDir()
	plan.Tell = func(road.Progress) { cancel() }
	plan.Save = func(s *result.Split) error { return result.Write(dir, &result.Run{Schema: result.Schema, Split: s}) }
	cut := &result.Split{}
	err := rig.boundaries(ctx, plan, cut, time.Now().Add(time.Minute-plan.Search.Budget))
	if !errors.Is(err, context.Canceled) || cut.Boundary == nil || len(cut.Boundary.Windows) != 1 || cut.Boundary.Reason != string(boundary.ReasonInterrupted) {
		t.Fatalf("interrupted after its first window: %v, %+v", err, cut.Boundary)
	}
	saved, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	first := saved.Split.Boundary.Windows[0]
	var said []road.Progress
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	plan.Tell = func(now road.Progress) { said = append(said, now); cancel() }
	err = rig.boundaries(ctx, plan, saved.Split, time.Now().Add(time.Minute-plan.Search.Budget))
	went := saved.Split.Boundary
	if !errors.Is(err, context.Canceled) || len(went.Windows) != 2 || !reflect.DeepEqual(went.Windows[0], first) || len(said) != 1 || went.WindowSeconds != cut.Boundary.WindowSeconds {
		t.Errorf("went on with %d windows, told %d times: %v, %s", len(went.Windows), len(said), err, went.Account)
	}
	if len(said) > 0 && (said[0].Total <= said[0].Done || said[0].Current == "") {
		t.Errorf("it said %+v", said[0])
	}
}

// idles: a promise that the idle cluster breaks costs no window.
func idles(t *testing.T, rig *rig, plan Plan) {
	plan.Search = &Search{Budget: time.Hour, Quantile: "p95", LimitMs: 0.01, Two: true}
	plan.Tell, plan.Save = nil, nil
	split := &result.Split{}
	if err := rig.boundaries(t.Context(), plan, split, time.Now()); err != nil {
		t.Fatal(err)
	}
	b := split.Boundary
	if len(b.Windows) != 0 || b.IdleMs <= 0.01 || b.Reason != string(boundary.ReasonLowest) || advice.Found(b) || split.TwoBoundary != nil {
		t.Errorf("a promise that nobody can keep: %+v", b)
	}
}
