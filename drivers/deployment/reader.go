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
	return OpenReader(ctx, d.Target(name))
}

// OpenReader opens a reader of whole tables on a database of either family.
func OpenReader(ctx context.Context, target drivers.Target) (store.Reader, error) {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgres.OpenReader(ctx, target)
	}
	return mongo.OpenReader(ctx, target)
}

// OpenSurvey opens a survey of one store's database, as the application role. The caller
// must Close it before the deployment.
func (d *Deployment) OpenSurvey(ctx context.Context, name store.Name) (store.Survey, error) {
	target := d.Target(name)
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgres.OpenReader(ctx, target)
	}
	return mongo.OpenReader(ctx, target)
}

// ColumnName is what a field of the contract is called in PostgreSQL: snake_case.
func ColumnName(field string) string { return postgres.ColumnName(field) }
