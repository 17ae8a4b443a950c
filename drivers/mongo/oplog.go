package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"tristore/drivers"
)

// Oplog asks a server whether it keeps the log that a recovery to a point in time would
// replay, and returns what it said: the replica set that it says it belongs to, and the
// collections of database local that are called as an oplog is.
func Oplog(ctx context.Context, target drivers.Target) (there bool, said string, err error) {
	client, err := dial(target, nil)
	if err != nil {
		return false, "", err
	}
	defer func() { err = errors.Join(err, client.Disconnect(context.WithoutCancel(ctx))) }()
	var hello struct {
		SetName string `bson:"setName"`
	}
	if err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		return false, "", fmt.Errorf("asking %s for its replica set: %w", target.URL.HostPort(), err)
	}
	names, err := client.Database("local").ListCollectionNames(ctx, bson.D{{Key: "name", Value: bson.D{{Key: "$in", Value: bson.A{"oplog.rs", "oplog.$main"}}}}})
	if err != nil {
		return false, "", fmt.Errorf("asking %s for its oplog: %w", target.URL.HostPort(), err)
	}
	return len(names) > 0, fmt.Sprintf("hello names replica set %q, and database local holds %v of oplog.rs and oplog.$main", hello.SetName, names), nil
}
