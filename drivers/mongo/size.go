package mongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"tristore/drivers"
)

// Size is how many bytes the documents and indexes of the target's database take, as the server says.
func Size(ctx context.Context, target drivers.Target) (size int64, err error) {
	err = oneClient(ctx, target, func(in *driver.Database) error {
		var said struct {
			Storage float64 `bson:"storageSize"`
			Indexes float64 `bson:"indexSize"`
		}
		if err := in.RunCommand(ctx, bson.D{{Key: "dbStats", Value: 1}}).Decode(&said); err != nil {
			return fmt.Errorf("asking for the size of %s: %w", in.Name(), err)
		}
		size = int64(said.Storage + said.Indexes)
		return nil
	})
	return size, err
}
