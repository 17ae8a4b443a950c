package drill

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/dataset"
)

// entry is one write and what the store said of it. The times enclose it, by one clock.
type entry struct {
	store        store.Name
	id           string // its _id, which tells whether it came back
	began, ended time.Time
	status       store.Status // a refusal is not kept: it wrote nothing
}

// ledger writes chains over the three stores, as a platform does when somebody comes: a
// sign-up, a workspace of that user, a binding in it; and keeps what each store said. A
// chain ends at the first write that is not acknowledged.
type ledger struct {
	into   *deployment.Deployment
	ids    dataset.Identity
	window uint64
	round  int
	email  string

	next  atomic.Int64 // chain
	moved chan struct{}

	lock    sync.Mutex
	entries []entry
	chains  int // acknowledged in all three stores
	refused int
	why     []string // what was refused or unknown, the first few
}

// chainsMax bounds the chains of one ledger: half a minute of memory at the highest rate.
const chainsMax = 1 << 17

// writers write at once.
const writers = 4

// errFull ends a ledger that came to its bound.
var errFull = fmt.Errorf("the ledger is full: it holds %d sign-ups; drill a smaller size, or write fewer per second", chainsMax)

func newLedger(from *source, seed uint64) *ledger {
	return &ledger{into: from.deployed, ids: dataset.Identity{Seed: seed}, window: ledgerWindow + uint64(from.rounds), round: from.rounds,
		email: fmt.Sprintf("ledger%d", from.rounds), moved: make(chan struct{}, 1)}
}

// Windows keep what is written by loads and ledgers of one source apart.
const (
	loadWindow   = 1 << 20
	ledgerWindow = 2 << 20
)

// chain makes the writes of the next newcomer.
func (l *ledger) chain(ctx context.Context) error {
	n := l.next.Add(1) - 1
	if n >= chainsMax {
		return errFull
	}
	id, now := l.ids.VisitorID(l.window, n), time.Now().UTC().Truncate(time.Millisecond)
	email := fmt.Sprintf("%s.%d@example.org", l.email, n)
	workspace := fmt.Sprintf("~%06x", int64(l.round)<<17|n) // no id of the data set begins so
	for _, write := range []struct {
		in store.Name
		do func() store.Outcome
	}{
		{store.UsersStore, func() store.Outcome {
			return l.into.Users.SignUp(ctx, store.User{ID: id, Email: &email, Status: "validated", CreatedAt: now, UpdatedAt: now})
		}},
		{store.PermissionsStore, func() store.Outcome {
			return l.into.Permissions.CreateWorkspace(ctx, store.Workspace{Subject: store.Subject{MongoID: id, ID: workspace, CreatedBy: id, UpdatedBy: id,
				CreatedAt: now, UpdatedAt: now, Permissions: map[string]store.Grant{id: {Role: "owner"}}}, Name: "Written by the ledger"})
		}},
		{store.CollectionsStore, func() store.Outcome {
			return l.into.Collections.Bind(ctx, store.Binding{MongoID: id, BindingKey: store.BindingKey{WorkspaceID: workspace, ResourceType: "agent", ResourceID: id,
				PrincipalType: "user", PrincipalID: id}, RoleSlug: "owner", GrantedBy: id, CreatedAt: now})
		}},
	} {
		e := entry{store: write.in, id: id, began: time.Now()}
		outcome := write.do()
		e.ended, e.status = time.Now(), outcome.Status
		if !l.keep(e, outcome) {
			return nil
		}
	}
	l.lock.Lock()
	l.chains++
	l.lock.Unlock()
	select {
	case l.moved <- struct{}{}:
	default: // whoever waits has a signal already
	}
	return nil
}

// whyMax bounds the words that are kept of refusals.
const whyMax = 5

// keep tells whether the write was acknowledged.
func (l *ledger) keep(e entry, outcome store.Outcome) bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	if !outcome.OK() && len(l.why) < whyMax {
		l.why = append(l.why, fmt.Sprintf("ledger, %s: %s", e.store, outcome.Detail()))
	}
	if outcome.Status == store.Refused {
		l.refused++
		return false
	}
	l.entries = append(l.entries, e)
	return outcome.OK()
}

// write makes chains, one after the other.
func (l *ledger) write(ctx context.Context, chains int) error {
	goal := l.acknowledged() + chains
	for tries := 0; l.acknowledged() < goal; tries++ {
		if ctx.Err() != nil || tries >= 2*chains+whyMax {
			return errors.Join(ctx.Err(), l.stuck(goal))
		}
		if err := l.chain(ctx); err != nil {
			return err
		}
	}
	return nil
}

// keepWriting makes chains at a rate until ctx ends; then it returns nil.
func (l *ledger) keepWriting(ctx context.Context, perSecond float64) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var busy sync.WaitGroup
	for range writers {
		busy.Go(func() {
			ticker := time.NewTicker(time.Duration(writers * float64(time.Second) / perSecond))
			defer ticker.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-ticker.C:
				}
				// A chain that has begun is written to its end: the loss is when this returns.
				if err := l.chain(context.WithoutCancel(ctx)); err != nil {
					stop(err)
				}
			}
		})
	}
	busy.Wait()
	if cause := context.Cause(ctx); errors.Is(cause, errFull) {
		return cause
	}
	return nil
}

// patience is how long so many writes may take; a store that takes longer is not drilled.
const patience = 3 * time.Minute

// reach waits until so many chains more are acknowledged while others write.
func (l *ledger) reach(ctx context.Context, more int) error {
	goal := l.acknowledged() + more
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for l.acknowledged() < goal {
		select {
		case <-l.moved:
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), l.stuck(goal))
		}
	}
	return nil
}

func (l *ledger) acknowledged() int {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.chains
}

func (l *ledger) stuck(goal int) error {
	l.lock.Lock()
	defer l.lock.Unlock()
	return fmt.Errorf("the ledger has %d of %d sign-ups: %v", l.chains, goal, l.why)
}

// watermark is the moment of one store's dump: every write that was acknowledged before
// asked is in it, none that was begun after taken. Loss is when the store was lost.
type watermark struct{ asked, taken, loss time.Time }

// account tells what became of one store's writes until the loss. It is pure.
func account(entries []entry, of store.Name, at watermark, found map[string]bool) result.DrillLedger {
	a := result.DrillLedger{Store: string(of)}
	var first, last time.Time
	for _, e := range entries {
		if e.store != of || e.began.After(at.loss) {
			continue
		}
		if first.IsZero() || e.began.Before(first) {
			first = e.began
		}
		back := found[e.id]
		if e.status == store.Unknown || e.ended.After(at.loss) { // nobody had an answer when it was lost
			a.Unknown++
			if back {
				a.UnknownFound++
			}
			continue
		}
		a.Acknowledged++
		switch {
		case e.ended.Before(at.asked):
			a.Older++
			if !back {
				a.OlderMissing++
			}
		case e.began.After(at.taken):
			a.Later++
			if back {
				a.LaterFound++
			}
		default:
			a.Between++
		}
		if !back {
			a.Lost++
		} else if e.ended.After(last) {
			last = e.ended
		}
	}
	if last.IsZero() {
		last = first // nothing came back: all the time since the first write is lost
	}
	if !last.IsZero() {
		a.LostSeconds = max(0, at.loss.Sub(last).Seconds())
	}
	return a
}
