package capacity

import (
	"context"
	"fmt"
	"time"

	"tristore/reports/result"
	"tristore/scenarios/capacity/boundary"
	"tristore/scenarios/road"
)

const (
	// sway is by how much of collections another mix differs from the searched one.
	sway = 0.2
	// mixBlock numbers the windows of other mixes apart from those of the searches.
	mixBlock = 3 * searchBlock
	// fewestAnswers close the sequential test of a clear load.
	fewestAnswers = 4
)

// classified puts one load to the test that the search certifies loads by, by itself.
func (s *searching) classified(ctx context.Context, scale float64) (result.Classified, error) {
	by := boundary.Standard(scale, scale, scale)
	by.MinRequests = s.plan.Search.requests()
	by.Save = func(state boundary.State) error {
		s.note(state)
		last := state.Taken[len(state.Taken)-1]
		s.plan.log().Info("classifying a load", "times", scale, "window", len(state.Taken), "kept", last.Meets, s.plan.Search.Quantile+"_ms", last.P99Ms, "invalid", last.Invalid)
		s.plan.Say(road.Progress{Current: fmt.Sprintf("window %d at %.3g×", len(state.Taken), scale)})
		return s.save()
	}
	found := boundary.Classify(ctx, s.probe, by, scale)
	one := result.Classified{CertifiedLoad: result.CertifiedLoad{Scale: scale, Answer: found.Answer.String(), Path: found.Path}, Collections: 1, Why: found.Why, Windows: s.into.Windows}
	if s.mix > 0 {
		one.Collections = s.mix
	}
	return one, found.Err
}

// mixes asks, in what time a regular search left, whether the bracket holds for another
// mix: with more collections its low end may break, with fewer its high end may keep the
// promise. More of either load never helps, so that these two loads enclose both boundaries.
func (r *rig) mixes(ctx context.Context, plan Plan, split *result.Split, ends time.Time) error {
	b := split.Boundary
	if b == nil || !b.Regular || len(b.Mixes) > 0 {
		return nil
	}
	for i, at := range []struct{ mix, scale float64 }{{1 + sway, b.BracketLow}, {1 - sway, b.BracketHigh}} {
		s := &searching{plan: plan, on: r.shared, data: r.data, of: string(result.SharedCluster), ends: ends, mix: at.mix, first: mixBlock + i*searchBlock, save: func() error { return plan.kept(split) },
			into: &result.Boundary{Quantile: b.Quantile, LimitMs: b.LimitMs, WindowSeconds: b.WindowSeconds}}
		if time.Until(ends) < fewestAnswers*s.each(at.scale) {
			return nil
		}
		one, err := s.classified(ctx, at.scale)
		b.Mixes = append(b.Mixes, one)
		if err != nil {
			return fmt.Errorf("trying another mix at %.3g times the load: %w", at.scale, err)
		}
	}
	return plan.kept(split)
}

// each is how long one window at a scale takes.
func (s *searching) each(scale float64) time.Duration {
	return settle(s.plan) + time.Duration(max(s.into.WindowSeconds, s.plan.Search.seconds(scale*s.plan.AuthRate))*float64(time.Second))
}
