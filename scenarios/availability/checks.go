package availability

import (
	"context"
	"errors"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// SignIns tries that whoever signs in needs no collections: after a split, with their
// cluster down or out of reach, login, caller, organisation and workspace checks answer as
// before.
//
// Facts: before: at least 1, sign-ins with everything up; asked: at least 1 while the
// collections were away; failed, wrong = 0; and those of during.
func SignIns(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	saw.Stop(withApart(ctx, on, saw, func(a *apart) error {
		for _, fact := range []string{"before", "asked", "failed", "wrong"} {
			saw.Set(fact, 0)
		}
		a.signIns(ctx, tally{saw, "before", "with everything up"})
		return a.during(ctx, saw, func(way string) { a.signIns(ctx, tally{saw, "asked", "while the collections were " + way}) })
	}))
}

// Bindings tries that a check which needs a product binding fails closed: while the
// bindings cannot be read nobody is told anything of them, neither that there is one nor
// that there is none, and afterwards the same answer comes again.
//
// Facts: before: at least 1, the binding with everything up; and those of during.
func Bindings(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	saw.Stop(withApart(ctx, on, saw, func(a *apart) error {
		saw.Set("before", 0)
		if outcome := a.ask(ctx); !outcome.OK() {
			return errors.New("the binding cannot be read with everything up: " + outcome.Detail())
		}
		saw.Add("before", 1)
		return a.during(ctx, saw, func(string) {})
	}))
}

// withApart splits, lets do look, and joins again.
func withApart(ctx context.Context, on scenarios.Stage, saw *result.Observation, do func(*apart) error) (err error) {
	if saw.Probe = notOurs(on); saw.Probe != "" {
		return nil
	}
	a, err := split(ctx, on)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	return do(a)
}

// tally counts sign-ins.
type tally struct {
	saw  *result.Observation
	fact string
	when string
}

func (t tally) count(what string, outcome store.Outcome, want, got string) {
	t.saw.Add(t.fact, 1)
	switch {
	case !outcome.OK():
		t.saw.Add("failed", 1)
		t.saw.See("%s, %s: %s", t.when, what, outcome)
	case want != got:
		t.saw.Add("wrong", 1)
		t.saw.See("%s, %s: wanted %s, got %s", t.when, what, want, got)
	}
}

// signIns makes what precedes a request, for every active account.
func (a *apart) signIns(ctx context.Context, t tally) {
	d := a.identity
	for i := 1; i < d.Sizes.Users && ctx.Err() == nil; i++ {
		ctx, cancel := context.WithTimeout(ctx, patience)
		login, outcome := a.deployed.Users.LoginByEmail(ctx, d.Email(i))
		t.count("login", outcome, d.UserID(i), login.ID)
		caller, outcome := a.deployed.Users.LoadCaller(ctx, d.UserID(i))
		t.count("caller", outcome, d.UserID(i), caller.ID)
		org, outcome := a.deployed.Users.OrgContext(ctx, d.OrgSlug(d.OrgOf(i)), d.UserID(i))
		t.count("organisation", outcome, d.OrgSlug(d.OrgOf(i)), org.Organisation.Slug)
		id := d.WorkspaceID(i % d.Sizes.Workspaces)
		workspace, outcome := a.deployed.Permissions.WorkspaceByID(ctx, id)
		t.count("workspace", outcome, id, workspace.ID)
		cancel()
	}
}
