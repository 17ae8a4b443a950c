package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
	"tristore/drivers/store"
)

// ours are the schemas that people use: not the server's own, and not those of extensions.
const ours = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_toast%' AND n.nspname NOT LIKE 'pg\_temp%'`

// shown is a relation's name as we print it: its schema is left out when it is public.
const shown = `CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || `

// Indexes lists every index of the target's database, primary keys too. An expression is
// as the server prints it; one that is not ready or not valid is not Valid.
func Indexes(ctx context.Context, target drivers.Target) (all []store.IndexInfo, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	rows, err := connection.Query(ctx, `SELECT `+shown+`t.relname, c.relname,
			(SELECT array_agg(pg_get_indexdef(i.indexrelid, k, true) ORDER BY k) FROM generate_series(1, i.indnkeyatts) k),
			i.indisunique, i.indisvalid AND i.indisready AND i.indislive
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
		WHERE `+ours+` ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("listing the indexes of %s: %w", target.URL.Database(), err)
	}
	all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (one store.IndexInfo, err error) {
		err = row.Scan(&one.Table, &one.Name, &one.Fields, &one.Unique, &one.Valid)
		return one, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the indexes of %s: %w", target.URL.Database(), err)
	}
	return all, nil
}

// ExpectedIndexes are those that the platform's code and documents promise, in the
// words of Indexes. Marks: C seen in code, D documented, I needed by a request path or by
// what the store contract calls unique.
//
// Two of the code's single indexes, pages by workspaceSlug and files by workspaceId, are
// not here: the first columns of wider ones serve them on this engine.
func ExpectedIndexes(name store.Name) []store.ExpectedIndex {
	plain := func(table, source string, fields ...string) store.ExpectedIndex {
		return store.ExpectedIndex{Table: table, Fields: fields, Source: source}
	}
	unique := func(table, source string, fields ...string) store.ExpectedIndex {
		return store.ExpectedIndex{Table: table, Fields: fields, Unique: true, Source: source}
	}
	const textOfName = "to_tsvector('simple'::regconfig, name)"
	switch name {
	case store.UsersStore:
		return []store.ExpectedIndex{
			unique("Users", "C", "_id"), plain("Users", "C", "lower(email)"), plain("Users", "C", "((auth_data -> 'azure'::text) ->> 'id'::text)"),
			plain("Users", "C", "expires_at"), plain("AccessTokens", "C", "token"), plain("AccessTokens", "C", "user_id"),
			unique("Organizations", "D", "slug"), unique("OrgMemberships", "I", "org_slug", "user_id"), unique("OrgRoles", "I", "org_slug", "slug"),
			plain("OrgGroupMembers", "I", "org_slug", "user_id"), unique("OrgApiKeys", "I", "org_slug", "hash"), plain("OrgApiKeys", "D", "owner_type", "owner_id"),
		}
	case store.PermissionsStore:
		return []store.ExpectedIndex{
			unique("workspaces", "C", "id"), unique("workspaces", "C", "slug"), plain("workspaces", "C", textOfName),
			plain("workspaces", "D", "created_at"), plain("workspaces", "D", "updated_at"), plain("workspaces", "I", "permissions"),
			unique("pages", "C", "id"), unique("pages", "C", "workspace_slug", "slug"), plain("pages", "C", "workspace_id"),
			unique("files", "C", "id"), plain("files", "I", "workspace_id", "created_at"), plain("files", "C", textOfName),
			unique("secrets", "C", "id"), plain("secrets", "C", "workspace_id"), plain("secrets", "C", textOfName),
			unique("roles", "C", "id"), unique("roles", "C", "((auth -> 'apiKey'::text) ->> 'value'::text)"), plain("roles", "C", "name"),
			plain("roles", "I", "subject_type", "subject_id"),
		}
	case store.CollectionsStore:
		return []store.ExpectedIndex{
			unique("product_bindings", "D", "workspace_id", "resource_type", "resource_id", "principal_type", "principal_id"),
			plain("product_bindings", "I", "principal_type", "principal_id"), unique("collection_schemas", "I", "namespace", "name"),
		}
	}
	return nil
}

// DropIndex drops one index by its name.
func DropIndex(ctx context.Context, target drivers.Target, name string) error {
	if err := Exec(ctx, target, "DROP INDEX "+quote(name)); err != nil {
		return fmt.Errorf("dropping index %s: %w", name, err)
	}
	return nil
}
