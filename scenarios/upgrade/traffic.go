package upgrade

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// traffic is the application's writers, one for each store: each writes, waits a moment
// and writes the next row, wherever the application is now. A refused write is never
// tried again; the next one is another row.
type traffic struct {
	cancel context.CancelFunc
	busy   sync.WaitGroup

	mu      sync.Mutex
	at      place
	begun   int // rows that were tried to write, of all stores
	ledger  []entry
	refused int
	unknown int
	acked   chan struct{} // somebody was acknowledged; holds one
}

// place is where the application is.
type place struct {
	on     *deployment.Deployment
	number int // counts from 0 with each switch
}

// entry is one acknowledged write.
type entry struct {
	store  store.Name
	row    int
	number int       // of the place that acknowledged it
	at     time.Time // of the acknowledgement
}

// The pace of one writer, and what one write may take.
const (
	writePause = 20 * time.Millisecond
	writeMax   = 5 * time.Second
)

// startTraffic begins to write rows from the given number on.
func startTraffic(ctx context.Context, on *deployment.Deployment, first int) *traffic {
	ctx, cancel := context.WithCancel(ctx)
	t := &traffic{cancel: cancel, at: place{on, 0}, begun: first, acked: make(chan struct{}, 1)}
	for _, name := range store.Names() {
		t.busy.Go(func() { t.write(ctx, name) })
	}
	return t
}

// stop ends the writers, each after the write it is at.
func (t *traffic) stop() {
	t.cancel()
	t.busy.Wait()
}

// switchTo sends every write that begins from now on to another place.
func (t *traffic) switchTo(on *deployment.Deployment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = place{on, t.at.number + 1}
}

// begin takes the next row.
func (t *traffic) begin() (place, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun++
	return t.at, t.begun
}

func (t *traffic) write(ctx context.Context, name store.Name) {
	for ctx.Err() == nil {
		at, row := t.begin()
		// The write itself is not cut off when the traffic ends: what became of it would be unknown.
		one, done := context.WithTimeout(context.WithoutCancel(ctx), writeMax)
		outcome := writeRow(one, at.on, name, row)
		done()
		t.note(name, row, at.number, outcome)
		if pause(ctx, writePause) != nil {
			return
		}
	}
}

func (t *traffic) note(name store.Name, row, number int, outcome store.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case outcome.OK():
		t.ledger = append(t.ledger, entry{name, row, number, time.Now()})
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

// await waits until every store acknowledged at least so many writes at a place.
func (t *traffic) await(ctx context.Context, number, each int) error {
	ctx, cancel := context.WithTimeout(ctx, ackMax)
	defer cancel()
	for {
		fewest := each
		for _, name := range store.Names() {
			fewest = min(fewest, len(t.acknowledged(name, number)))
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

// acknowledged lists the writes of a store that a place acknowledged, in order.
func (t *traffic) acknowledged(name store.Name, number int) (all []entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.ledger {
		if one.store == name && one.number == number {
			all = append(all, one)
		}
	}
	return all
}

// downtime is the longest time that a store's writers went without an acknowledgement
// across the switch from one place to the next.
func (t *traffic) downtime(number int) (longest time.Duration, err error) {
	for _, name := range store.Names() {
		before, after := t.acknowledged(name, number), t.acknowledged(name, number+1)
		if len(before) == 0 || len(after) == 0 {
			return 0, fmt.Errorf("store %s acknowledged %d writes before the switch and %d after it", name, len(before), len(after))
		}
		longest = max(longest, after[0].at.Sub(before[len(before)-1].at))
	}
	return longest, nil
}

// writeRow writes row n of a store. Its ids are like no id of the data set.
func writeRow(ctx context.Context, on *deployment.Deployment, name store.Name, n int) store.Outcome {
	id, now := userOf(n), time.Now().UTC().Truncate(time.Millisecond)
	switch name {
	case store.UsersStore:
		return on.Users.SignUp(ctx, store.User{ID: id, FirstName: "Ωμέγα 漢字", Status: "validated", CreatedAt: now, UpdatedAt: now})
	case store.PermissionsStore:
		return on.Permissions.CreateWorkspace(ctx, store.Workspace{Subject: store.Subject{MongoID: id, ID: workspaceOf(n), CreatedBy: id, CreatedAt: now, UpdatedAt: now,
			Permissions: map[string]store.Grant{id: {Role: "owner"}}}, Name: "During an upgrade"})
	default:
		return on.Collections.Bind(ctx, store.Binding{MongoID: id, BindingKey: bindingOf(n), RoleSlug: "viewer", GrantedBy: id, CreatedAt: now})
	}
}

// hasRow asks for row n.
func hasRow(ctx context.Context, on *deployment.Deployment, name store.Name, n int) (outcome store.Outcome) {
	switch name {
	case store.UsersStore:
		_, outcome = on.Users.LoadCaller(ctx, userOf(n))
	case store.PermissionsStore:
		_, outcome = on.Permissions.WorkspaceByID(ctx, workspaceOf(n))
	default:
		_, outcome = on.Collections.BindingOf(ctx, bindingOf(n))
	}
	return outcome
}

func userOf(n int) string { return fmt.Sprintf("7e%022x", n) }

func workspaceOf(n int) string { return fmt.Sprintf("~%06x", n) }

func bindingOf(n int) store.BindingKey {
	id := userOf(n)
	return store.BindingKey{WorkspaceID: "upgrade", ResourceType: "agent", ResourceID: id, PrincipalType: "user", PrincipalID: id}
}

// pause waits unless the context ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
