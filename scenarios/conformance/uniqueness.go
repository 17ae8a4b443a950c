package conformance

import (
	"context"
	"errors"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// Uniqueness lets racers create the same workspace slug, the same page of a workspace,
// the same subject id and the same binding, all at once, round after round.
//
// Facts, over all rounds:
//   - races: rounds run; a sound check has at least 32
//   - races_overlapped: rounds in which two racers really met; at least half of races
//   - winners_missing = 0: rounds in which nobody won and nothing was unknown
//   - extra_winners = 0: creates acknowledged beyond the first of their round
//   - wrong_refusals = 0: losers refused for another reason than unique
//   - unknown = 0: outcomes nobody can tell
//   - rows_not_one = 0: rounds after which reading back did not give exactly one row
func Uniqueness(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	deployed, err := on.Deploy(ctx)
	if err != nil {
		saw.Stop(err)
		return
	}
	defer func() { saw.Stop(deployed.Close(context.WithoutCancel(ctx))) }()
	for _, fact := range []string{"races", "races_overlapped", "winners_missing", "extra_winners", "wrong_refusals", "unknown", "rows_not_one"} {
		saw.Set(fact, 0)
	}
	draw, tries := newIDs(on.Seed, "uniqueness"), effortAt(on.Depth)
	for _, kind := range contests(deployed) {
		for round := range tries.rounds {
			if err := ctx.Err(); err != nil {
				saw.Stop(err)
				return
			}
			runContest(ctx, saw, contestRound{kind.name, round, kind.prepare(draw, tries.racers)})
		}
	}
}

// contest is one kind of unique value.
type contest struct {
	name    string
	prepare func(draw ids, racers int) entry
}

// entry is one round: what each racer does, and how many rows there are afterwards.
type entry struct {
	racers int
	create func(ctx context.Context, racer int) store.Outcome
	rows   func(ctx context.Context) (int, store.Outcome)
}

type contestRound struct {
	name  string
	round int
	entry entry
}

func runContest(ctx context.Context, saw *result.Observation, c contestRound) {
	all := together(c.entry.racers, func(i int) store.Outcome { return c.entry.create(ctx, i) })
	winners, unknown := 0, 0
	for _, r := range all {
		switch {
		case r.Outcome.OK():
			winners++
		case r.Outcome.Status == store.Unknown:
			unknown++
			saw.See("%s round %d: %s", c.name, c.round, r.Outcome.Detail())
		case !r.Outcome.Is(store.Unique):
			saw.Add("wrong_refusals", 1)
			saw.See("%s round %d: a loser was %s", c.name, c.round, r.Outcome.Detail())
		}
	}
	saw.Add("races", 1)
	saw.Add("unknown", float64(unknown))
	if overlapped(all) {
		saw.Add("races_overlapped", 1)
	}
	if winners == 0 && unknown == 0 {
		saw.Add("winners_missing", 1)
		saw.See("%s round %d: none of %d racers won", c.name, c.round, len(all))
	}
	if winners > 1 {
		saw.Add("extra_winners", float64(winners-1))
		saw.See("%s round %d: %d of %d racers won", c.name, c.round, winners, len(all))
	}
	rows, outcome := c.entry.rows(ctx)
	switch {
	case !outcome.OK():
		saw.Stop(errors.New(c.name + ": reading back: " + outcome.Detail()))
	case rows != 1 && (rows != 0 || winners > 0 || unknown == 0):
		saw.Add("rows_not_one", 1)
		saw.See("%s round %d: %d rows stored", c.name, c.round, rows)
	}
}

func contests(d *deployment.Deployment) []contest {
	return []contest{
		{"workspace slug", func(draw ids, n int) entry {
			slug := draw.word("slug")
			return workspaceEntry(d.Permissions, draw, n, func(w *store.Workspace) { w.Slug = &slug })
		}},
		{"subject id", func(draw ids, n int) entry {
			id := draw.subject()
			return workspaceEntry(d.Permissions, draw, n, func(w *store.Workspace) { w.ID = id })
		}},
		{"page of a workspace", func(draw ids, n int) entry { return pageEntry(d.Permissions, draw, n) }},
		{"binding", func(draw ids, n int) entry { return bindingEntry(d.Collections, draw, n) }},
	}
}

// workspaceEntry counts rows by listing what a user of this round only may read.
func workspaceEntry(in store.Permissions, draw ids, n int, same func(*store.Workspace)) entry {
	user, all := draw.object(), make([]store.Workspace, n)
	for i := range all {
		all[i] = newWorkspace(draw, user)
		same(&all[i])
	}
	return entry{
		racers: n,
		create: func(ctx context.Context, i int) store.Outcome { return in.CreateWorkspace(ctx, all[i]) },
		rows: func(ctx context.Context) (int, store.Outcome) {
			found, outcome := in.ListMyWorkspaces(ctx, store.WorkspaceList{UserID: user, Limit: n + 1})
			return len(found), outcome
		},
	}
}

// pageEntry has no list to count by: one row means that the page found is the only
// winner's. A second row behind it shows as an extra winner.
func pageEntry(in store.Permissions, draw ids, n int) entry {
	workspace, slug, all := draw.word("ws"), draw.word("page"), make([]store.Page, n)
	for i := range all {
		all[i] = store.Page{Subject: newSubject(draw, draw.object()), WorkspaceID: draw.subject(), WorkspaceSlug: &workspace, Slug: &slug,
			Name: map[string]string{"en": "A page"}, Labels: []string{}}
	}
	return entry{
		racers: n,
		create: func(ctx context.Context, i int) store.Outcome { return in.Insert(ctx, all[i]) },
		rows: func(ctx context.Context) (int, store.Outcome) {
			_, outcome := in.PageBySlug(ctx, workspace, slug)
			return one(outcome)
		},
	}
}

// bindingEntry counts the second row too, if there is one: it is still found after unbinding once.
func bindingEntry(in store.Collections, draw ids, n int) entry {
	key := store.BindingKey{WorkspaceID: draw.subject(), ResourceType: "agent", ResourceID: draw.object(), PrincipalType: "user", PrincipalID: draw.object()}
	all := make([]store.Binding, n)
	for i := range all {
		all[i] = store.Binding{MongoID: draw.object(), BindingKey: key, OrgSlug: "acme", RoleSlug: "viewer", GrantedBy: draw.object(), CreatedAt: longAgo()}
	}
	return entry{
		racers: n,
		create: func(ctx context.Context, i int) store.Outcome { return in.Bind(ctx, all[i]) },
		rows: func(ctx context.Context) (int, store.Outcome) {
			for rows := range n + 1 {
				_, outcome := in.BindingOf(ctx, key)
				if found, outcome := one(outcome); !outcome.OK() || found == 0 {
					return rows, outcome
				}
				if outcome := in.Unbind(ctx, key); !outcome.OK() {
					return rows, outcome
				}
			}
			return n + 1, store.Done()
		},
	}
}

// one turns the outcome of a read by unique key into a row count.
func one(outcome store.Outcome) (int, store.Outcome) {
	if outcome.Is(store.NotFound) {
		return 0, store.Done()
	}
	return 1, outcome
}

func newSubject(draw ids, owner string) store.Subject {
	return store.Subject{MongoID: draw.object(), ID: draw.subject(), CreatedBy: owner, UpdatedBy: owner, CreatedAt: longAgo(), UpdatedAt: longAgo(),
		Permissions: map[string]store.Grant{owner: {Role: "owner", Policies: map[string]bool{"read": true}}}}
}

func newWorkspace(draw ids, owner string) store.Workspace {
	slug := draw.word("slug")
	return store.Workspace{Subject: newSubject(draw, owner), Name: "A workspace", Slug: &slug, Labels: []string{}, Config: map[string]any{}}
}

// longAgo is a fixed time in whole milliseconds, which both engines keep.
func longAgo() time.Time { return time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC) }
