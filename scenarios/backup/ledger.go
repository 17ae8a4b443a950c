package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tristore/drivers/store"
	"tristore/reports/result"
)

// ledger are the writes that a source acknowledged, in their order, to hold its copies against.
type ledger struct {
	saw     *result.Observation
	users   store.Users
	entries []entry
}

// entry is an acknowledged write, and the time that the application wrote into it.
type entry struct {
	id string
	at time.Time
}

// write makes the next write of the ledger, by the application's own clock ten minutes
// after the one before it: twice the objective. A write that the source itself forgets is
// no fault of a copy; other claims are about it, and here another is made.
func (l *ledger) write(ctx context.Context) error {
	n := len(l.entries)
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(n) * 2 * rpoSeconds * time.Second)
	for attempt := range 3 {
		next := entry{fmt.Sprintf("6b%02d%020d", attempt, n), at}
		// The name is one that no single-byte encoding holds.
		outcome := l.users.SignUp(ctx, store.User{ID: next.id, FirstName: "漢字 👩‍🚀", Status: "validated", CreatedAt: at, UpdatedAt: at})
		if outcome.Status == store.Unknown {
			l.saw.Add("unknown", 1)
		}
		if !outcome.OK() {
			return fmt.Errorf("writing to the ledger: %s", outcome.Detail())
		}
		there, err := next.in(ctx, l.users)
		if err == nil && there {
			l.saw.Add("acknowledged", 1)
			l.entries = append(l.entries, next)
			return nil
		}
		l.saw.See("the source acknowledged write %s of the ledger and does not have it", next.id)
	}
	return errors.New("the source forgets what it acknowledges: there is no ledger to hold a copy against")
}

// in asks a store for the entry; its error says that nobody can tell.
func (e entry) in(ctx context.Context, users store.Users) (bool, error) {
	row, outcome := users.LoadCaller(ctx, e.id)
	if outcome.Status == store.Unknown {
		return false, fmt.Errorf("asking for write %s of the ledger: %s", e.id, outcome.Detail())
	}
	return outcome.OK() && row.CreatedAt.Equal(e.at), nil
}
