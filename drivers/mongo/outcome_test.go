package mongo

import (
	"context"
	"errors"
	"testing"

	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"tristore/drivers/store"
)

// The table is pure, so its sad half needs no server: what was sent and not answered is
// Unknown, what was not sent did not happen, and a code nobody knows promises nothing.
func TestOutcomeOf(t *testing.T) {
	command := func(code int32, labels ...string) error { return driver.CommandError{Code: code, Labels: labels} }
	write := func(code int) error { return driver.WriteException{WriteErrors: driver.WriteErrors{{Code: code}}} }
	concern := driver.WriteException{WriteConcernError: &driver.WriteConcernError{Code: 64}}
	for _, c := range []struct {
		name string
		err  error
		sent bool
		want string
	}{
		{"nothing went wrong", nil, true, "committed"},
		{"no document", driver.ErrNoDocuments, true, "refused(not found)"},
		{"duplicate key", write(11000), true, "refused(unique)"},
		{"duplicate key in a bulk", driver.BulkWriteException{WriteErrors: []driver.BulkWriteError{{WriteError: driver.WriteError{Code: 11000}}}}, true, "refused(unique)"},
		{"write conflict", command(112), true, "refused(conflict)"},
		{"a deadlock below DocumentDB", write(16908292), true, "refused(conflict)"},
		{"rolled back by label", command(4242, "TransientTransactionError"), true, "refused(conflict)"},
		{"commit of unknown result", command(50, "UnknownTransactionCommitResult"), true, "unknown"},
		{"not authorised", command(13), true, "refused(forbidden)"},
		{"wrong password", command(18), false, "refused(unauthenticated)"},
		{"server's own time limit", command(50), true, "refused(timed out)"},
		{"a secondary", command(10107), true, "refused(read-only)"},
		{"not implemented", command(238), true, "refused(unsupported)"},
		{"no such command", command(59), true, "refused(unsupported)"},
		{"bad value", command(2), true, "refused(invalid)"},
		{"type mismatch in a write", write(14), true, "refused(invalid)"},
		{"out of memory", command(292), true, "refused(exhausted)"},
		{"majority not reached", concern, true, "unknown"},
		{"stepped down half way", command(11602), true, "unknown"},
		{"internal error", command(1), true, "unknown"},
		{"a code nobody knows", command(987654), true, "unknown"},
		{"connection lost after sending", driver.CommandError{Labels: []string{"NetworkError"}}, true, "unknown"},
		{"connection lost before sending", driver.CommandError{Labels: []string{"NetworkError"}}, false, "refused(unavailable)"},
		{"no server found", errors.New("selection"), false, "refused(unavailable)"},
		{"out of time after sending", context.DeadlineExceeded, true, "unknown"},
		{"our own refusal", &refusedHere{store.Refuse(store.NotFound, "gone")}, true, "refused(not found)"},
	} {
		if got := outcomeOf(c.err, c.sent); got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if got := partly(store.Outcome{Status: store.Refused, Reason: store.TimedOut}); got.Status != store.Unknown {
		t.Errorf("many documents, stopped on the way: %s, want unknown", got)
	}
}

func TestEveryCodeHasOneReason(t *testing.T) {
	seen := map[int]store.Reason{}
	for reason, codes := range reasons() {
		for _, code := range codes {
			if other, twice := seen[code]; twice {
				t.Errorf("code %d means both %s and %s", code, other, reason)
			}
			seen[code] = reason
		}
	}
}
