package backup

import (
	"context"
	"fmt"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/scenarios/dataset"
)

// sampled is how many restored rows are read through the store.
const sampled = 50

// First asks the opened stores for one restored row of one database; asked is false where
// there is none to ask for. For PostgreSQL.
func (r *Restored) First(ctx context.Context, opened *deployment.Deployment, blank *deployment.Blank) (asked bool, outcome store.Outcome, err error) {
	ids, err := postgres.Sample(ctx, blank.Admin, sampleOf(blank.Store), 1)
	if err != nil || len(ids) == 0 {
		return false, store.Done(), err
	}
	_, outcome = replay{of: opened}.one(ctx, blank.Store, ids[0])
	return true, outcome, ctx.Err()
}

// Sample asks the opened stores for some restored rows of one database whose content
// nobody knows, and makes the next write there. For PostgreSQL.
func (r *Restored) Sample(ctx context.Context, opened *deployment.Deployment, blank *deployment.Blank) error {
	ask := replay{of: opened, saw: r.Saw}
	ids, err := postgres.Sample(ctx, blank.Admin, sampleOf(blank.Store), sampled)
	if err != nil {
		return err
	}
	for _, id := range ids {
		got, outcome := ask.one(ctx, blank.Store, id)
		ask.asked(string(blank.Store)+" "+id, outcome, id, got)
	}
	outcome := ask.next(ctx, blank.Store)
	r.Saw.Add("writes", 1)
	switch {
	case outcome.Status == store.Unknown:
		r.Saw.Add("unknown", 1)
	case !outcome.OK():
		r.Saw.Add("writes_refused", 1)
		r.Saw.See("the next write to %s: %s", blank.Store, outcome.Detail())
	}
	return ctx.Err()
}

// sampleOf is a table and the column that its rows are asked for by.
func sampleOf(name store.Name) postgres.Sampled {
	switch name {
	case store.UsersStore:
		return postgres.Sampled{Table: store.User{}.Table(), Column: "_id", Living: true}
	case store.PermissionsStore:
		return postgres.Sampled{Table: store.Workspace{}.Table(), Column: "id"}
	default:
		return postgres.Sampled{Table: deployment.DeclaredTable, Column: "namespace"}
	}
}

// one reads one restored row through the contract.
func (r replay) one(ctx context.Context, name store.Name, id string) (got string, outcome store.Outcome) {
	switch name {
	case store.UsersStore:
		user, outcome := r.of.Users.LoadCaller(ctx, id)
		return user.ID, outcome
	case store.PermissionsStore:
		workspace, outcome := r.of.Permissions.WorkspaceByID(ctx, id)
		return workspace.ID, outcome
	default:
		collections, outcome := r.of.Collections.ListCollections(ctx, id)
		if outcome.OK() && len(collections) > 0 {
			_, outcome = r.of.Collections.Count(ctx, store.Collection{Namespace: id, Name: collections[0]}, store.Filter{})
			return id, outcome
		}
		return fmt.Sprintf("%d collections", len(collections)), outcome
	}
}

// next makes one write that nobody made before.
func (r replay) next(ctx context.Context, name store.Name) store.Outcome {
	now := time.Now().UTC().Truncate(time.Millisecond)
	id := dataset.Identity{Seed: uint64(now.UnixNano())}.UserID(0)
	switch name {
	case store.UsersStore:
		return r.of.Users.SignUp(ctx, store.User{ID: id, Status: "validated", CreatedAt: now, UpdatedAt: now})
	case store.PermissionsStore:
		return r.of.Permissions.CreateWorkspace(ctx, store.Workspace{Subject: store.Subject{MongoID: id, ID: id[17:], CreatedBy: id, CreatedAt: now, UpdatedAt: now,
			Permissions: map[string]store.Grant{id: {Role: "owner"}}}, Name: "After a restore"})
	default:
		return r.of.Collections.Bind(ctx, store.Binding{MongoID: id, BindingKey: store.BindingKey{WorkspaceID: id[17:], ResourceType: "agent", ResourceID: id, PrincipalType: "user", PrincipalID: id},
			RoleSlug: "viewer", GrantedBy: id, CreatedAt: now})
	}
}
