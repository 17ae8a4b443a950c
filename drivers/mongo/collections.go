package mongo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Collections is the collections store. It is safe for concurrent use.
//
// What each workspace declared stands in a catalogue, since the servers of this family
// take any field: unknown fields, types and required fields are checked here, against a
// copy that is read again after knownFor, and before an unknown field is refused.
type Collections struct {
	records
	mu    sync.Mutex
	known map[string]*declared // by physical name
}

// OpenCollections opens the collections store on a migrated database.
func OpenCollections(ctx context.Context, target drivers.Target) (*Collections, error) {
	s, err := openSession(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("opening collections: %w", err)
	}
	return &Collections{records: newRecords(s, store.Binding{}), known: map[string]*declared{}}, nil
}

// knownFor is how long a declaration is believed without looking again.
const knownFor = 5 * time.Second

// catalogCollection holds one document per revision of a declaration. A revision is
// written once, under an _id of its own, so that of two writers one is refused.
const catalogCollection = "collection_schemas"

// revision is one document of the catalogue.
type revision struct {
	ID         string           `bson:"_id"` // physical name, '#', number
	Physical   string           `bson:"collection"`
	Namespace  string           `bson:"namespace"`
	Name       string           `bson:"name"`
	Number     int64            `bson:"revision"`
	Properties []store.Property `bson:"properties"`
	Indexes    []store.Index    `bson:"indexes"`
	UpdatedAt  time.Time        `bson:"updatedAt"`
}

func (r revision) schema() store.Schema {
	return store.Schema{Collection: store.Collection{Namespace: r.Namespace, Name: r.Name}, Properties: r.Properties, Indexes: r.Indexes}
}

// latest reads the newest revision; its number is zero when there is none.
func (c *Collections) latest(ctx context.Context, at store.Collection) (found revision, err error) {
	err = c.in.Collection(catalogCollection).FindOne(ctx, equal("collection", at.Physical()), options.FindOne().SetSort(equal("revision", -1))).Decode(&found)
	if errors.Is(err, driver.ErrNoDocuments) {
		return revision{}, nil
	}
	return found, err
}

// declared gives what is known of a collection, reading it again when that is old or
// when fresh is asked for.
func (c *Collections) declared(ctx context.Context, at store.Collection, fresh bool) (*declared, store.Outcome) {
	c.mu.Lock()
	known := c.known[at.Physical()]
	c.mu.Unlock()
	if known != nil && !fresh && time.Since(known.read) < knownFor {
		return known, store.Done()
	}
	var found revision
	outcome := c.do(ctx, func(ctx context.Context) (err error) {
		found, err = c.latest(ctx, at)
		return err
	})
	if !outcome.OK() {
		// A lookup before the operation itself: nothing of that was sent.
		if outcome.Status == store.Unknown {
			outcome.Status, outcome.Reason = store.Refused, store.Unavailable
		}
		return nil, outcome
	}
	if found.Number == 0 {
		c.forget(at)
		return nil, store.Refuse(store.Invalid, "collection %s is not declared", at.Physical())
	}
	known = newDeclared(found.schema())
	c.mu.Lock()
	c.known[at.Physical()] = known
	c.mu.Unlock()
	return known, store.Done()
}

func (c *Collections) forget(at store.Collection) {
	c.mu.Lock()
	delete(c.known, at.Physical())
	c.mu.Unlock()
}

// checked builds a request from what is declared. A request that does not fit is built
// once more from a fresh reading before it is refused.
func checked[R any](ctx context.Context, c *Collections, at store.Collection, build func(*declared) (R, error)) (request R, outcome store.Outcome) {
	for _, fresh := range []bool{false, true} {
		var known *declared
		if known, outcome = c.declared(ctx, at, fresh); !outcome.OK() {
			return request, outcome
		}
		built, err := build(known)
		if err == nil {
			return built, store.Done()
		}
		outcome = invalid(err)
	}
	return request, outcome
}

// rows is the collection that holds the rows.
func (c *Collections) rows(at store.Collection) *driver.Collection {
	return c.in.Collection(at.Physical())
}

// newID makes an _id: 24 hex digits.
func newID() string { return bson.NewObjectID().Hex() }
