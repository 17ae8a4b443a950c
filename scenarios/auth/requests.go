package auth

import (
	"context"

	"tristore/drivers/store"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
)

func (w *Workload) getWorkspace(r *request) []operation {
	return w.authenticated(r, w.readWorkspace(r), w.v27(w.readRoles(r)))
}

// openPage reads the workspace of the page, so that it waits for the page.
func (w *Workload) openPage(r *request) []operation {
	page := r.chance.Below(w.data.Sizes.PagesPerWorkspace)
	return w.authenticated(r, inTurn(ofPermissions, func(ctx context.Context) store.Outcome {
		found, outcome := w.permissions.PageBySlug(ctx, w.data.WorkspaceSlug(r.workspace), w.data.PageSlug(page))
		return load.Expect(outcome, "page by slug", found.ID, w.data.PageID(r.workspace, page))
	}), w.v27(w.readWorkspace(r)))
}

func (w *Workload) listFiles(r *request) []operation {
	const limit = 20
	files := &store.FilesRead{WorkspaceID: w.data.WorkspaceID(r.workspace), Limit: limit}
	return w.authenticated(r, w.v27(w.readWorkspace(r)), operation{read: files, check: func(outcome store.Outcome) store.Outcome {
		return load.Expect(outcome, "files listed", len(files.Found), min(limit, w.data.Sizes.FilesPerWorkspace))
	}})
}

// workspaceKey asks for no user at all; the role of the key names the workspace.
func (w *Workload) workspaceKey(r *request) []operation {
	return []operation{inTurn(ofPermissions, func(ctx context.Context) store.Outcome {
		role, outcome := w.permissions.RoleByAPIKey(ctx, w.data.WorkspaceKey(r.workspace))
		return load.Expect(outcome, "role by API key", role.SubjectID, w.data.WorkspaceID(r.workspace))
	}), w.readWorkspace(r)}
}

func (w *Workload) orgKey(r *request) []operation {
	org, key := w.data.OrgOf(r.caller), r.chance.Below(w.data.Sizes.KeysPerOrg)
	return []operation{inTurn(ofUsers, func(ctx context.Context) store.Outcome {
		found, outcome := w.users.OrgAPIKeyByHash(ctx, w.data.OrgSlug(org), w.data.OrgKeyHash(org, key))
		return load.Expect(outcome, "organisation key", found.OrgSlug, w.data.OrgSlug(org))
	}), w.readWorkspace(r)}
}

// personalToken learns from the token who the caller is.
func (w *Workload) personalToken(r *request) []operation {
	token := inTurn(ofUsers, func(ctx context.Context) store.Outcome {
		token, outcome := w.users.AccessTokenByToken(ctx, w.data.Token(r.caller))
		return load.Expect(outcome, "personal token", token.UserID, w.data.UserID(r.caller))
	})
	return append([]operation{token}, w.authenticated(r, w.readWorkspace(r))...)
}

func (w *Workload) whoAmI(r *request) []operation {
	return w.authenticated(r)
}

// listMine is the heaviest read of the path, hence its small share.
func (w *Workload) listMine(r *request) []operation {
	return w.authenticated(r, inTurn(ofPermissions, func(ctx context.Context) store.Outcome {
		mine, outcome := w.permissions.ListMyWorkspaces(ctx, store.WorkspaceList{UserID: w.data.UserID(r.caller), Roles: []string{dataset.StaffRole}, Limit: 20})
		return load.Expect(outcome, "has workspaces", len(mine) > 0, true)
	}))
}

// signIn is the password path: by email, then by id while the session is made.
func (w *Workload) signIn(r *request) []operation {
	byEmail := inTurn(ofUsers, func(ctx context.Context) store.Outcome {
		user, outcome := w.users.LoginByEmail(ctx, w.data.Email(r.caller))
		return load.Expect(outcome, "user by email", user.ID, w.data.UserID(r.caller))
	})
	return append([]operation{byEmail}, w.authenticated(r)...)
}

// singleSignOn always writes the claims back. A conflict is tried again, as the
// platform's services do, since it says that nothing was written.
func (w *Workload) singleSignOn(r *request) []operation {
	login := store.SSOLogin{Provider: dataset.Provider, ProviderID: w.data.ProviderID(r.caller), Email: w.data.Email(r.caller),
		Claims: map[string]any{"id": w.data.ProviderID(r.caller), "email": w.data.Email(r.caller), "visits": float64(r.arrival)}}
	return []operation{inTurn(ofUsers, func(ctx context.Context) store.Outcome {
		return load.Retried(func() store.Outcome {
			user, outcome := w.users.UpdateSSO(ctx, login)
			return load.Expect(outcome, "user by provider", user.ID, w.data.UserID(r.caller))
		})
	})}
}

// visit inserts an anonymous visitor, who then looks at a workspace.
func (w *Workload) visit(r *request) []operation {
	return []operation{inTurn(ofUsers, func(ctx context.Context) store.Outcome {
		return w.users.InsertAnonymous(ctx, w.data.VisitorID(w.window, r.arrival), w.expires)
	}), w.readWorkspace(r)}
}

// share lets one of a few guests read the workspace, so that maps do not grow for ever.
func (w *Workload) share(r *request) []operation {
	guest := w.data.GuestID(r.chance.Below(guests))
	return w.authenticated(r, w.readWorkspace(r), inTurn(ofPermissions, func(ctx context.Context) store.Outcome {
		return load.Retried(func() store.Outcome {
			return w.permissions.Share(ctx, w.data.WorkspaceID(r.workspace), guest, store.Grant{Policies: map[string]bool{"read": true}})
		})
	}))
}

const guests = 30

// authenticated is what precedes a request with a session: the caller, and in v27 the
// caller's place in the organisation. The rest of the request follows.
func (w *Workload) authenticated(r *request, rest ...operation) []operation {
	caller := &store.LoadCallerRead{UserID: w.data.UserID(r.caller)}
	all := append(make([]operation, 0, 2+len(rest)), operation{read: caller, check: func(outcome store.Outcome) store.Outcome {
		return load.Expect(outcome, "caller", caller.Found.ID, caller.UserID)
	}})
	if w.profile == V27 {
		org := &store.OrgContextRead{OrgSlug: w.data.OrgSlug(w.data.OrgOf(r.caller)), UserID: caller.UserID}
		all = append(all, operation{read: org, check: func(outcome store.Outcome) store.Outcome {
			return load.Expect(outcome, "role in the organisation", org.Found.Role.Slug, w.data.OrgRoleOf(r.caller))
		}})
	}
	return append(all, rest...)
}

func (w *Workload) readWorkspace(r *request) operation {
	workspace := &store.WorkspaceByIDRead{ID: w.data.WorkspaceID(r.workspace)}
	return operation{read: workspace, check: func(outcome store.Outcome) store.Outcome {
		return load.Expect(outcome, "workspace", workspace.Found.ID, workspace.ID)
	}}
}

func (w *Workload) readRoles(r *request) operation {
	roles := &store.CustomRolesRead{SubjectType: dataset.SubjectWorkspaces, SubjectID: w.data.WorkspaceID(r.workspace)}
	return operation{read: roles, check: func(outcome store.Outcome) store.Outcome {
		return load.Expect(outcome, "custom roles", len(roles.Found), w.data.Sizes.RolesPerWorkspace)
	}}
}

// v27 leaves an operation out of the older profile.
func (w *Workload) v27(one operation) operation {
	if w.profile == V27 {
		return one
	}
	return inTurn(ofNone, func(context.Context) store.Outcome { return store.Done() })
}
