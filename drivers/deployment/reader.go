package deployment

import (
	"context"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// OpenReader opens a reader of whole tables on one store's database, as the application
// role. The caller must Close it before the deployment.
func (d *Deployment) OpenReader(ctx context.Context, name store.Name) (store.Reader, error) {
	target := d.Target(name)
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgres.OpenReader(ctx, target)
	}
	return mongo.OpenReader(ctx, target)
}
