package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tristore/drivers/store"
)

func said(code, severity string) error {
	return fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code, SeverityUnlocalized: severity, Message: "duplicate key, says somebody else's text"})
}

func TestOutcomeOfEachCode(t *testing.T) {
	for code, want := range map[string]store.Reason{
		"23505": store.Unique, "23502": store.Invalid, "23514": store.Invalid, "22021": store.Invalid, "22003": store.Invalid, "22P05": store.Invalid,
		"42703": store.Invalid, "42P01": store.Invalid, "42P10": store.Invalid, "42501": store.Forbidden, "40001": store.Conflict, "40P01": store.Conflict,
		"55P03": store.Conflict, "28000": store.Unauthenticated, "28P01": store.Unauthenticated, "53100": store.Exhausted, "53200": store.Exhausted,
		"53300": store.Exhausted, "54011": store.Invalid, "0A000": store.Unsupported, "57014": store.TimedOut, "25006": store.ReadOnly, "3D000": store.Invalid,
		"P0001": store.Invalid,
	} {
		outcome := outcomeOf(said(code, "ERROR"))
		if !outcome.Is(want) || outcome.Code != code || outcome.Err == nil {
			t.Errorf("%s: %s, wanted refused(%s)", code, outcome.Detail(), want)
		}
		if outcome := outcomeOf(said(code, "FATAL")); outcome.Status != store.Unknown || outcome.Code != code {
			t.Errorf("%s that ended the session: %s, wanted unknown", code, outcome.Detail())
		}
		if outcome := outcomeOf(&unsent{said(code, "FATAL")}); !outcome.Is(want) {
			t.Errorf("%s when connecting: %s, wanted refused(%s)", code, outcome.Detail(), want)
		}
	}
	for _, code := range []string{"08000", "08003", "08006", "08P01", "40003", "57P01", "57P02", "57P05", "25P03", "58030", "XX000", "XX001", "99999", "", "2", "230000"} {
		if severity := map[bool]string{true: "FATAL", false: "ERROR"}[code > "57P" && code < "58"]; outcomeOf(said(code, severity)).Status != store.Unknown {
			t.Errorf("%q with %s: %s, wanted unknown", code, severity, outcomeOf(said(code, severity)))
		}
	}
}

func TestOutcomeWithoutACode(t *testing.T) {
	_, unencodable := json.Marshal(math.NaN())
	for name, c := range map[string]struct {
		err  error
		want store.Outcome
	}{
		"nothing":                    {nil, store.Outcome{Status: store.Committed}},
		"no row":                     {fmt.Errorf("x: %w", pgx.ErrNoRows), store.Outcome{Status: store.Refused, Reason: store.NotFound}},
		"before anything was sent":   {&unsent{context.DeadlineExceeded}, store.Outcome{Status: store.Refused, Reason: store.Unavailable}},
		"starting up":                {&unsent{said("57P03", "FATAL")}, store.Outcome{Status: store.Refused, Reason: store.Unavailable}},
		"shutting down":              {&unsent{said("57P01", "FATAL")}, store.Outcome{Status: store.Refused, Reason: store.Unavailable}},
		"a new code when connecting": {&unsent{said("99999", "FATAL")}, store.Outcome{Status: store.Refused, Reason: store.Unavailable}},
		"the context ended":          {context.DeadlineExceeded, store.Outcome{}},
		"cancelled":                  {fmt.Errorf("timeout: %w", context.Canceled), store.Outcome{}},
		"anything else":              {errors.New("23505 duplicate key"), store.Outcome{}},
		"safe to retry":              {safe{}, store.Outcome{Status: store.Refused, Reason: store.Unavailable}},
		"a value JSON has not":       {fmt.Errorf("encoding: %w", unencodable), store.Outcome{Status: store.Refused, Reason: store.Invalid}},
	} {
		if got := outcomeOf(c.err); got.Status != c.want.Status || got.Reason != c.want.Reason {
			t.Errorf("%s: %s, wanted %s", name, got.Detail(), c.want)
		}
	}
}

type safe struct{}

func (safe) Error() string     { return "not sent" }
func (safe) SafeToRetry() bool { return true }

// Tries after a deadlock are counted apart from those after any other conflict.
func TestTriesAreCountedByWhatTheyFollow(t *testing.T) {
	answers := []store.Outcome{outcomeOf(&pgconn.PgError{Code: "40P01"}), outcomeOf(&pgconn.PgError{Code: "40001"}), store.Done()}
	calls := 0
	outcome := retrying(t.Context(), func() store.Outcome { calls++; return answers[calls-1] })
	if !outcome.OK() || outcome.Retries != 2 || outcome.Deadlocks != 1 {
		t.Errorf("%s after %d retries, %d of them after a deadlock", outcome, outcome.Retries, outcome.Deadlocks)
	}
}

func TestRetryingIsBounded(t *testing.T) {
	calls := 0
	outcome := retrying(t.Context(), func() store.Outcome { calls++; return store.Refuse(store.Conflict, "always") })
	if calls != conflictTries || !outcome.Is(store.Conflict) {
		t.Errorf("%d calls, %s", calls, outcome)
	}
	for _, final := range []store.Outcome{{}, store.Done(), store.Refuse(store.Unique, "x")} {
		calls = 0
		if outcome := retrying(t.Context(), func() store.Outcome { calls++; return final }); calls != 1 || outcome.Status != final.Status {
			t.Errorf("%s was tried %d times", final, calls)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	calls = 0
	retrying(over, func() store.Outcome { calls++; return store.Refuse(store.Conflict, "always") })
	if calls != 1 {
		t.Errorf("%d calls after the context ended", calls)
	}
}
