package mongo

import (
	"context"
	"fmt"
	"slices"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
)

// copyAtOnce is how many documents one insert holds.
const copyAtOnce = 500

// CopyRows inserts the documents of one database into another's collections of the same
// names, those named aside left out.
func CopyRows(ctx context.Context, from, to drivers.Target, aside func(collection string) bool) (rows int64, err error) {
	reading, err := openSession(ctx, from)
	if err != nil {
		return 0, err
	}
	defer func() { _ = reading.Close(context.WithoutCancel(ctx)) }() // only read
	writing, err := openSession(ctx, to)
	if err != nil {
		return 0, err
	}
	defer func() { _ = writing.Close(context.WithoutCancel(ctx)) }() // everything is acknowledged by then
	names, err := reading.collectionNames(ctx)
	for _, name := range names {
		if err != nil || aside(name) {
			continue
		}
		var copied int64
		copied, err = copyDocuments(ctx, reading.in.Collection(name), writing.in.Collection(name))
		rows += copied
	}
	if err != nil {
		return rows, fmt.Errorf("copying documents: %w", err)
	}
	return rows, nil
}

func copyDocuments(ctx context.Context, from, to *driver.Collection) (rows int64, err error) {
	cursor, err := from.Find(ctx, struct{}{}, options.Find())
	if err != nil {
		return 0, err
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }() // only read
	var batch []any
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		_, err := to.InsertMany(ctx, batch)
		rows += int64(len(batch))
		batch = nil
		return err
	}
	for cursor.Next(ctx) {
		batch = append(batch, slices.Clone(cursor.Current))
		if len(batch) == copyAtOnce {
			if err := flush(); err != nil {
				return rows, err
			}
		}
	}
	if err := cursor.Err(); err != nil {
		return rows, err
	}
	return rows, flush()
}
