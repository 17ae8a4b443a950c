package deployment

import (
	"context"
	"slices"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
)

// CopyRows fills the tables of one store's database with the rows of another's: on
// PostgreSQL in the columns that both have.
func CopyRows(ctx context.Context, from, to drivers.Target) (rows int64, err error) {
	if to.Engine.Family() == drivers.FamilyPostgres {
		return postgres.CopyRows(ctx, from, to)
	}
	return mongo.CopyRows(ctx, from, to, func(collection string) bool { return slices.Contains(VersionTables(), collection) })
}

// documents stands for a collection's only column.
const documents = "documents"

// Digests digests the values of each column by table; of a collection, all of its
// documents. Asked are the columns there are, or those of an earlier look. Columns are
// those that there are now.
func Digests(ctx context.Context, target drivers.Target, asked map[string][]string) (columns map[string][]string, sums map[string]map[string]string, err error) {
	if target.Engine.Family() == drivers.FamilyPostgres {
		if columns, err = postgres.Columns(ctx, target); err != nil {
			return nil, nil, err
		}
		if asked == nil {
			asked = columns
		}
		sums, err = postgres.DigestColumns(ctx, target, asked)
		return columns, sums, err
	}
	print, err := mongo.Fingerprint(ctx, target)
	columns, sums = map[string][]string{}, map[string]map[string]string{}
	for name, digest := range print.Tables {
		if !slices.Contains(VersionTables(), name) {
			columns[name], sums[name] = []string{documents}, map[string]string{documents: digest.Hash}
		}
	}
	return columns, sums, err
}
