package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Permissions is the permissions store. It is safe for concurrent use.
type Permissions struct{ records }

// OpenPermissions opens the permissions store on a migrated database.
func OpenPermissions(ctx context.Context, target drivers.Target) (*Permissions, error) {
	s, err := openSession(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("opening permissions: %w", err)
	}
	return &Permissions{newRecords(s, store.Workspace{}, store.Page{}, store.File{}, store.AppSecret{}, store.Role{})}, nil
}

// WorkspaceByID gets one workspace.
func (p *Permissions) WorkspaceByID(ctx context.Context, id string) (store.Workspace, store.Outcome) {
	return read[store.Workspace](ctx, p.records, equal("id", id))
}

// PageBySlug gets one page.
func (p *Permissions) PageBySlug(ctx context.Context, workspaceSlug, slug string) (store.Page, store.Outcome) {
	return read[store.Page](ctx, p.records, equal("workspaceSlug", workspaceSlug, "slug", slug))
}

// ListMyWorkspaces gives the newest of all workspaces that the caller may read.
func (p *Permissions) ListMyWorkspaces(ctx context.Context, list store.WorkspaceList) ([]store.Workspace, store.Outcome) {
	limit, outcome := limited(list.Limit)
	if !outcome.OK() {
		return nil, outcome
	}
	filter, err := mayRead(list)
	if err != nil {
		return nil, invalid(err)
	}
	return readAll[store.Workspace](ctx, p.records, filter, options.Find().SetSort(equal("updatedAt", -1)).SetLimit(limit))
}

// mayRead finds the maps in which the user, everybody or one of the roles has the policy
// read, or in which the user's entry has one of the roles.
func mayRead(list store.WorkspaceList) (bson.D, error) {
	readers, any := []string{store.Everybody}, bson.A{}
	if list.UserID != "" {
		readers = append(readers, list.UserID)
	}
	for _, role := range list.Roles {
		readers = append(readers, store.RolePrefix+role)
	}
	for _, principal := range readers {
		if err := checkKey("principal", principal); err != nil {
			return nil, err
		}
		any = append(any, equal("permissions."+principal+".policies.read", true))
	}
	if list.UserID != "" && len(list.Roles) > 0 {
		any = append(any, equal("permissions."+list.UserID+".role", equal("$in", list.Roles)))
	}
	return equal("$or", any), nil
}

// Files gives a workspace's newest files.
func (p *Permissions) Files(ctx context.Context, workspaceID string, limit int) ([]store.File, store.Outcome) {
	most, outcome := limited(limit)
	if !outcome.OK() {
		return nil, outcome
	}
	return readAll[store.File](ctx, p.records, equal("workspaceId", workspaceID), options.Find().SetSort(equal("createdAt", -1)).SetLimit(most))
}

func limited(limit int) (int64, store.Outcome) {
	switch {
	case limit < 0:
		return 0, store.Refuse(store.Invalid, "a list of %d rows", limit)
	case limit == 0:
		return listDefault, store.Done()
	}
	return int64(limit), store.Done()
}

// CustomRoles gives the rules and roles of one subject.
func (p *Permissions) CustomRoles(ctx context.Context, subjectType, subjectID string) ([]store.Role, store.Outcome) {
	return readAll[store.Role](ctx, p.records, ofSubject(subjectType, subjectID), options.Find().SetSort(equal("id", 1)))
}

func ofSubject(subjectType, subjectID string) bson.D {
	return equal("subjectType", subjectType, "subjectId", subjectID, "type", equal("$in", bson.A{"casl", "role"}))
}

// RoleByAPIKey finds the enabled role that holds the key.
func (p *Permissions) RoleByAPIKey(ctx context.Context, key string) (store.Role, store.Outcome) {
	return read[store.Role](ctx, p.records, equal("auth.apiKey.value", key, "type", "apiKey", "disabled", false))
}

// Share sets one principal's entry in one update of one document; entries of others are
// not touched. A principal that cannot be a field of a document is Invalid.
func (p *Permissions) Share(ctx context.Context, workspaceID, principal string, grant store.Grant) store.Outcome {
	return p.change(ctx, workspaceID, principal, func(entry string) bson.D {
		return equal("$set", equal(entry, grant, "updatedAt", time.Now()))
	})
}

// Unshare removes one principal's entry in one update. A principal that is not there is no error.
func (p *Permissions) Unshare(ctx context.Context, workspaceID, principal string) store.Outcome {
	return p.change(ctx, workspaceID, principal, func(entry string) bson.D {
		return equal("$unset", equal(entry, ""), "$set", equal("updatedAt", time.Now()))
	})
}

func (p *Permissions) change(ctx context.Context, workspaceID, principal string, update func(entry string) bson.D) store.Outcome {
	if err := checkKey("principal", principal); err != nil {
		return invalid(err)
	}
	return retrying(ctx, func() store.Outcome {
		return p.do(ctx, func(ctx context.Context) error {
			result, err := p.in.Collection(store.Workspace{}.Table()).UpdateOne(ctx, equal("id", workspaceID), update("permissions."+principal))
			if err == nil && result.MatchedCount == 0 {
				return &refusedHere{store.Refuse(store.NotFound, "no workspace has id %s", workspaceID)}
			}
			return err
		})
	})
}

// CreateWorkspace inserts the workspace and upserts its roles, in one transaction where
// the server has them. Elsewhere the workspace comes first, since it decides who won its
// id and slug, and is removed again when a role is refused; roles that were already
// there are then left as they were written. A crash in between leaves a workspace
// without some of its roles: it lets nobody in who should not be.
func (p *Permissions) CreateWorkspace(ctx context.Context, workspace store.Workspace, roles ...store.Role) store.Outcome {
	if len(roles) == 0 {
		return p.Insert(ctx, workspace)
	}
	if p.transactions {
		return p.transaction(ctx, func(ctx context.Context) error {
			if _, err := p.in.Collection(workspace.Table()).InsertOne(ctx, stored(workspace)); err != nil {
				return err
			}
			_, err := p.upsertRoles(ctx, roles)
			return err
		})
	}
	if outcome := p.Insert(ctx, workspace); !outcome.OK() {
		return outcome
	}
	var made bson.A
	outcome := p.do(ctx, func(ctx context.Context) (err error) {
		made, err = p.upsertRoles(ctx, roles)
		return err
	})
	if outcome.OK() || outcome.Status == store.Unknown {
		return outcome
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeBackMax)
	defer cancel()
	_, noRoles := p.in.Collection(store.Role{}.Table()).DeleteMany(bounded, equal("_id", equal("$in", made)))
	_, noWorkspace := p.in.Collection(workspace.Table()).DeleteOne(bounded, equal("_id", workspace.MongoID))
	if err := errors.Join(noRoles, noWorkspace); err != nil {
		return store.Outcome{Code: outcome.Code, Err: errors.Join(outcome.Err, err)}
	}
	return outcome
}

// upsertRoles writes roles by their id and gives the _ids of those that were not there.
func (p *Permissions) upsertRoles(ctx context.Context, roles []store.Role) (made bson.A, err error) {
	made = bson.A{}
	for _, role := range roles {
		whole, err := bson.Marshal(stored(role))
		if err != nil {
			return made, err
		}
		var fields, always, onlyNew bson.D
		if err := bson.Unmarshal(whole, &fields); err != nil {
			return made, err
		}
		for _, field := range fields {
			switch field.Key {
			case "id": // comes from the filter
			case "_id", "createdBy", "createdAt":
				onlyNew = append(onlyNew, field)
			default:
				always = append(always, field)
			}
		}
		result, err := p.in.Collection(role.Table()).UpdateOne(ctx, equal("id", role.ID), equal("$set", always, "$setOnInsert", onlyNew), options.UpdateOne().SetUpsert(true))
		if err != nil {
			return made, err
		}
		if result.UpsertedCount > 0 {
			made = append(made, role.MongoID)
		}
	}
	return made, nil
}

// subjectWorkspaces is how roles name the kind of subject that a workspace is [C].
const subjectWorkspaces = "workspaces"

// DeleteWorkspace removes the workspace and what belongs to it, in one transaction where
// the server has them. Elsewhere the workspace goes last, so that a deletion that was
// cut short is finished by calling it again.
func (p *Permissions) DeleteWorkspace(ctx context.Context, id string) store.Outcome {
	remove := func(ctx context.Context) error {
		for table, filter := range map[string]bson.D{
			store.Role{}.Table(): equal("subjectType", subjectWorkspaces, "subjectId", id), store.Page{}.Table(): equal("workspaceId", id),
			store.File{}.Table(): equal("workspaceId", id), store.AppSecret{}.Table(): equal("workspaceId", id),
		} {
			if _, err := p.in.Collection(table).DeleteMany(ctx, filter); err != nil {
				return err
			}
		}
		result, err := p.in.Collection(store.Workspace{}.Table()).DeleteOne(ctx, equal("id", id))
		if err == nil && result.DeletedCount == 0 {
			return &refusedHere{store.Refuse(store.NotFound, "no workspace has id %s", id)}
		}
		return err
	}
	if p.transactions {
		return p.transaction(ctx, remove)
	}
	return partly(p.do(ctx, remove))
}
