package auth

import (
	"context"

	"tristore/drivers/store"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
)

func (w *Workload) getWorkspace(ctx context.Context, r *request) store.Outcome {
	return load.InOrder(w.authenticate(ctx, r), w.readWorkspace(ctx, r), w.v27(w.readRoles(ctx, r)))
}

func (w *Workload) openPage(ctx context.Context, r *request) store.Outcome {
	page := r.chance.Below(w.data.Sizes.PagesPerWorkspace)
	return load.InOrder(w.authenticate(ctx, r), func() store.Outcome {
		found, outcome := w.permissions.PageBySlug(ctx, w.data.WorkspaceSlug(r.workspace), w.data.PageSlug(page))
		return load.Expect(outcome, "page by slug", found.ID, w.data.PageID(r.workspace, page))
	}, w.v27(w.readWorkspace(ctx, r)))
}

func (w *Workload) listFiles(ctx context.Context, r *request) store.Outcome {
	const limit = 20
	return load.InOrder(w.authenticate(ctx, r), w.v27(w.readWorkspace(ctx, r)), func() store.Outcome {
		files, outcome := w.permissions.Files(ctx, w.data.WorkspaceID(r.workspace), limit)
		return load.Expect(outcome, "files listed", len(files), min(limit, w.data.Sizes.FilesPerWorkspace))
	})
}

// workspaceKey asks for no user at all.
func (w *Workload) workspaceKey(ctx context.Context, r *request) store.Outcome {
	return load.InOrder(func() store.Outcome {
		role, outcome := w.permissions.RoleByAPIKey(ctx, w.data.WorkspaceKey(r.workspace))
		return load.Expect(outcome, "role by API key", role.SubjectID, w.data.WorkspaceID(r.workspace))
	}, w.readWorkspace(ctx, r))
}

func (w *Workload) orgKey(ctx context.Context, r *request) store.Outcome {
	org, key := w.data.OrgOf(r.caller), r.chance.Below(w.data.Sizes.KeysPerOrg)
	return load.InOrder(func() store.Outcome {
		found, outcome := w.users.OrgAPIKeyByHash(ctx, w.data.OrgSlug(org), w.data.OrgKeyHash(org, key))
		return load.Expect(outcome, "organisation key", found.OrgSlug, w.data.OrgSlug(org))
	}, w.readWorkspace(ctx, r))
}

func (w *Workload) personalToken(ctx context.Context, r *request) store.Outcome {
	return load.InOrder(func() store.Outcome {
		token, outcome := w.users.AccessTokenByToken(ctx, w.data.Token(r.caller))
		return load.Expect(outcome, "personal token", token.UserID, w.data.UserID(r.caller))
	}, w.authenticate(ctx, r), w.readWorkspace(ctx, r))
}

func (w *Workload) whoAmI(ctx context.Context, r *request) store.Outcome {
	return load.InOrder(w.authenticate(ctx, r))
}

// listMine is the heaviest read of the path, hence its small share.
func (w *Workload) listMine(ctx context.Context, r *request) store.Outcome {
	return load.InOrder(w.authenticate(ctx, r), func() store.Outcome {
		mine, outcome := w.permissions.ListMyWorkspaces(ctx, store.WorkspaceList{UserID: w.data.UserID(r.caller), Roles: []string{dataset.StaffRole}, Limit: 20})
		return load.Expect(outcome, "has workspaces", len(mine) > 0, true)
	})
}

// signIn is the password path: by email, then by id while the session is made.
func (w *Workload) signIn(ctx context.Context, r *request) store.Outcome {
	return load.InOrder(func() store.Outcome {
		user, outcome := w.users.LoginByEmail(ctx, w.data.Email(r.caller))
		return load.Expect(outcome, "user by email", user.ID, w.data.UserID(r.caller))
	}, w.authenticate(ctx, r))
}

// singleSignOn always writes the claims back. A conflict is tried again, as the
// platform's services do, since it says that nothing was written.
func (w *Workload) singleSignOn(ctx context.Context, r *request) store.Outcome {
	login := store.SSOLogin{Provider: dataset.Provider, ProviderID: w.data.ProviderID(r.caller), Email: w.data.Email(r.caller),
		Claims: map[string]any{"id": w.data.ProviderID(r.caller), "email": w.data.Email(r.caller), "visits": float64(r.arrival)}}
	return load.Retried(func() store.Outcome {
		user, outcome := w.users.UpdateSSO(ctx, login)
		return load.Expect(outcome, "user by provider", user.ID, w.data.UserID(r.caller))
	})
}

// visit inserts an anonymous visitor, who then looks at a workspace.
func (w *Workload) visit(ctx context.Context, r *request) store.Outcome {
	return load.InOrder(func() store.Outcome {
		return w.users.InsertAnonymous(ctx, w.data.VisitorID(w.window, r.arrival), w.expires)
	}, w.readWorkspace(ctx, r))
}

// share lets one of a few guests read the workspace, so that maps do not grow for ever.
func (w *Workload) share(ctx context.Context, r *request) store.Outcome {
	guest := w.data.GuestID(r.chance.Below(guests))
	return load.InOrder(w.authenticate(ctx, r), w.readWorkspace(ctx, r), func() store.Outcome {
		return load.Retried(func() store.Outcome {
			return w.permissions.Share(ctx, w.data.WorkspaceID(r.workspace), guest, store.Grant{Policies: map[string]bool{"read": true}})
		})
	})
}

const guests = 30

// authenticate is what precedes a request with a session: the caller, and in v27 the
// caller's place in the organisation.
func (w *Workload) authenticate(ctx context.Context, r *request) func() store.Outcome {
	return func() store.Outcome {
		user, outcome := w.users.LoadCaller(ctx, w.data.UserID(r.caller))
		if outcome = load.Expect(outcome, "caller", user.ID, w.data.UserID(r.caller)); !outcome.OK() || w.profile != V27 {
			return outcome
		}
		org, outcome := w.users.OrgContext(ctx, w.data.OrgSlug(w.data.OrgOf(r.caller)), w.data.UserID(r.caller))
		return load.Expect(outcome, "role in the organisation", org.Role.Slug, w.data.OrgRoleOf(r.caller))
	}
}

func (w *Workload) readWorkspace(ctx context.Context, r *request) func() store.Outcome {
	return func() store.Outcome {
		workspace, outcome := w.permissions.WorkspaceByID(ctx, w.data.WorkspaceID(r.workspace))
		return load.Expect(outcome, "workspace", workspace.ID, w.data.WorkspaceID(r.workspace))
	}
}

func (w *Workload) readRoles(ctx context.Context, r *request) func() store.Outcome {
	return func() store.Outcome {
		roles, outcome := w.permissions.CustomRoles(ctx, dataset.SubjectWorkspaces, w.data.WorkspaceID(r.workspace))
		return load.Expect(outcome, "custom roles", len(roles), w.data.Sizes.RolesPerWorkspace)
	}
}

// v27 leaves an operation out of the older profile.
func (w *Workload) v27(operation func() store.Outcome) func() store.Outcome {
	if w.profile == V27 {
		return operation
	}
	return store.Done
}
