package faults

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"tristore/drivers/store"
)

// forgetful acknowledges every second sign-up without storing it.
type forgetful struct {
	store.Users
	calls atomic.Int64
}

// SignUp lies every second time.
func (f *forgetful) SignUp(ctx context.Context, user store.User) store.Outcome {
	if f.calls.Add(1)%2 == 0 {
		return store.Done()
	}
	return f.Users.SignUp(ctx, user)
}

// careless lets an empty filter change every row.
type careless struct{ store.Collections }

// Update takes every empty filter as meant.
func (c *careless) Update(ctx context.Context, in store.Collection, filter store.Filter, update store.Update) (int64, store.Outcome) {
	update.AllowEmpty = true
	return c.Collections.Update(ctx, in, filter, update)
}

// Delete turns an empty filter into one that matches every row.
func (c *careless) Delete(ctx context.Context, from store.Collection, filter store.Filter) (int64, store.Outcome) {
	if filter.Empty() {
		filter = store.Where(store.Condition{Field: "_id", Op: store.Exists, Value: true})
	}
	return c.Collections.Delete(ctx, from, filter)
}

// piecemeal sends a bulk insert in parts of partRows.
type piecemeal struct{ store.Collections }

const partRows = 500

// BulkCreate stops at the first part that is refused; the parts before it stay.
func (p *piecemeal) BulkCreate(ctx context.Context, into store.Collection, rows []store.Document) store.Outcome {
	for part := range slices.Chunk(rows, partRows) {
		if outcome := p.Collections.BulkCreate(ctx, into, part); !outcome.OK() {
			return outcome
		}
	}
	return store.Done()
}

// leaky forgets the namespace when it finds.
type leaky struct {
	store.Collections
	mu         sync.Mutex
	namespaces map[string]map[string]bool // by collection name
}

func newLeaky(inner store.Collections) *leaky {
	return &leaky{Collections: inner, namespaces: map[string]map[string]bool{}}
}

// UpdateSchema remembers who else has a collection of that name.
func (l *leaky) UpdateSchema(ctx context.Context, schema store.Schema) store.Outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := schema.Collection.Name
	if l.namespaces[name] == nil {
		l.namespaces[name] = map[string]bool{}
	}
	l.namespaces[name][schema.Collection.Namespace] = true
	return l.Collections.UpdateSchema(ctx, schema)
}

// Find asks every namespace; one that is gone by now has nothing to add.
func (l *leaky) Find(ctx context.Context, from store.Collection, query store.Query) ([]store.Document, store.Outcome) {
	rows, outcome := l.Collections.Find(ctx, from, query)
	l.mu.Lock()
	others := slices.Sorted(maps.Keys(l.namespaces[from.Name]))
	l.mu.Unlock()
	for _, other := range others {
		if other == from.Namespace {
			continue
		}
		if more, answered := l.Collections.Find(ctx, store.Collection{Namespace: other, Name: from.Name}, query); answered.OK() {
			rows = append(rows, more...)
		}
	}
	return rows, outcome
}

// flipped answers an empty $in the other way round.
type flipped struct{ store.Collections }

// Find gives nothing where the engine gives all, and all where it gives nothing.
func (f *flipped) Find(ctx context.Context, from store.Collection, query store.Query) ([]store.Document, store.Outcome) {
	rows, outcome := f.Collections.Find(ctx, from, query)
	empty := slices.ContainsFunc(query.Filter.All, func(c store.Condition) bool {
		values, list := c.Value.([]any)
		return c.Op == store.In && list && len(values) == 0
	})
	if !empty || !outcome.OK() {
		return rows, outcome
	}
	if len(rows) > 0 {
		return nil, outcome
	}
	query.Filter = store.Filter{}
	return f.Collections.Find(ctx, from, query)
}
