// Package traffic is an application that writes to three stores all the time, keeps what
// was acknowledged and when, and can be sent elsewhere while it writes: what an upgrade or
// the loss of a primary is measured by.
//
// Opinion: a write that was refused is never tried again, and one whose outcome is unknown
// counts as neither. Downtime is what the writers saw.
// Arrow: traffic imports drivers/deployment and drivers/store.
package traffic

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// Writers is the application's writers, one for each store: each writes, waits a moment
// and writes the next row, wherever the application is now. A refused write is never
// tried again; the next one is another row.
type Writers struct {
	cancel context.CancelFunc
	busy   sync.WaitGroup

	mu      sync.Mutex
	at      place
	begun   int // rows that were tried to write, of all stores
	ledger  []Entry
	refused int
	unknown int
	acked   chan struct{} // somebody was acknowledged; holds one
}

// place is where the application is.
type place struct {
	on     *deployment.Deployment
	number int // counts from 0 with each switch
}

// Entry is one acknowledged write.
type Entry struct {
	Store  store.Name
	Row    int
	number int       // of the place that acknowledged it
	At     time.Time // of the acknowledgement
}

// The pace of one writer, and what one write may take.
const (
	writePause = 20 * time.Millisecond
	writeMax   = 5 * time.Second
)

// Start begins to write rows from the given number on.
func Start(ctx context.Context, on *deployment.Deployment, first int) *Writers {
	ctx, cancel := context.WithCancel(ctx)
	t := &Writers{cancel: cancel, at: place{on, 0}, begun: first, acked: make(chan struct{}, 1)}
	for _, name := range store.Names() {
		t.busy.Go(func() { t.write(ctx, name) })
	}
	return t
}

// Stop ends the writers, each after the write it is at.
func (t *Writers) Stop() {
	t.cancel()
	t.busy.Wait()
}

// SwitchTo sends every write that begins from now on to another place.
func (t *Writers) SwitchTo(on *deployment.Deployment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = place{on, t.at.number + 1}
}

// begin takes the next row.
func (t *Writers) begin() (place, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun++
	return t.at, t.begun
}

func (t *Writers) write(ctx context.Context, name store.Name) {
	for ctx.Err() == nil {
		at, row := t.begin()
		// The write itself is not cut off when the traffic ends: what became of it would be unknown.
		one, done := context.WithTimeout(context.WithoutCancel(ctx), writeMax)
		outcome := Write(one, at.on, name, row)
		done()
		t.note(name, row, at.number, outcome)
		if drivers.Pause(ctx, writePause) != nil {
			return
		}
	}
}

func (t *Writers) note(name store.Name, row, number int, outcome store.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case outcome.OK():
		t.ledger = append(t.ledger, Entry{name, row, number, time.Now()})
		select {
		case t.acked <- struct{}{}:
		default:
		}
	case outcome.Status == store.Unknown:
		t.unknown++
	default:
		t.refused++
	}
}

// ackMax bounds the wait for acknowledgements.
const ackMax = time.Minute

// Next is a row that none of the writers takes.
func (t *Writers) Next() int {
	_, row := t.begin()
	return row
}

// Unanswered is how many writes were refused, and of how many the outcome is unknown.
func (t *Writers) Unanswered() (refused, unknown int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refused, t.unknown
}

// Missing lists the acknowledged writes that are not there.
func Missing(ctx context.Context, on *deployment.Deployment, of []Entry) (lost []Entry, err error) {
	for _, one := range of {
		outcome := Has(ctx, on, one.Store, one.Row)
		switch {
		case outcome.Is(store.NotFound):
			lost = append(lost, one)
		case !outcome.OK():
			return nil, fmt.Errorf("asking for row %d of store %s: %s", one.Row, one.Store, outcome.Detail())
		}
	}
	return lost, nil
}

// Await waits until every store acknowledged at least so many writes at a place.
func (t *Writers) Await(ctx context.Context, number, each int) error {
	ctx, cancel := context.WithTimeout(ctx, ackMax)
	defer cancel()
	for {
		fewest := each
		for _, name := range store.Names() {
			fewest = min(fewest, len(t.Acknowledged(name, number)))
		}
		if fewest >= each {
			return nil
		}
		select {
		case <-t.acked:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %d acknowledged writes of each store: %d at most: %w", each, fewest, ctx.Err())
		}
	}
}

// Acknowledged lists the writes of a store that a place acknowledged, in order.
func (t *Writers) Acknowledged(name store.Name, number int) (all []Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.ledger {
		if one.Store == name && one.number == number {
			all = append(all, one)
		}
	}
	return all
}

// Downtime is the longest time that a store's writers went without an acknowledgement
// across the switch from one place to the next.
func (t *Writers) Downtime(number int) (longest time.Duration, err error) {
	for _, name := range store.Names() {
		before, after := t.Acknowledged(name, number), t.Acknowledged(name, number+1)
		if len(before) == 0 || len(after) == 0 {
			return 0, fmt.Errorf("store %s acknowledged %d writes before the switch and %d after it", name, len(before), len(after))
		}
		longest = max(longest, after[0].At.Sub(before[len(before)-1].At))
	}
	return longest, nil
}

// Write writes row n of a store. Its ids are like no id of the data set.
func Write(ctx context.Context, on *deployment.Deployment, name store.Name, n int) store.Outcome {
	id, now := UserOf(n), time.Now().UTC().Truncate(time.Millisecond)
	switch name {
	case store.UsersStore:
		return on.Users.SignUp(ctx, store.User{ID: id, FirstName: "Ωμέγα 漢字", Status: "validated", CreatedAt: now, UpdatedAt: now})
	case store.PermissionsStore:
		return on.Permissions.CreateWorkspace(ctx, store.Workspace{Subject: store.Subject{MongoID: id, ID: workspaceOf(n), CreatedBy: id, CreatedAt: now, UpdatedAt: now,
			Permissions: map[string]store.Grant{id: {Role: "owner"}}}, Name: "Written meanwhile"})
	default:
		return on.Collections.Bind(ctx, store.Binding{MongoID: id, BindingKey: bindingOf(n), RoleSlug: "viewer", GrantedBy: id, CreatedAt: now})
	}
}

// Has asks for row n.
func Has(ctx context.Context, on *deployment.Deployment, name store.Name, n int) (outcome store.Outcome) {
	switch name {
	case store.UsersStore:
		_, outcome = on.Users.LoadCaller(ctx, UserOf(n))
	case store.PermissionsStore:
		_, outcome = on.Permissions.WorkspaceByID(ctx, workspaceOf(n))
	default:
		_, outcome = on.Collections.BindingOf(ctx, bindingOf(n))
	}
	return outcome
}

// UserOf is the id of row n.
func UserOf(n int) string { return fmt.Sprintf("7e%022x", n) }

func workspaceOf(n int) string { return fmt.Sprintf("~%06x", n) }

func bindingOf(n int) store.BindingKey {
	id := UserOf(n)
	return store.BindingKey{WorkspaceID: "meanwhile", ResourceType: "agent", ResourceID: id, PrincipalType: "user", PrincipalID: id}
}
