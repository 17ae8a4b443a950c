package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tristore/drivers"
	"tristore/drivers/store"
)

// outcomeOf classifies what the driver said about one statement or transaction.
//
// Only what the server refused with an ERROR on a living session certainly did not
// happen. A FATAL ends the session, and may come after a commit whose standby was being
// waited for; a broken connection or an expired context after something was sent leaves
// the same doubt. All those are Unknown, for reads as well.
func outcomeOf(err error) store.Outcome {
	if err == nil {
		return store.Done()
	}
	var early *unsent
	var connecting *pgconn.ConnectError
	var said *pgconn.PgError
	var value *json.UnsupportedValueError
	var kind *json.UnsupportedTypeError
	answered := errors.As(err, &said)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return store.Outcome{Status: store.Refused, Reason: store.NotFound, Err: err}
	case errors.As(err, &early), errors.As(err, &connecting):
		if answered && reasonOf(said.Code) != store.ReasonNone {
			return store.Outcome{Status: store.Refused, Reason: reasonOf(said.Code), Code: said.Code, Err: err}
		}
		return store.Outcome{Status: store.Refused, Reason: store.Unavailable, Err: err}
	case answered:
		outcome := store.Outcome{Code: said.Code, Err: err}
		if severity := said.SeverityUnlocalized; severity == "FATAL" || severity == "PANIC" {
			return outcome
		}
		if outcome.Reason = reasonOf(said.Code); outcome.Reason != store.ReasonNone {
			outcome.Status, outcome.Deadlock = store.Refused, said.Code == deadlockDetected
		}
		return outcome
	case pgconn.SafeToRetry(err):
		return store.Outcome{Status: store.Refused, Reason: store.Unavailable, Err: err}
	case errors.As(err, &value), errors.As(err, &kind):
		return store.Outcome{Status: store.Refused, Reason: store.Invalid, Err: err}
	}
	return store.Outcome{Err: err}
}

// reasonOf finds the whole code first and then its class. A code that is in neither is
// ReasonNone, and so Unknown: a server that says something new has not promised anything.
func reasonOf(code string) store.Reason {
	if reason, is := reasons()[code]; is {
		return reason
	}
	if len(code) == 5 {
		return classes()[code[:2]]
	}
	return store.ReasonNone
}

// failedTransaction is in_failed_sql_transaction.
const failedTransaction = "25P02"

const deadlockDetected = "40P01"

// reasons are the codes that differ from their class.
func reasons() map[string]store.Reason {
	return map[string]store.Reason{
		"23505":           store.Unique,   // unique_violation
		"25006":           store.ReadOnly, // read_only_sql_transaction
		failedTransaction: store.Invalid,  // an earlier statement of it was refused, and this one not tried
		"40001":           store.Conflict, // serialization_failure
		deadlockDetected:  store.Conflict,
		"55P03":           store.Conflict,    // lock_not_available
		"42501":           store.Forbidden,   // insufficient_privilege
		"0A000":           store.Unsupported, // feature_not_supported
		"57014":           store.TimedOut,    // query_canceled
		"57P01":           store.Unavailable, // admin_shutdown, when connecting
		"57P02":           store.Unavailable, // crash_shutdown, when connecting
		"57P03":           store.Unavailable, // cannot_connect_now
		"3D000":           store.Invalid,     // invalid_catalog_name: no such database
		"3F000":           store.Invalid,     // invalid_schema_name
		"P0001":           store.Invalid,     // raise_exception, as by a trigger that guards a row
	}
}

// classes are two-letter classes whose every other code means one thing. 08 (connection
// exception), 25, 40, 55, 57, 58 and XX are left out on purpose: they do not tell what
// became of the statement, or not why.
func classes() map[string]store.Reason {
	return map[string]store.Reason{
		"21": store.Invalid,         // cardinality violation
		"22": store.Invalid,         // data exception, such as NUL in text
		"23": store.Invalid,         // integrity constraint violation, such as NOT NULL
		"28": store.Unauthenticated, // invalid authorization
		"42": store.Invalid,         // syntax error or undefined name
		"44": store.Invalid,         // WITH CHECK OPTION
		"53": store.Exhausted,       // insufficient resources
		"54": store.Invalid,         // program limit exceeded, such as too many columns
	}
}

// unsent marks an error from before anything was sent.
type unsent struct{ err error }

func (u *unsent) Error() string { return "nothing was sent: " + u.err.Error() }
func (u *unsent) Unwrap() error { return u.err }

// conflictTries bounds how often an operation that lost a race is tried again.
const conflictTries = 5

// retrying repeats an operation that the server rolled back as a Conflict, which is
// safe, with a growing pause of at most 80 ms.
func retrying(ctx context.Context, do func() store.Outcome) store.Outcome {
	outcome := do()
	for try := 1; try < conflictTries && outcome.Is(store.Conflict); try++ {
		if drivers.Pause(ctx, (5*time.Millisecond)<<try) != nil {
			break
		}
		outcome = do().After(outcome)
	}
	return outcome
}
