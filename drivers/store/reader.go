package store

import (
	"context"
	"reflect"
)

// Reader reads whole tables of one store's database, a row at a time, to compare them with
// what they should hold. No path of the product uses it. What it reads is no single
// instant: let nobody write meanwhile. A table that is not there has no rows.
type Reader interface {
	// Tables names every table of the database, sorted.
	Tables(ctx context.Context) ([]string, Outcome)
	// EachID calls see with the _id of every row of a table, in no order.
	EachID(ctx context.Context, table string, see func(id string)) Outcome
	// EachRecord calls see with every row of the table of like, as a record of its type.
	EachRecord(ctx context.Context, like Record, see func(Record)) Outcome
	// EachDocument calls see with every row of a collection, read as schema declares it.
	EachDocument(ctx context.Context, schema Schema, see func(Document)) Outcome
	Close(ctx context.Context) error
}

// IDOf is the _id of a record, found by its tag.
func IDOf(record Record) string {
	value := reflect.ValueOf(record)
	for _, field := range reflect.VisibleFields(value.Type()) {
		if field.Tag.Get("db") == "_id" {
			return value.FieldByIndex(field.Index).String()
		}
	}
	return ""
}
