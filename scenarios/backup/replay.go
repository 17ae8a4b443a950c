package backup

import (
	"context"
	"fmt"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/dataset"
)

// replay asks a copy for everything that requests may ask of the data set.
type replay struct {
	content
	of    *deployment.Deployment
	saw   *result.Observation
	grown bool // see Restored
}

// counted compares how many of something there are: exactly so many, or at least so many
// where others wrote meanwhile.
func (r replay) counted(want, got int, what string) (string, string) {
	if r.grown && got > want {
		got = want
	}
	return fmt.Sprint(want, what), fmt.Sprint(got, what)
}

// asked counts one read: what was promised, and what came.
func (r replay) asked(what string, outcome store.Outcome, want, got string) {
	r.saw.Add("reads", 1)
	switch {
	case outcome.Status == store.Unknown:
		r.saw.Add("unknown", 1)
		r.saw.See("%s: %s", what, outcome.Detail())
	case !outcome.OK():
		r.saw.Add("refused", 1)
		r.saw.See("%s: %s", what, outcome.Detail())
	case want != got:
		r.saw.Add("wrong", 1)
		r.saw.See("%s: wanted %s, got %s", what, want, got)
	}
}

// callers asks for every active account in each way in which somebody signs in.
func (r replay) callers(ctx context.Context) {
	d := r.identity
	for i := 1; i < d.Sizes.Users && ctx.Err() == nil; i++ {
		id := d.UserID(i)
		caller, outcome := r.of.Users.LoadCaller(ctx, id)
		r.asked("caller "+id, outcome, d.Email(i), value(caller.Email))
		login, outcome := r.of.Users.LoginByEmail(ctx, d.Email(i))
		r.asked("login of "+d.Email(i), outcome, id, login.ID)
		token, outcome := r.of.Users.AccessTokenByToken(ctx, d.Token(i))
		r.asked("token of "+id, outcome, id, token.UserID)
		org := d.OrgSlug(d.OrgOf(i))
		context, outcome := r.of.Users.OrgContext(ctx, org, id)
		r.asked("membership of "+id, outcome, membership(org, d.OrgRoleOf(i), d.Sizes.GroupsPerUser),
			membership(context.Organisation.Slug, context.Role.Slug, len(context.Groups)))
	}
}

func membership(org, role string, groups int) string {
	return fmt.Sprintf("%s as %s in %d groups", org, role, groups)
}

func (r replay) organisations(ctx context.Context) {
	d := r.identity
	for o := range d.Sizes.Orgs {
		for k := range d.Sizes.KeysPerOrg {
			key, outcome := r.of.Users.OrgAPIKeyByHash(ctx, d.OrgSlug(o), d.OrgKeyHash(o, k))
			r.asked("a key of "+d.OrgSlug(o), outcome, d.OrgKey(o, k).OwnerID, key.OwnerID)
		}
	}
}

func (r replay) workspaces(ctx context.Context) {
	d, in := r.identity, r.of.Permissions
	for w := range d.Sizes.Workspaces {
		if ctx.Err() != nil {
			return
		}
		id := d.WorkspaceID(w)
		workspace, outcome := in.WorkspaceByID(ctx, id)
		want, got := r.counted(len(d.Workspace(w).Permissions), len(workspace.Permissions), " principals")
		r.asked("workspace "+id, outcome, want, got)
		key, outcome := in.RoleByAPIKey(ctx, d.WorkspaceKey(w))
		r.asked("key of workspace "+id, outcome, id, key.SubjectID)
		roles, outcome := in.CustomRoles(ctx, dataset.SubjectWorkspaces, id)
		r.asked("roles of workspace "+id, outcome, fmt.Sprint(d.Sizes.RolesPerWorkspace), fmt.Sprint(len(roles)))
		for p := range d.Sizes.PagesPerWorkspace {
			page, outcome := in.PageBySlug(ctx, d.WorkspaceSlug(w), d.PageSlug(p))
			r.asked("page "+d.PageSlug(p)+" of workspace "+id, outcome, d.PageID(w, p), page.ID)
		}
		files, outcome := in.Files(ctx, id, d.Sizes.FilesPerWorkspace+1)
		r.asked("files of workspace "+id, outcome, fmt.Sprint(d.Sizes.FilesPerWorkspace), fmt.Sprint(len(files)))
		mine, outcome := in.ListMyWorkspaces(ctx, store.WorkspaceList{UserID: d.UserID(d.Owner(w)), Limit: d.Sizes.Workspaces})
		r.asked("workspaces of the owner of "+id, outcome, id, among(mine, id))
	}
}

// among gives id when it is one of the workspaces.
func among(all []store.Workspace, id string) string {
	for _, workspace := range all {
		if workspace.ID == id {
			return id
		}
	}
	return fmt.Sprintf("%d others", len(all))
}

func (r replay) bindings(ctx context.Context) {
	d := r.collections
	for w := range d.Sizes.Workspaces {
		for a := range d.Sizes.Agents {
			for b := range d.Sizes.Bindings {
				key := d.BindingKey(w, a, b)
				binding, outcome := r.of.Collections.BindingOf(ctx, key)
				r.asked("binding of "+key.ResourceID, outcome, key.PrincipalID, binding.PrincipalID)
			}
		}
		messages, outcome := r.of.Collections.Count(ctx, d.Messages(w), store.Filter{})
		want, got := r.counted(d.MessageCount(w), int(messages), " messages")
		r.asked("messages of "+d.Messages(w).Physical(), outcome, want, got)
	}
}

// writeOn makes the next write of each kind.
func (r replay) writeOn(ctx context.Context) {
	d, now := r.identity, time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	const user, visitor, workspace = "6a0000000000000000000001", "6a0000000000000000000002", "after01"
	email, slug := "after.restore@example.org", "after-restore"
	conversation := r.collections.Conversation(0, 0)
	conversation["conversationId"] = "after-restore"
	binding := r.collections.BindingKey(0, 0, 0)
	binding.PrincipalID = user
	for _, write := range []struct {
		name string
		done func() store.Outcome
	}{
		{"sign up", func() store.Outcome {
			return r.of.Users.SignUp(ctx, store.User{ID: user, Email: &email, Status: "validated", CreatedAt: now, UpdatedAt: now})
		}},
		{"SSO sign-in, which writes the claims back", func() store.Outcome {
			_, outcome := r.of.Users.UpdateSSO(ctx, store.SSOLogin{Provider: dataset.Provider, ProviderID: d.ProviderID(1), Email: d.Email(1), Claims: map[string]any{"name": "Ada"}})
			return outcome
		}},
		{"visitor", func() store.Outcome { return r.of.Users.InsertAnonymous(ctx, visitor, now.AddDate(70, 0, 0)) }},
		{"create a workspace", func() store.Outcome {
			return r.of.Permissions.CreateWorkspace(ctx, store.Workspace{Subject: store.Subject{MongoID: user, ID: workspace, CreatedBy: user, CreatedAt: now, UpdatedAt: now,
				Permissions: map[string]store.Grant{user: {Role: "owner"}}}, Name: "After", Slug: &slug})
		}},
		{"share a restored workspace", func() store.Outcome {
			return r.of.Permissions.Share(ctx, d.WorkspaceID(1), user, store.Grant{Role: "editor"})
		}},
		{"insert into a restored collection", func() store.Outcome {
			_, outcome := r.of.Collections.Create(ctx, r.collections.Conversations(0), conversation)
			return outcome
		}},
		{"add a property to a restored collection", func() store.Outcome {
			schema := r.collections.Schemas(0)[0]
			schema.Properties = append(schema.Properties, store.Property{Name: "afterRestore", Type: store.Text})
			return r.of.Collections.UpdateSchema(ctx, schema)
		}},
		{"bind", func() store.Outcome {
			return r.of.Collections.Bind(ctx, store.Binding{MongoID: user, BindingKey: binding, OrgSlug: d.OrgSlug(0), RoleSlug: "viewer", GrantedBy: user, CreatedAt: now})
		}},
	} {
		outcome := write.done()
		r.saw.Add("writes", 1)
		r.saw.Compare(write.name, store.Committed, outcome)
		switch {
		case outcome.Status == store.Unknown:
			r.saw.Add("unknown", 1)
		case !outcome.OK():
			r.saw.Add("writes_refused", 1)
		default:
			continue
		}
		r.saw.See("%s: %s", write.name, outcome.Detail())
	}
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
