package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Collections is the collections store: one table per collection, and a table of what
// was declared. It is safe for concurrent use, also by several processes.
type Collections struct {
	tables
	bindings shape

	mu    sync.RWMutex
	known map[string]*declared // by physical name
}

// OpenCollections opens the collections store on a migrated database.
func OpenCollections(ctx context.Context, target drivers.Target) (*Collections, error) {
	on, err := openSession(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("opening collections: %w", err)
	}
	all := newTables(on, store.Binding{})
	return &Collections{tables: all, bindings: *all.shapes[store.BindingsTable], known: map[string]*declared{}}, nil
}

// freshFor is how long a declaration read from the server is not read again because a
// field is unknown: asking for fields that nobody declared must not cost a read each time.
const freshFor = time.Second

// declaration gives what was declared of a collection, from memory where it can.
func (c *Collections) declaration(ctx context.Context, at store.Collection) (*declared, store.Outcome) {
	c.mu.RLock()
	known := c.known[at.Physical()]
	c.mu.RUnlock()
	if known != nil {
		return known, store.Done()
	}
	return c.reload(ctx, at)
}

const readDeclaration = `SELECT properties, indexes FROM collection_schemas WHERE namespace = $1 AND name = $2`

func (c *Collections) reload(ctx context.Context, at store.Collection) (*declared, store.Outcome) {
	schema := store.Schema{Collection: at}
	outcome := c.one(ctx, readDeclaration, []any{&schema.Properties, &schema.Indexes}, at.Namespace, at.Name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !outcome.OK() {
		delete(c.known, at.Physical())
		if outcome.Is(store.NotFound) {
			return nil, store.Refuse(store.NotFound, "namespace %s has no collection %s", at.Namespace, at.Name)
		}
		return nil, outcome
	}
	found := newDeclared(schema)
	c.known[at.Physical()] = found
	return found, store.Done()
}

func (c *Collections) forget(at store.Collection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, at.Physical())
}

// on runs an operation with the declaration of its collection. Another process may have
// changed it: when a field is unknown, or the server says that a column, a table or a
// plan is not what it was, the declaration is read again and the operation run once
// more. Both refusals come before anything is written.
func (c *Collections) on(ctx context.Context, at store.Collection, do func(*declared) store.Outcome) store.Outcome {
	known, outcome := c.declaration(ctx, at)
	if !outcome.OK() {
		return outcome
	}
	outcome = do(known)
	var unknown *unknownField
	misses := errors.As(outcome.Err, &unknown) && time.Since(known.read) > freshFor
	if !misses && !stale(outcome) {
		return outcome
	}
	if known, outcome = c.reload(ctx, at); !outcome.OK() {
		return outcome
	}
	return do(known)
}

// stale tells that the server's tables are not those we knew: undefined_column,
// undefined_table, a prepared plan whose result changed (feature_not_supported), a
// prepared statement that is gone. Each is found before a statement runs.
func stale(outcome store.Outcome) bool {
	return slices.Contains([]string{"42703", "42P01", "0A000", "26000"}, outcome.Code)
}

// documents reads rows whose columns are the given fields.
func (c *Collections) documents(ctx context.Context, query statement, fields []string) ([]store.Document, store.Outcome) {
	all := []store.Document{}
	outcome := c.each(ctx, query, func(rows pgx.Rows) error {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		row := make(store.Document, len(fields))
		for i, field := range fields {
			row[field] = values[i]
		}
		all = append(all, row)
		return nil
	})
	if !outcome.OK() {
		return nil, outcome
	}
	return all, outcome
}
