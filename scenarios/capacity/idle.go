package capacity

import (
	"context"
	"fmt"
	"time"

	"tristore/reports/result"
	"tristore/scenarios/auth"
	"tristore/scenarios/capacity/boundary"
	"tristore/scenarios/load"
)

const (
	// idleWindow is how long the idle cluster is asked one request at a time, idleTries how
	// often: the quickest counts, for what else the machine does only slows it.
	idleWindow = 2 * time.Second
	idleTries  = 3
	// beyondDoubt is by how many times one try breaks the promise so that no other is made.
	beyondDoubt = 3
	// fewestIdle is how many answers make a quantile of it.
	fewestIdle = 100
)

// idle tells whether the cluster breaks the promise without any load but one request at a
// time: then no window needs to be spent on finding where.
func (s *searching) idle(ctx context.Context) (broken bool, err error) {
	search := s.plan.Search
	for try := range idleTries {
		workload := auth.New(s.on.Users, s.on.Permissions, auth.Options{Data: s.data.Of, Profile: s.plan.Profile, Mix: s.plan.AuthMix, Window: uint64(s.number() + try), Expires: time.Now().Add(visitorLife)})
		w, err := load.Closed{Workers: 1, Warm: settle(s.plan) / 2, Measure: idleWindow, Drain: drain}.Run(ctx, workload.Step)
		if err != nil {
			return false, fmt.Errorf("asking the idle cluster: %w", err)
		}
		latency := search.of(w.Latency)
		if w.Latency.Count >= fewestIdle && latency > 0 && (s.into.IdleMs == 0 || latency < s.into.IdleMs) {
			s.into.IdleMs = latency
		}
		if s.into.IdleMs > 0 && s.into.IdleMs <= search.LimitMs {
			return false, nil
		}
		if s.into.IdleMs > beyondDoubt*search.LimitMs {
			break
		}
	}
	if s.into.IdleMs == 0 {
		return false, nil // too slow to tell: the search will
	}
	*s.into = result.Boundary{Quantile: search.Quantile, LimitMs: search.LimitMs, IdleMs: s.into.IdleMs, Plan: s.into.Plan, WindowSeconds: s.into.WindowSeconds, BudgetSeconds: search.Budget.Seconds(),
		Reason:  string(boundary.ReasonLowest),
		Account: fmt.Sprintf("the idle cluster already breaks the promise: auth %s of one request at a time is %.3g ms, over %g ms", search.Quantile, s.into.IdleMs, search.LimitMs),
		Next:    fmt.Sprintf("promise more than %.3g ms, or find what makes a single request so slow", s.into.IdleMs),
	}
	return true, nil
}
