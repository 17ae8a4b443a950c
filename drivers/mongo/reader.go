package mongo

import (
	"context"
	"fmt"
	"reflect"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Reader reads whole collections of one database. It is safe for concurrent use.
type Reader struct{ session }

// OpenReader opens a reader on a migrated database.
func OpenReader(ctx context.Context, target drivers.Target) (*Reader, error) {
	s, err := openSession(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("opening a reader: %w", err)
	}
	return &Reader{s}, nil
}

// Tables names the collections that hold rows, sorted.
func (r *Reader) Tables(ctx context.Context) (names []string, outcome store.Outcome) {
	outcome = r.do(ctx, func(ctx context.Context) (err error) {
		names, err = r.collectionNames(ctx)
		return err
	})
	return names, outcome
}

// EachID streams the _ids of one collection.
func (r *Reader) EachID(ctx context.Context, table string, see func(id string)) store.Outcome {
	only := options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}})
	return r.stream(ctx, table, only, func(row *driver.Cursor) error {
		value := row.Current.Lookup("_id")
		if text, is := value.StringValueOK(); is {
			see(text)
		} else {
			see(value.String()) // nothing of ours; its text names it
		}
		return nil
	})
}

// EachRecord streams the documents of the collection of like.
func (r *Reader) EachRecord(ctx context.Context, like store.Record, see func(store.Record)) store.Outcome {
	kind := reflect.TypeOf(like)
	return r.stream(ctx, like.Table(), options.Find(), func(row *driver.Cursor) error {
		fresh := reflect.New(kind)
		if err := row.Decode(fresh.Interface()); err != nil {
			return err
		}
		see(fresh.Elem().Interface().(store.Record))
		return nil
	})
}

// EachDocument streams the documents of a declared collection. They hold their own
// types, so that the declaration is only asked for its name.
func (r *Reader) EachDocument(ctx context.Context, schema store.Schema, see func(store.Document)) store.Outcome {
	return r.stream(ctx, schema.Collection.Physical(), options.Find(), func(row *driver.Cursor) error {
		document := store.Document{}
		if err := row.Decode(&document); err != nil {
			return err
		}
		see(document)
		return nil
	})
}

// stream calls see for every document, a batch in memory at a time.
func (r *Reader) stream(ctx context.Context, table string, how *options.FindOptionsBuilder, see func(*driver.Cursor) error) store.Outcome {
	return r.do(ctx, func(ctx context.Context) error {
		cursor, err := r.in.Collection(table).Find(ctx, bson.D{}, how.SetBatchSize(digestBatch))
		if err != nil {
			return err
		}
		defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }() // read to its end, or given up
		for cursor.Next(ctx) {
			if err := see(cursor); err != nil {
				return err
			}
		}
		return cursor.Err()
	})
}
