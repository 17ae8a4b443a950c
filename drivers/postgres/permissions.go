package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Permissions is the permissions store. It is safe for concurrent use.
type Permissions struct {
	tables
	sql permissionsSQL
}

// OpenPermissions opens the permissions store on a migrated database.
func OpenPermissions(ctx context.Context, target drivers.Target) (*Permissions, error) {
	on, err := openSession(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("opening permissions: %w", err)
	}
	all := newTables(on, store.Records(store.PermissionsStore)...)
	return &Permissions{all, newPermissionsSQL(all)}, nil
}

// permissionsSQL is the text of every statement of this store.
type permissionsSQL struct {
	byID, page, mine, files string
	ofSubject, byKey        string
	share, unshare          string
	create, upsertRole      string
}

func newPermissionsSQL(t tables) permissionsSQL {
	from := func(record store.Record) string {
		s := t.shapes[record.Table()]
		return "SELECT " + s.list + " FROM " + quote(s.table) + " WHERE "
	}
	role := t.shapes["roles"]
	return permissionsSQL{
		byID: from(store.Workspace{}) + `"id" = $1`,
		page: from(store.Page{}) + `"workspace_slug" = $1 AND "slug" = $2`,
		// One predicate whatever the number of roles, so one prepared statement; its parts
		// are equalities, which the index over the map answers.
		mine:      from(store.Workspace{}) + `"permissions" @@ $1::jsonpath ORDER BY "updated_at" DESC LIMIT $2::bigint`,
		files:     from(store.File{}) + `"workspace_id" = $1 ORDER BY "created_at" DESC LIMIT $2::bigint`,
		ofSubject: from(store.Role{}) + `"subject_type" = $1 AND "subject_id" = $2 AND "type" IN ('casl', 'role') ORDER BY "id"`,
		byKey:     from(store.Role{}) + `"auth" -> 'apiKey' ->> 'value' = $1 AND "type" = 'apiKey' AND NOT "disabled"`,
		// One statement: a second one on the same row waits for the first and then sees its map.
		share:      `UPDATE "workspaces" SET "permissions" = "permissions" || jsonb_build_object($2::text, $3::jsonb), "updated_at" = now() WHERE "id" = $1`,
		unshare:    `UPDATE "workspaces" SET "permissions" = "permissions" - $2::text, "updated_at" = now() WHERE "id" = $1`,
		create:     t.shapes["workspaces"].insert,
		upsertRole: role.insert + ` ON CONFLICT ("id") DO UPDATE SET ` + excluded(role.columns, "_id", "id", "created_by", "created_at"),
	}
}

// excluded sets every column but those named to the value that was to be inserted.
func excluded(columns []string, but ...string) string {
	var sets []string
	for _, column := range columns {
		if !slices.Contains(but, column) {
			sets = append(sets, quote(column)+" = EXCLUDED."+quote(column))
		}
	}
	return strings.Join(sets, ", ")
}

// readAll gets the records of a statement of their type.
func readAll[T store.Record](ctx context.Context, t tables, query string, args ...string) ([]T, store.Outcome) {
	return every[T](ctx, t.session, of[T](t, query), args...)
}

// WorkspaceByID gets one workspace.
func (p *Permissions) WorkspaceByID(ctx context.Context, id string) (store.Workspace, store.Outcome) {
	return read[store.Workspace](ctx, p.tables, p.sql.byID, id)
}

// PageBySlug gets one page.
func (p *Permissions) PageBySlug(ctx context.Context, workspaceSlug, slug string) (store.Page, store.Outcome) {
	return read[store.Page](ctx, p.tables, p.sql.page, workspaceSlug, slug)
}

// listDefault is how many rows a list gives when the caller does not say [C].
const listDefault = 20

// atMost is the limit of a list as it is sent.
func atMost(limit int, what string) (string, store.Outcome) {
	switch {
	case limit < 0:
		return "", store.Refuse(store.Invalid, "a list of %d %s", limit, what)
	case limit == 0:
		limit = listDefault
	}
	return strconv.Itoa(limit), store.Done()
}

// ListMyWorkspaces gives the newest of all workspaces that the caller may read.
func (p *Permissions) ListMyWorkspaces(ctx context.Context, list store.WorkspaceList) ([]store.Workspace, store.Outcome) {
	limit, outcome := atMost(list.Limit, "workspaces")
	if !outcome.OK() {
		return nil, outcome
	}
	return readAll[store.Workspace](ctx, p.tables, p.sql.mine, mayRead(list), limit)
}

// mayRead is a jsonpath predicate over a permission map: the user, everybody or one of
// the roles has the policy read, or the user's entry has one of the roles. Names are
// written as JSON strings, the form jsonpath takes them in.
func mayRead(list store.WorkspaceList) string {
	word := func(text string) string {
		quoted, _ := json.Marshal(text) // a string always encodes
		return string(quoted)
	}
	read := func(principal string) string { return "$." + word(principal) + `."policies"."read" == true` }
	parts := []string{read(store.Everybody)}
	if list.UserID != "" {
		parts = append(parts, read(list.UserID))
	}
	for _, role := range list.Roles {
		parts = append(parts, read(store.RolePrefix+role))
		if list.UserID != "" {
			parts = append(parts, "$."+word(list.UserID)+`."role" == `+word(role))
		}
	}
	return strings.Join(parts, " || ")
}

// Files gives a workspace's newest files.
func (p *Permissions) Files(ctx context.Context, workspaceID string, limit int) ([]store.File, store.Outcome) {
	rows, outcome := atMost(limit, "files")
	if !outcome.OK() {
		return nil, outcome
	}
	return readAll[store.File](ctx, p.tables, p.sql.files, workspaceID, rows)
}

// CustomRoles gives the rules and roles of one subject.
func (p *Permissions) CustomRoles(ctx context.Context, subjectType, subjectID string) ([]store.Role, store.Outcome) {
	return readAll[store.Role](ctx, p.tables, p.sql.ofSubject, subjectType, subjectID)
}

// RoleByAPIKey finds the enabled role that holds the key.
func (p *Permissions) RoleByAPIKey(ctx context.Context, key string) (store.Role, store.Outcome) {
	return read[store.Role](ctx, p.tables, p.sql.byKey, key)
}
