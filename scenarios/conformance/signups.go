package conformance

import (
	"context"
	"strings"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// SignUps lets racers sign up with one email at once. The platform checks and then
// inserts [C], so duplicates are reported and not condemned; an account that was
// acknowledged must be there.
//
// Facts, over all rounds:
//   - sign_ups: calls made; a sound check has at least 64
//   - acknowledged, refused, unknown: how they ended; unknown = 0
//   - stored: accounts found by id afterwards
//   - acknowledged_lost = 0: acknowledged, not found
//   - refused_but_stored = 0: refused, and found all the same
//   - emails_without_account = 0: rounds with nobody acknowledged and nothing unknown
//   - duplicates: accounts beyond the first of their email, reported only
//   - emails_with_duplicates: reported only
func SignUps(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	deployed, err := on.Deploy(ctx)
	if err != nil {
		saw.Stop(err)
		return
	}
	defer func() { saw.Stop(deployed.Close(context.WithoutCancel(ctx))) }()
	for _, fact := range []string{"sign_ups", "acknowledged", "refused", "unknown", "stored", "acknowledged_lost", "refused_but_stored",
		"emails_without_account", "duplicates", "emails_with_duplicates"} {
		saw.Set(fact, 0)
	}
	draw, tries := newIDs(on.Seed, "sign-ups"), effortAt(on.Depth)
	for range tries.rounds {
		if err := ctx.Err(); err != nil {
			saw.Stop(err)
			return
		}
		signUpRound(ctx, deployed.Users, newUsers(draw, tries.racers), saw)
	}
}

func newUsers(draw ids, n int) []store.User {
	email, all := strings.ToLower(draw.word("somebody"))+"@example.org", make([]store.User, n)
	for i := range all {
		all[i] = store.User{ID: draw.object(), Email: &email, Password: "x", FirstName: "Some", LastName: "Body", Language: "en", Status: "pending",
			AuthData: map[string]map[string]any{}, Meta: map[string]any{}, Groups: []string{}, OrgSlugs: []string{}, CreatedAt: longAgo(), UpdatedAt: longAgo()}
	}
	return all
}

func signUpRound(ctx context.Context, in store.Users, users []store.User, saw *result.Observation) {
	all := together(len(users), func(i int) store.Outcome { return in.SignUp(ctx, users[i]) })
	stored, acknowledged, unknown := 0, 0, 0
	for i, r := range all {
		saw.Add("sign_ups", 1)
		_, read := in.LoadCaller(ctx, users[i].ID)
		there := read.OK()
		if there {
			stored++
		} else if !read.Is(store.NotFound) {
			saw.Stop(errorOf("loading an account that signed up", read))
			continue
		}
		switch {
		case r.Outcome.Status == store.Unknown:
			unknown++
			saw.See("sign-up %s: %s", users[i].ID, r.Outcome.Detail())
		case r.Outcome.OK() && !there:
			acknowledged++
			saw.Add("acknowledged_lost", 1)
			saw.See("sign-up %s was acknowledged; loading it: %s", users[i].ID, read.Detail())
		case r.Outcome.OK():
			acknowledged++
		case there:
			saw.Add("refused", 1)
			saw.Add("refused_but_stored", 1)
			saw.See("sign-up %s was %s; the account exists", users[i].ID, r.Outcome.Detail())
		default:
			saw.Add("refused", 1)
		}
	}
	saw.Add("acknowledged", float64(acknowledged))
	saw.Add("unknown", float64(unknown))
	saw.Add("stored", float64(stored))
	if acknowledged == 0 && unknown == 0 {
		saw.Add("emails_without_account", 1)
		saw.See("nobody could sign up as %s: the first was %s", *users[0].Email, all[0].Outcome.Detail())
	}
	if stored > 1 {
		saw.Add("duplicates", float64(stored-1))
		saw.Add("emails_with_duplicates", 1)
	}
}
