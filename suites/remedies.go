package suites

import (
	"context"
	"fmt"
	"time"

	"tristore/reports/result"
	"tristore/scenarios"
)

// Remedied are the claims that a remedy must not break: what the stores promise to those who
// write, what start-up makes, and that hot statements are served by indexes. They are rows of
// the catalogue, tried in its order on a cluster with the remedy on.
func Remedied() []Row {
	rows, err := Select(scenarios.Smoke, []string{"MIG-1", "MIG-2", "MIG-3", Conformance})
	if err != nil {
		return nil // a claim that is gone from the catalogue: then none passes
	}
	return rows
}

// TryRemedied tries them, and keeps what was seen under a name of the remedied engine.
func TryRemedied(ctx context.Context, on scenarios.Stage, engine string) (all []result.Observation) {
	for _, row := range Remedied() {
		saw := result.Observation{Claim: row.ID, Engine: engine, Began: time.Now().UTC()}
		if err := ctx.Err(); err != nil {
			saw.Stop(fmt.Errorf("interrupted: %w", context.Cause(ctx)))
		} else {
			row.observe(ctx, on, &saw)
		}
		saw.Seconds = time.Since(saw.Began).Seconds()
		all = append(all, saw)
	}
	return all
}

// observe carries a check out; a panic of it is trouble.
func (r Row) observe(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	defer func() {
		if panicked := recover(); panicked != nil {
			saw.Stop(fmt.Errorf("the check panicked: %v", panicked))
		}
		if ctx.Err() != nil {
			saw.Stop(fmt.Errorf("interrupted: %w", context.Cause(ctx)))
		}
	}()
	r.Check(ctx, on, saw)
}

// RefusesRemedy says which claim a remedy did not keep, with the reason and the first line of
// its witness; empty when every one was tried and passed.
func RefusesRemedy(tried []result.Observation) string {
	seen := map[string]result.Observation{}
	for _, saw := range tried {
		seen[saw.Claim] = saw
	}
	rows := Remedied()
	if len(rows) == 0 {
		return "no claim is known that it must not break"
	}
	for _, row := range rows {
		saw, told := seen[row.ID]
		if !told {
			return row.ID + " was not tried with it on"
		}
		found := row.Rule.Judge(saw)
		if found.Status == result.Pass || found.Status == result.NotApplicable {
			continue
		}
		why := fmt.Sprintf("%s is %s while it is on: %s", row.ID, found.Status, found.Reason)
		if len(saw.Witness) > 0 {
			why += " (" + saw.Witness[0] + ")"
		}
		return why
	}
	return ""
}

// JudgeRemedies is a split with its remedies judged by the claims that were tried on them;
// what it was given stays as it is.
func JudgeRemedies(split *result.Split) *result.Split {
	if split == nil || len(split.Remedies) == 0 {
		return split
	}
	judged := *split
	judged.Remedies = nil
	for _, r := range split.Remedies {
		r.Conforms, r.Refused = false, ""
		if len(r.Tried) > 0 {
			r.Refused = RefusesRemedy(r.Tried)
			r.Conforms = r.Refused == ""
		}
		judged.Remedies = append(judged.Remedies, r)
	}
	return &judged
}
