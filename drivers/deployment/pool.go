package deployment

import (
	"context"
	"maps"

	"tristore/drivers/store"
)

// WithPool opens one store of a deployment a second time, over at most so many
// connections; the other two are the deployment's own. Close what it returns before the
// deployment: that closes this pool and drops nothing.
func (d *Deployment) WithPool(ctx context.Context, name store.Name, most int) (*Deployment, error) {
	view := &Deployment{Engine: d.Engine, Users: d.Users, Permissions: d.Permissions, Collections: d.Collections, places: maps.Clone(d.places)}
	at := view.places[name]
	at.target.PoolMax = most
	view.places[name] = at
	if err := openInto(ctx, view, name, at.target); err != nil {
		return nil, err
	}
	return view, nil
}
