package conformance

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// Shares lets two principals be shared with at once on one workspace, and in every
// other round one be shared with while another is removed. Both changes must be there
// afterwards, and the owner's entry must not have moved.
//
// Facts, over all rounds:
//   - rounds: 32, and 32 more while fewer than 16 met, 256 at most: on a busy machine one
//     change is often over before the other begins; rounds_overlapped: at least 16
//   - changes_acknowledged: shares and unshares that the store acknowledged; at least rounds
//   - rounds_both: rounds whose two changes met and were both acknowledged; at least 16,
//     since a store that refuses one of two shows nothing about both surviving
//   - shares_lost = 0: acknowledged, and the principal has not exactly that grant
//   - unshares_undone = 0: acknowledged, and the principal is still there
//   - bystanders_changed = 0: rounds in which the owner's entry is gone or different
//   - refused: changes refused; wrong_refusals = 0: for another reason than a conflict,
//     after which the change is not expected
//   - unknown = 0
func Shares(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	deployed, err := on.Deploy(ctx)
	if err != nil {
		saw.Stop(err)
		return
	}
	defer func() { saw.Stop(deployed.Close(context.WithoutCancel(ctx))) }()
	sharesOn(ctx, on, deployed.Permissions, saw)
}

// mostSeries bounds how often the rounds are tried again while too few of them met.
const mostSeries = 8

func sharesOn(ctx context.Context, on scenarios.Stage, in store.Permissions, saw *result.Observation) {
	for _, fact := range []string{"rounds", "rounds_overlapped", "changes_acknowledged", "rounds_both", "shares_lost", "unshares_undone", "bystanders_changed",
		"refused", "wrong_refusals", "unknown"} {
		saw.Set(fact, 0)
	}
	draw := newIDs(on.Seed, "shares")
	rounds := 4 * effortAt(on.Depth).rounds
	for series := 0; series == 0 || series < mostSeries && saw.Facts["rounds_overlapped"] < float64(rounds/2); series++ {
		for round := range rounds {
			if err := ctx.Err(); err != nil {
				saw.Stop(err)
				return
			}
			if err := shareRound(ctx, in, draw, shareSetup{series*rounds + round, saw}); err != nil {
				saw.Stop(err)
				return
			}
		}
	}
}

// editorGrant is what every share of this check gives.
func editorGrant() store.Grant {
	return store.Grant{Role: "editor", Policies: map[string]bool{"read": true}}
}

type shareSetup struct {
	round int
	saw   *result.Observation
}

func shareRound(ctx context.Context, in store.Permissions, draw ids, s shareSetup) error {
	owner, first, second := draw.object(), draw.object(), draw.object()
	workspace, grant := newWorkspace(draw, owner), editorGrant()
	unsharing := s.round%2 == 1
	if unsharing {
		workspace.Permissions[second] = grant
	}
	if outcome := in.CreateWorkspace(ctx, workspace); !outcome.OK() {
		return errorOf("creating a workspace to share", outcome)
	}
	all := together(2, func(i int) store.Outcome {
		switch {
		case i == 0:
			return in.Share(ctx, workspace.ID, first, grant)
		case unsharing:
			return in.Unshare(ctx, workspace.ID, second)
		default:
			return in.Share(ctx, workspace.ID, second, grant)
		}
	})
	after, outcome := in.WorkspaceByID(ctx, workspace.ID)
	if !outcome.OK() {
		return errorOf("reading a shared workspace", outcome)
	}
	s.saw.Add("rounds", 1)
	if overlapped(all) {
		s.saw.Add("rounds_overlapped", 1)
		if all[0].Outcome.OK() && all[1].Outcome.OK() {
			s.saw.Add("rounds_both", 1)
		}
	}
	s.compare(all[0].Outcome, after, expectation{first, true})
	s.compare(all[1].Outcome, after, expectation{second, !unsharing})
	if !reflect.DeepEqual(after.Permissions[owner], workspace.Permissions[owner]) {
		s.saw.Add("bystanders_changed", 1)
		s.saw.See("round %d: the owner's entry is %+v", s.round, after.Permissions[owner])
	}
	return nil
}

// expectation is a principal that must be in the map, or must not.
type expectation struct {
	principal string
	present   bool
}

func (s shareSetup) compare(outcome store.Outcome, after store.Workspace, want expectation) {
	entry, present := after.Permissions[want.principal]
	switch {
	case outcome.Status == store.Unknown:
		s.saw.Add("unknown", 1)
		s.saw.See("round %d: %s", s.round, outcome.Detail())
		return
	case !outcome.OK():
		s.saw.Add("refused", 1)
		if !outcome.Is(store.Conflict) {
			s.saw.Add("wrong_refusals", 1)
		}
		s.saw.See("round %d: %s", s.round, outcome.Detail())
		return
	}
	s.saw.Add("changes_acknowledged", 1)
	if want.present && !reflect.DeepEqual(entry, editorGrant()) {
		s.saw.Add("shares_lost", 1)
		s.saw.See("round %d: share with %s was acknowledged; the map of %d principals has it %t, as %+v", s.round, want.principal, len(after.Permissions), present, entry)
	}
	if !want.present && present {
		s.saw.Add("unshares_undone", 1)
		s.saw.See("round %d: removal of %s was acknowledged; it is still in the map", s.round, want.principal)
	}
}

// errorOf says which step of the harness did not go as it must, for Trouble.
func errorOf(step string, outcome store.Outcome) error {
	return fmt.Errorf("%s: %w", step, errors.New(outcome.Detail()))
}
