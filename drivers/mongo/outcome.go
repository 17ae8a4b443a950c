package mongo

import (
	"context"
	"errors"
	"strconv"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"tristore/drivers"
	"tristore/drivers/store"
)

// outcomeOf classifies what the driver said about one operation; sent tells whether a
// command of it had left for the server.
//
// Only what the server answered with a code whose meaning is known certainly did not
// happen. A write concern that was not met leaves the write where it is; so do a lost
// connection and an expired context after a command was sent. All those are Unknown,
// for reads as well.
func outcomeOf(err error, sent bool) store.Outcome {
	var ours *refusedHere
	var marshal driver.MarshalError
	var argument driver.InvalidArgumentError
	switch {
	case err == nil:
		return store.Done()
	case errors.As(err, &ours):
		return ours.outcome
	case errors.Is(err, driver.ErrNoDocuments):
		return store.Outcome{Status: store.Refused, Reason: store.NotFound, Err: err}
	case errors.As(err, &marshal), errors.As(err, &argument):
		return store.Outcome{Status: store.Refused, Reason: store.Invalid, Err: err}
	}
	code, answered := codeOf(err)
	outcome := store.Outcome{Err: err}
	if answered {
		outcome.Code, outcome.Reason = strconv.Itoa(code), reasonOf(code)
	}
	var labelled driver.LabeledError
	has := func(label string) bool { return errors.As(err, &labelled) && labelled.HasErrorLabel(label) }
	switch {
	case concernMissed(err), has("UnknownTransactionCommitResult"):
		outcome.Reason = store.ReasonNone
	case has("TransientTransactionError") && outcome.Reason != store.Unique:
		outcome.Reason = store.Conflict // rolled back, and safe to try again
	case !sent && outcome.Reason == store.ReasonNone:
		outcome.Reason = store.Unavailable
	}
	if outcome.Reason != store.ReasonNone {
		outcome.Status, outcome.Deadlock = store.Refused, answered && code == deadlock
	}
	return outcome
}

// codeOf is the server's code of the first thing that went wrong, if the server answered.
func codeOf(err error) (code int, answered bool) {
	var one driver.WriteException
	var many driver.BulkWriteException
	var command driver.CommandError
	switch {
	case errors.As(err, &one) && len(one.WriteErrors) > 0:
		return one.WriteErrors[0].Code, true
	case errors.As(err, &one) && one.WriteConcernError != nil:
		return one.WriteConcernError.Code, true
	case errors.As(err, &many) && len(many.WriteErrors) > 0:
		return many.WriteErrors[0].Code, true
	case errors.As(err, &many) && many.WriteConcernError != nil:
		return many.WriteConcernError.Code, true
	case errors.As(err, &command) && command.Code != 0:
		return int(command.Code), true
	}
	return 0, false
}

// concernMissed tells whether the write was made and not enough members acknowledged it.
func concernMissed(err error) bool {
	var one driver.WriteException
	var many driver.BulkWriteException
	return errors.As(err, &one) && one.WriteConcernError != nil && len(one.WriteErrors) == 0 ||
		errors.As(err, &many) && many.WriteConcernError != nil && len(many.WriteErrors) == 0
}

// reasonOf gives ReasonNone, and so Unknown, to a code that is not in the table: a
// server that says something new has not promised anything. Left out on purpose: 1
// (internal error), 91, 189, 11600 and 11602 (stopped while it may have been at work),
// 64 and 100 (write concern).
func reasonOf(code int) store.Reason {
	for reason, codes := range reasons() {
		for _, one := range codes {
			if one == code {
				return reason
			}
		}
	}
	return store.ReasonNone
}

// reasons are the server's codes [G], by name in the order written.
func reasons() map[store.Reason][]int {
	return map[store.Reason][]int{
		store.Unique:          {11000, 11001, 12582},                                 // DuplicateKey, its two elders
		store.Conflict:        {112, 251, 24, 46, 225, 246, deadlock, serialization}, // WriteConflict NoSuchTransaction LockTimeout LockBusy TransactionTooOld SnapshotUnavailable
		store.Forbidden:       {13},                                                  // Unauthorized
		store.Unauthenticated: {18, 11},                                              // AuthenticationFailed UserNotFound
		store.TimedOut:        {50, 262, 11601},                                      // MaxTimeMSExpired ExceededTimeLimit Interrupted
		store.ReadOnly:        {10107, 13435, 10058},                                 // NotWritablePrimary NotPrimaryNoSecondaryOk, an elder
		store.Unavailable:     {13436},                                               // NotPrimaryOrSecondary
		store.Exhausted:       {146, 292, 14031, 17217, 39},                          // ExceededMemoryLimit …NoDiskUseAllowed OutOfDiskSpace, distinct over 16 MB, FileOpenFailed
		store.Unsupported:     {238, 59, 115, 20, 303, 40324},                        // NotImplemented CommandNotFound CommandNotSupported IllegalOperation APIStrictError, an unknown stage
		store.NotFound:        {26},                                                  // NamespaceNotFound
		store.Invalid: {
			2, 4, 9, 14, 17, 22, 28, 40, // BadValue NoSuchKey FailedToParse TypeMismatch ProtocolError InvalidBSON PathNotViable ConflictingUpdateOperators
			27, 48, 52, 54, 56, 57, 66, 67, 68, 72, 73, // IndexNotFound NamespaceExists DollarPrefixedFieldName NotSingleValueField EmptyFieldName DottedFieldName ImmutableField CannotCreateIndex IndexAlreadyExists InvalidOptions InvalidNamespace
			85, 86, 121, 171, 197, // IndexOptionsConflict IndexKeySpecsConflict DocumentValidationFailure CannotIndexParallelArrays InvalidIndexSpecificationOption
			10334, 17280, 31249, 31250, 51075, 51091, 51108, // BSONObjectTooLarge KeyTooLong, path collisions of a projection, regular expressions
		},
	}
}

// DocumentDB passes on what PostgreSQL below it refused as a number that packs SQLSTATE,
// six bits a letter: these are 40P01 and 40001, both rolled back.
const (
	deadlock      = 4 | ('P'-'0')<<12 | 1<<24
	serialization = 4 | 1<<24
)

// refusedHere carries a refusal of ours through a function that returns an error.
type refusedHere struct{ outcome store.Outcome }

func (r *refusedHere) Error() string { return r.outcome.Detail() }

// invalid refuses a request that breaks the contract.
func invalid(err error) store.Outcome {
	return store.Outcome{Status: store.Refused, Reason: store.Invalid, Err: err}
}

// partly is the outcome of a command over many documents: one that was stopped on the
// way may have changed some of them.
func partly(outcome store.Outcome) store.Outcome {
	if outcome.Is(store.TimedOut) || outcome.Is(store.Conflict) || outcome.Is(store.Exhausted) {
		outcome.Status, outcome.Reason = store.Unknown, store.ReasonNone
	}
	return outcome
}

// conflictTries bounds how often an operation that lost a race is tried again.
const conflictTries = 5

// retrying repeats an operation that the server rolled back as a Conflict, which is
// safe, with a growing pause of at most half a second. The clock's last digits spread
// the losers of one race, who would otherwise meet again.
func retrying(ctx context.Context, do func() store.Outcome) store.Outcome {
	outcome := do()
	for try := 1; try < conflictTries && outcome.Is(store.Conflict); try++ {
		length := (10 * time.Millisecond) << try
		if drivers.Pause(ctx, length+time.Duration(time.Now().UnixNano())%(2*length)) != nil {
			break
		}
		outcome = do().After(outcome)
	}
	return outcome
}
