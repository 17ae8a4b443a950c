package postgres

import (
	"context"

	"tristore/drivers/store"
)

// bindingRow lets a binding be laid out like the other records.
type bindingRow struct{ store.Binding }

// Table is where bindings live.
func (bindingRow) Table() string { return store.BindingsTable }

const ofBinding = ` WHERE "workspace_id" = $1 AND "resource_type" = $2 AND "resource_id" = $3 AND "principal_type" = $4 AND "principal_id" = $5`

func keyArgs(key store.BindingKey) []any {
	return []any{key.WorkspaceID, key.ResourceType, key.ResourceID, key.PrincipalType, key.PrincipalID}
}

func bindingOf(s shape) string { return "SELECT " + s.list + " FROM " + quote(s.table) + ofBinding }

// Bind inserts one binding; its tuple is unique.
func (c *Collections) Bind(ctx context.Context, binding store.Binding) store.Outcome {
	values, err := c.bindings.values(bindingRow{binding})
	if err != nil {
		return invalid(err)
	}
	_, outcome := c.exec(ctx, c.bindings.insert, values...)
	return outcome
}

// BindingOf finds one binding by its unique tuple.
func (c *Collections) BindingOf(ctx context.Context, key store.BindingKey) (store.Binding, store.Outcome) {
	var row bindingRow
	outcome := c.one(ctx, bindingOf(c.bindings), c.bindings.places(&row), keyArgs(key)...)
	if !outcome.OK() {
		return store.Binding{}, outcome
	}
	return row.Binding, outcome
}

// Unbind removes one binding.
func (c *Collections) Unbind(ctx context.Context, key store.BindingKey) store.Outcome {
	touched, outcome := c.exec(ctx, "DELETE FROM "+quote(store.BindingsTable)+ofBinding, keyArgs(key)...)
	if outcome.OK() && touched == 0 {
		return store.Refuse(store.NotFound, "no binding of %+v", key)
	}
	return outcome
}
