package mongo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers/store"
)

// Schemas reads the newest revision of every declaration.
func (r *Reader) Schemas(ctx context.Context) ([]store.Schema, store.Outcome) {
	newest := map[string]revision{}
	outcome := r.stream(ctx, catalogCollection, options.Find(), func(row *driver.Cursor) error {
		var one revision
		if err := row.Decode(&one); err != nil {
			return err
		}
		if one.Number > newest[one.Physical].Number {
			newest[one.Physical] = one
		}
		return nil
	})
	var all []store.Schema
	for _, one := range newest {
		all = append(all, one.schema())
	}
	slices.SortFunc(all, func(a, b store.Schema) int {
		return strings.Compare(a.Collection.Physical(), b.Collection.Physical())
	})
	return all, outcome
}

// fieldsMax bounds the names of one collection's fields.
const fieldsMax = 1000

// Fields counts the fields of documents, which need no declaration here.
func (r *Reader) Fields(ctx context.Context, table string) (map[string]int64, store.Outcome) {
	counts := map[string]int64{}
	outcome := r.stream(ctx, table, options.Find(), func(row *driver.Cursor) error {
		elements, err := row.Current.Elements()
		if err != nil {
			return err
		}
		for _, element := range elements {
			value := element.Value()
			if text, is := value.StringValueOK(); is && text == "" || value.Type == bson.TypeNull || value.Type == bson.TypeUndefined {
				continue
			}
			counts[element.Key()]++
		}
		if len(counts) > fieldsMax {
			return fmt.Errorf("collection %s has over %d different fields", table, fieldsMax)
		}
		return nil
	})
	return counts, outcome
}
