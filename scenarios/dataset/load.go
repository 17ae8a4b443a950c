package dataset

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// LoadInto inserts the whole identity data set into the users and permissions stores, on
// one connection and so in order, user 0 first. What an earlier load left is kept.
func (d Identity) LoadInto(ctx context.Context, into *deployment.Deployment) error {
	return NewLoading(d, into, 1).Run(ctx)
}

// LoadInto declares and fills the collections of every workspace and writes the
// bindings, on one connection. What an earlier load left is kept.
func (d Collections) LoadInto(ctx context.Context, into *deployment.Deployment) error {
	return NewLoading(d, into, 1).Run(ctx)
}

// Check refuses sizes that could hold no request, in a sentence for the user.
func (d Identity) Check() error { return d.Sizes.check() }

// Rows is how many rows of each table LoadInto inserts, by table name.
func (d Identity) Rows() map[string]int {
	counts := map[string]int{}
	for _, p := range d.parts() {
		counts[p.table] += p.rows
	}
	return counts
}

// ConnectionsMax bounds the connections of one load.
const ConnectionsMax = 64

// Loading loads one set into one deployment. It may be run again after it was
// interrupted, by another process too: it looks which rows are there and inserts the
// others. A row of anything else in the set's tables is an error.
//
// Memory: two chunks of chunkBytes or one row per connection, and one bit per row.
type Loading struct {
	set         Set
	into        *deployment.Deployment
	connections int

	total, found, loaded atomic.Int64
	now                  atomic.Pointer[string]
}

// NewLoading prepares a load on so many connections; on one, rows go in their order. The
// deployment's pools bound them too.
func NewLoading(set Set, into *deployment.Deployment, connections int) *Loading {
	return &Loading{set: set, into: into, connections: min(max(1, connections), ConnectionsMax)}
}

// Progress is where a load or a verification stands.
type Progress struct {
	Total int64 // rows of the set; zero before anything began
	Found int64 // rows that were there before this load
	Done  int64 // rows that this load inserted, or that were compared
	Now   string
}

// Progress may be asked at any time.
func (l *Loading) Progress() Progress {
	p := Progress{Total: l.total.Load(), Found: l.found.Load(), Done: l.loaded.Load()}
	if now := l.now.Load(); now != nil {
		p.Now = *now
	}
	return p
}

// errHeld marks rows that were refused because they are there by now: an interrupted load
// whose last insert the server had not given up yet, or another load at work.
var errHeld = errors.New("another load wrote the same rows")

// Run loads what is missing. An error says how far it came and names the rows that were
// not acknowledged; what was inserted stays, and running again goes on from there.
func (l *Loading) Run(ctx context.Context) error {
	if err := l.set.check(); err != nil {
		return err
	}
	parts := l.set.parts()
	l.total.Store(int64(Total(l.set)))
	err := l.declare(ctx, parts)
	for range 2 { // looked at once more when a row turned out to be there
		if err != nil && !errors.Is(err, errHeld) {
			break
		}
		if err = l.pass(ctx, parts); err == nil {
			return nil
		}
	}
	return fmt.Errorf("loading the data set stopped at %d of %d rows (the same load goes on from there): %w", l.found.Load()+l.loaded.Load(), l.total.Load(), err)
}

// declare makes the collections.
func (l *Loading) declare(ctx context.Context, parts []part) error {
	for _, p := range parts {
		if p.document == nil {
			continue
		}
		l.say(p)
		if outcome := l.into.Collections.UpdateSchema(ctx, p.schema); !outcome.OK() {
			return notDone(outcome, "declaring %s", p.table)
		}
	}
	return nil
}

func (l *Loading) say(p part) {
	now := string(p.in) + " " + p.table
	l.now.Store(&now)
}

// pass looks once and loads the rest.
func (l *Loading) pass(ctx context.Context, parts []part) error {
	l.found.Store(0)
	l.loaded.Store(0)
	there, err := look(ctx, parts, l.into, l.connections)
	if err != nil {
		return err
	}
	for _, p := range there {
		l.found.Add(int64(p.count()))
	}
	return l.fill(ctx, &queue{parts: parts, there: there})
}

// fill makes rows on some goroutines and sends them on others, so that the server works
// while the next chunk is made.
func (l *Loading) fill(ctx context.Context, from *queue) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	built := make(chan batch)
	var builders, senders sync.WaitGroup
	for range l.connections {
		builders.Go(func() {
			for {
				next, more := from.next()
				if !more {
					return
				}
				next.build()
				select {
				case built <- next:
				case <-ctx.Done():
					return
				}
			}
		})
		senders.Go(func() {
			for next := range built {
				l.say(next.of)
				if err := next.send(ctx, l.into); err != nil {
					stop(err) // a context that was ended from outside keeps its own reason
					return
				}
				l.loaded.Add(int64(len(next.rows)))
			}
		})
	}
	builders.Wait()
	close(built)
	senders.Wait()
	return context.Cause(ctx)
}

// queue hands out chunks of missing rows, in order.
type queue struct {
	parts []part
	there []present

	lock  sync.Mutex
	part  int // being handed out
	row   int // the next of it to look at
	chunk int // of that part; zero before it is known
}

func (q *queue) next() (batch, bool) {
	q.lock.Lock()
	defer q.lock.Unlock()
	for ; q.part < len(q.parts); q.part, q.row, q.chunk = q.part+1, 0, 0 {
		p := q.parts[q.part]
		if q.chunk == 0 {
			q.chunk = p.chunk()
		}
		next := batch{of: p}
		for ; q.row < p.rows && len(next.rows) < q.chunk; q.row++ {
			if !q.there[q.part].has(q.row) {
				next.rows = append(next.rows, q.row)
			}
		}
		if len(next.rows) > 0 {
			return next, true
		}
	}
	return batch{}, false
}

// batch is one insert.
type batch struct {
	of        part
	rows      []int // ascending
	records   []store.Record
	documents []store.Document
}

func (b *batch) build() {
	for _, i := range b.rows {
		if b.of.record != nil {
			b.records = append(b.records, b.of.record(i))
		} else {
			b.documents = append(b.documents, b.of.document(i))
		}
	}
}

func (b *batch) send(ctx context.Context, into *deployment.Deployment) error {
	var outcome store.Outcome
	switch {
	case b.of.document != nil:
		outcome = into.Collections.BulkCreate(ctx, b.of.schema.Collection, b.documents)
	case b.of.in == store.UsersStore:
		outcome = into.Users.Insert(ctx, b.records...)
	case b.of.in == store.PermissionsStore:
		outcome = into.Permissions.Insert(ctx, b.records...)
	default:
		outcome = into.Collections.Insert(ctx, b.records...)
	}
	if outcome.OK() {
		return nil
	}
	err := notDone(outcome, "inserting rows %d to %d of %s", b.rows[0], b.rows[len(b.rows)-1], b.of.table)
	if outcome.Is(store.Unique) {
		return fmt.Errorf("%w: %w", errHeld, err)
	}
	return err
}

// notDone is the error of a step of preparation that the store did not acknowledge.
func notDone(outcome store.Outcome, step string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(step, args...), errors.New(outcome.Detail()))
}
