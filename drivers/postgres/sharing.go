package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"tristore/drivers/store"
)

// Share sets one principal's entry in one statement; entries of others are not read.
func (p *Permissions) Share(ctx context.Context, workspaceID, principal string, grant store.Grant) store.Outcome {
	entry, err := json.Marshal(grant)
	if err != nil {
		return invalid(err)
	}
	return p.change(ctx, p.sql.share, workspaceID, principal, string(entry))
}

// Unshare removes one principal's entry in one statement. A principal that is not there is no error.
func (p *Permissions) Unshare(ctx context.Context, workspaceID, principal string) store.Outcome {
	return p.change(ctx, p.sql.unshare, workspaceID, principal)
}

func (p *Permissions) change(ctx context.Context, change string, args ...any) store.Outcome {
	return retrying(ctx, func() store.Outcome {
		touched, outcome := p.exec(ctx, change, args...)
		if outcome.OK() && touched == 0 {
			return store.Refuse(store.NotFound, "no workspace has id %v", args[0])
		}
		return outcome
	})
}

// CreateWorkspace inserts the workspace and upserts its roles in one transaction, roles
// in the order of their ids so that two at once do not wait for each other in a circle.
func (p *Permissions) CreateWorkspace(ctx context.Context, workspace store.Workspace, roles ...store.Role) store.Outcome {
	values, err := p.shapes[workspace.Table()].values(workspace)
	all := []statement{{p.sql.create, values}}
	inOrder := slices.SortedFunc(slices.Values(roles), func(a, b store.Role) int { return strings.Compare(a.ID, b.ID) })
	for _, role := range inOrder {
		values, wrong := p.shapes[role.Table()].values(role)
		all, err = append(all, statement{p.sql.upsertRole, values}), errors.Join(err, wrong)
	}
	if err != nil {
		return invalid(err)
	}
	return retrying(ctx, func() store.Outcome {
		_, outcome := p.together(ctx, all...)
		return outcome
	})
}

// subjectWorkspaces is how roles name the kind of subject that a workspace is [C].
const subjectWorkspaces = "workspaces"

// DeleteWorkspace removes the workspace and what belongs to it in one transaction.
func (p *Permissions) DeleteWorkspace(ctx context.Context, id string) store.Outcome {
	one := []any{id}
	all := []statement{
		{`DELETE FROM "workspaces" WHERE "id" = $1`, one},
		{`DELETE FROM "roles" WHERE "subject_type" = '` + subjectWorkspaces + `' AND "subject_id" = $1`, one},
		{`DELETE FROM "pages" WHERE "workspace_id" = $1`, one},
		{`DELETE FROM "files" WHERE "workspace_id" = $1`, one},
		{`DELETE FROM "secrets" WHERE "workspace_id" = $1`, one},
	}
	return retrying(ctx, func() store.Outcome {
		touched, outcome := p.together(ctx, all...)
		if outcome.OK() && touched[0] == 0 {
			return store.Refuse(store.NotFound, "no workspace has id %s", id)
		}
		return outcome
	})
}
