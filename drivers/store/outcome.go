package store

import "fmt"

// Status is how an operation ended as far as the client can know.
type Status int

// The three ends. Unknown is the zero value: a write whose acknowledgement was
// lost may or may not have happened, and nobody may count it as either.
const (
	Unknown Status = iota
	Committed
	Refused
)

func (s Status) String() string { return [...]string{"unknown", "committed", "refused"}[s] }

// Reason is why a store refused, from its code and never from its text.
type Reason string

// The reasons. ReasonNone goes with Committed and Unknown.
const (
	ReasonNone      Reason = ""
	Unique          Reason = "unique"    // a unique index or key holds that value already
	NotFound        Reason = "not found" // no live row matches; expired rows do not live
	Conflict        Reason = "conflict"  // serialization failure or deadlock: safe to try again
	Forbidden       Reason = "forbidden" // the role may not
	Unauthenticated Reason = "unauthenticated"
	Exhausted       Reason = "exhausted"   // no connection slot, memory or disk
	Invalid         Reason = "invalid"     // the request breaks the contract, such as an empty filter or a bad row
	Unsupported     Reason = "unsupported" // the engine has no such feature
	Unavailable     Reason = "unavailable" // refused before anything was sent: starting, stopping, no connection
	TimedOut        Reason = "timed out"   // the server says it cancelled the statement
	ReadOnly        Reason = "read-only"   // a standby, or a read-only session
)

// Outcome tells how one operation ended. Err is what the driver said, kept as
// evidence with secrets masked; no judgement reads it.
type Outcome struct {
	Status Status
	Reason Reason
	Code   string // SQLSTATE or the server's error code, as text
	Err    error
	// Deadlock tells of a Conflict that two waited for each other.
	Deadlock bool
	// Retries is how often it was tried again after a conflict, before it ended so, and
	// Deadlocks how often of these after a deadlock.
	Retries, Deadlocks int
}

// After is how another try ended, with those before it: the last of them was refused so.
func (o Outcome) After(refused Outcome) Outcome {
	o.Retries, o.Deadlocks = o.Retries+refused.Retries+1, o.Deadlocks+refused.Deadlocks
	if refused.Deadlock {
		o.Deadlocks++
	}
	return o
}

// Done is the outcome of an operation that the store acknowledged.
func Done() Outcome { return Outcome{Status: Committed} }

// Refuse is a refusal decided by the contract itself, before or after the server was asked.
func Refuse(reason Reason, why string, args ...any) Outcome {
	return Outcome{Status: Refused, Reason: reason, Err: fmt.Errorf(why, args...)}
}

// OK tells whether the store acknowledged the operation.
func (o Outcome) OK() bool { return o.Status == Committed }

// Is tells whether the store refused for that reason.
func (o Outcome) Is(reason Reason) bool { return o.Status == Refused && o.Reason == reason }

// String is short and stable, such as "refused(unique)"; it never contains driver text.
func (o Outcome) String() string {
	if o.Status == Refused {
		return "refused(" + string(o.Reason) + ")"
	}
	return o.Status.String()
}

// Detail adds the code and the driver's words, for evidence.
func (o Outcome) Detail() string {
	text := o.String()
	if o.Code != "" {
		text += " [" + o.Code + "]"
	}
	if o.Err != nil {
		text += ": " + o.Err.Error()
	}
	return text
}
