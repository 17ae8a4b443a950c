package mongo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
	"tristore/drivers/store"
)

// declareTries bounds how often a declaration is put on top of somebody else's newer one.
const declareTries = 20

// UpdateSchema makes or extends one collection and writes the declaration down as its
// next revision. Of two at once one is refused that revision, reads what the other
// wrote and adds its own to it. The indexes are made before the revision that names
// them: a crash in between leaves an index that nobody declared, and the next call with
// the same declaration completes it. A namespace that is dropped at the same moment may
// keep the collection: call DropNamespace again.
func (c *Collections) UpdateSchema(ctx context.Context, schema store.Schema) store.Outcome {
	if err := checkSchema(schema); err != nil {
		return invalid(err)
	}
	defer c.forget(schema.Collection) // whatever became of it
	var outcome store.Outcome
	for range declareTries {
		outcome = c.do(ctx, func(ctx context.Context) error { return c.extend(ctx, schema) })
		if !outcome.Is(store.Conflict) || drivers.Pause(ctx, 5*time.Millisecond) != nil {
			return outcome
		}
	}
	return outcome
}

// extend makes what is missing and writes the next revision, or refuses as a Conflict
// when somebody else wrote it first.
func (c *Collections) extend(ctx context.Context, asked store.Schema) error {
	had, err := c.latest(ctx, asked.Collection)
	if err != nil {
		return err
	}
	next, err := merged(had, asked)
	if err != nil {
		return &refusedHere{invalid(err)}
	}
	if had.Number > 0 && !grown(had, next) {
		return nil
	}
	if had.Number > 0 && newlyRequired(had, next) {
		err := c.rows(asked.Collection).FindOne(ctx, bson.D{}).Err()
		if err == nil {
			return &refusedHere{store.Refuse(store.Invalid, "%s has rows, which lack the new required field", had.Physical)}
		}
		if !errors.Is(err, driver.ErrNoDocuments) {
			return err
		}
	}
	if err := c.in.CreateCollection(ctx, next.Physical); err != nil && !exists(err) {
		return err
	}
	for _, index := range next.Indexes {
		if err := createIndex(ctx, c.rows(asked.Collection), index); err != nil {
			return err
		}
	}
	switch _, err := c.in.Collection(catalogCollection).InsertOne(ctx, next); {
	case driver.IsDuplicateKeyError(err):
		return &refusedHere{store.Outcome{Status: store.Refused, Reason: store.Conflict, Err: err}}
	case err != nil:
		return err
	}
	if _, err := c.in.Collection(catalogCollection).DeleteMany(ctx, equal("collection", next.Physical, "revision", equal("$lt", next.Number))); err != nil {
		return err
	}
	return c.kept(ctx, asked)
}

// kept looks whether the newest revision holds what was asked for. The number that was
// just written may be an old one, which somebody removed after it was read here: then it
// is not the newest, and the declaration is put on top of that.
func (c *Collections) kept(ctx context.Context, asked store.Schema) error {
	newest, err := c.latest(ctx, asked.Collection)
	if err != nil {
		return err
	}
	if after, err := merged(newest, asked); err != nil || newest.Number == 0 || grown(newest, after) {
		return &refusedHere{store.Refuse(store.Conflict, "%s was declared by somebody else at the same time", asked.Collection.Physical())}
	}
	return nil
}

// grown tells whether a declaration added anything.
func grown(had, next revision) bool {
	return len(next.Properties) > len(had.Properties) || len(next.Indexes) > len(had.Indexes)
}

// exists tells whether a collection could not be made since it is there.
func exists(err error) bool {
	code, answered := codeOf(err)
	const namespaceExists = 48
	return answered && code == namespaceExists
}

// merged is pure: the declaration afterwards.
func merged(had revision, asked store.Schema) (revision, error) {
	at := asked.Collection
	next := revision{Physical: at.Physical(), Namespace: at.Namespace, Name: at.Name, Number: had.Number + 1, UpdatedAt: time.Now(),
		Properties: slices.Concat([]store.Property{}, had.Properties), Indexes: slices.Concat([]store.Index{}, had.Indexes)}
	next.ID = next.Physical + "#" + strconv.FormatInt(next.Number, 10)
	for _, property := range asked.Properties {
		i := slices.IndexFunc(next.Properties, func(had store.Property) bool { return had.Name == property.Name })
		if i >= 0 && next.Properties[i] != property {
			return next, fmt.Errorf("property %q is declared already, as %+v and not as %+v", property.Name, next.Properties[i], property)
		}
		if i < 0 {
			next.Properties = append(next.Properties, property)
		}
	}
	known := newDeclared(store.Schema{Collection: at, Properties: next.Properties})
	for _, index := range asked.Indexes {
		i := slices.IndexFunc(next.Indexes, func(had store.Index) bool { return indexName(had) == indexName(index) })
		if i >= 0 && !reflect.DeepEqual(next.Indexes[i], index) {
			return next, fmt.Errorf("index %q is declared already, over other fields", indexName(index))
		}
		for _, field := range index.Fields {
			if _, _, err := known.property(field); err != nil {
				return next, err
			}
		}
		if i < 0 {
			next.Indexes = append(next.Indexes, index)
		}
	}
	return next, nil
}

func newlyRequired(had, next revision) bool {
	return slices.ContainsFunc(next.Properties[len(had.Properties):], func(p store.Property) bool { return p.Required })
}

// createIndex makes one index; one that is there already is no error.
func createIndex(ctx context.Context, on *driver.Collection, index store.Index) error {
	keys := bson.D{}
	for _, field := range index.Fields {
		keys = append(keys, bson.E{Key: field, Value: 1})
	}
	how := options.Index().SetName(indexName(index))
	if index.Unique {
		how.SetUnique(true)
	}
	if _, err := on.Indexes().CreateOne(ctx, driver.IndexModel{Keys: keys, Options: how}); err != nil {
		return fmt.Errorf("making index %s: %w", indexName(index), err)
	}
	return nil
}

// indexName is the declared name or, without one, made of the fields. Names belong to
// one collection, so that two cannot meet.
func indexName(index store.Index) string {
	if index.Name != "" {
		return index.Name
	}
	name := strings.Join(index.Fields, "_1_") + "_1"
	if index.Unique {
		name += "_unique"
	}
	if len(name) <= nameMax {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.ToValidUTF8(name[:nameMax-13], "") + "_" + hex.EncodeToString(sum[:6])
}

// ListCollections gives the names inside one namespace, sorted by byte.
func (c *Collections) ListCollections(ctx context.Context, namespace string) ([]string, store.Outcome) {
	var found []revision
	outcome := c.do(ctx, func(ctx context.Context) error {
		cursor, err := c.in.Collection(catalogCollection).Find(ctx, equal("namespace", namespace))
		if err != nil {
			return err
		}
		return cursor.All(ctx, &found)
	})
	if !outcome.OK() {
		return nil, outcome
	}
	names := []string{}
	for _, one := range found {
		names = append(names, one.Name)
	}
	slices.Sort(names)
	return slices.Compact(names), outcome
}

// DropNamespace removes the namespace's collections, found by their declaration and not
// by a pattern over names, each declaration after its rows, and the bindings last. One
// that was interrupted is finished by calling it again.
func (c *Collections) DropNamespace(ctx context.Context, namespace string) store.Outcome {
	names, outcome := c.ListCollections(ctx, namespace)
	if !outcome.OK() {
		return outcome
	}
	outcome = c.do(ctx, func(ctx context.Context) error {
		for _, name := range names {
			at := store.Collection{Namespace: namespace, Name: name}
			if err := c.rows(at).Drop(ctx); err != nil {
				return fmt.Errorf("dropping %s: %w", at.Physical(), err)
			}
			if _, err := c.in.Collection(catalogCollection).DeleteMany(ctx, equal("collection", at.Physical())); err != nil {
				return err
			}
			c.forget(at)
		}
		_, err := c.in.Collection(store.BindingsTable).DeleteMany(ctx, equal("workspaceId", namespace))
		return err
	})
	return partly(outcome)
}
