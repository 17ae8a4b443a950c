package load

import (
	"fmt"

	"tristore/drivers/store"
)

// InOrder runs the operations of one arrival one after the other until one is not
// committed, and returns that outcome, or the last, with the retries of all.
func InOrder(operations ...func() store.Outcome) store.Outcome {
	outcome, retries, deadlocks := store.Done(), 0, 0
	for _, operation := range operations {
		outcome = operation()
		retries, deadlocks = retries+outcome.Retries, deadlocks+outcome.Deadlocks
		if !outcome.OK() {
			break
		}
	}
	outcome.Retries, outcome.Deadlocks = retries, deadlocks
	return outcome
}

// Expect turns an answer other than the wanted one into a refusal as Invalid: a fast
// wrong answer must not count as served.
func Expect[T comparable](outcome store.Outcome, what string, got, want T) store.Outcome {
	if outcome.OK() && got != want {
		wrong := store.Refuse(store.Invalid, "%s", fmt.Sprintf("%s: expected %v, answered with %v", what, want, got))
		wrong.Retries, wrong.Deadlocks = outcome.Retries, outcome.Deadlocks
		return wrong
	}
	return outcome
}

// conflictRetries bounds how often Retried tries again.
const conflictRetries = 3

// Retried tries an operation again when the store refused it with a conflict (a
// serialization failure or a deadlock), which says that nothing was written; the
// platform's services do so too. The waits are in the arrival's latency, and the tries
// are counted apart from the outcomes.
func Retried(operation func() store.Outcome) store.Outcome {
	outcome := operation()
	for range conflictRetries {
		if !outcome.Is(store.Conflict) {
			break
		}
		outcome = operation().After(outcome)
	}
	return outcome
}
