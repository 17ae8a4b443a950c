package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"tristore/drivers/store"
)

// Bind writes one binding; its tuple is unique by an index of the server.
func (c *Collections) Bind(ctx context.Context, binding store.Binding) store.Outcome {
	if binding.MongoID == "" {
		binding.MongoID = newID()
	}
	return c.insertOne(ctx, c.in.Collection(store.BindingsTable), binding)
}

// BindingOf finds one binding by its unique tuple.
func (c *Collections) BindingOf(ctx context.Context, key store.BindingKey) (found store.Binding, outcome store.Outcome) {
	outcome = c.do(ctx, func(ctx context.Context) error {
		return c.in.Collection(store.BindingsTable).FindOne(ctx, tuple(key)).Decode(&found)
	})
	return found, outcome
}

// Unbind removes one binding.
func (c *Collections) Unbind(ctx context.Context, key store.BindingKey) store.Outcome {
	return c.do(ctx, func(ctx context.Context) error {
		result, err := c.in.Collection(store.BindingsTable).DeleteOne(ctx, tuple(key))
		if err == nil && result.DeletedCount == 0 {
			return &refusedHere{store.Refuse(store.NotFound, "no such binding")}
		}
		return err
	})
}

func tuple(key store.BindingKey) bson.D {
	return equal("workspaceId", key.WorkspaceID, "resourceType", key.ResourceType, "resourceId", key.ResourceID,
		"principalType", key.PrincipalType, "principalId", key.PrincipalID)
}
