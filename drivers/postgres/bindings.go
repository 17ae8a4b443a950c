package postgres

import (
	"context"

	"tristore/drivers/store"
)

const ofBinding = ` WHERE "workspace_id" = $1 AND "resource_type" = $2 AND "resource_id" = $3 AND "principal_type" = $4 AND "principal_id" = $5`

func keyArgs(key store.BindingKey) []any {
	return []any{key.WorkspaceID, key.ResourceType, key.ResourceID, key.PrincipalType, key.PrincipalID}
}

func bindingOf(s shape) string { return "SELECT " + s.list + " FROM " + quote(s.table) + ofBinding }

// Bind inserts one binding; its tuple is unique.
func (c *Collections) Bind(ctx context.Context, binding store.Binding) store.Outcome {
	values, err := c.bindings.values(binding)
	if err != nil {
		return invalid(err)
	}
	_, outcome := c.exec(ctx, c.bindings.insert, values...)
	return outcome
}

// BindingOf finds one binding by its unique tuple.
func (c *Collections) BindingOf(ctx context.Context, key store.BindingKey) (store.Binding, store.Outcome) {
	var binding store.Binding
	outcome := c.one(ctx, bindingOf(c.bindings), c.bindings.places(&binding), keyArgs(key)...)
	if !outcome.OK() {
		return store.Binding{}, outcome
	}
	return binding, outcome
}

// Unbind removes one binding.
func (c *Collections) Unbind(ctx context.Context, key store.BindingKey) store.Outcome {
	touched, outcome := c.exec(ctx, "DELETE FROM "+quote(store.BindingsTable)+ofBinding, keyArgs(key)...)
	if outcome.OK() && touched == 0 {
		return store.Refuse(store.NotFound, "no binding of %+v", key)
	}
	return outcome
}
