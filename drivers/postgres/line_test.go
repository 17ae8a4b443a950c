package postgres_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// openPoint opens a session with one connection, so that what happened to it is met again.
func openPoint(t *testing.T, target drivers.Target) *postgres.Point {
	t.Helper()
	target.PoolMax = 1
	point, err := postgres.OpenPoint(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, point.Close) })
	return point
}

const (
	sleeps  = `SELECT pg_sleep(60)::text || $1`
	repeats = `SELECT $1::text`
	ownPID  = `SELECT pg_backend_pid()::text || $1`
	sleeper = `query LIKE 'SELECT pg_sleep(60)%' AND state = 'active' AND wait_event = 'PgSleep'`
)

// repeated fails the test unless the session answers.
func repeated(t *testing.T, point *postgres.Point) {
	t.Helper()
	if got, outcome := point.Text(t.Context(), repeats, "x"); got != "x" || !outcome.OK() {
		t.Errorf("afterwards: %q, %s", got, outcome.Detail())
	}
}

func TestAReadEndsWithItsContextAndSoDoesItsStatement(t *testing.T) {
	target := emptyDatabase(t)
	point := openPoint(t, target)
	long, stop := context.WithCancel(t.Context())
	if _, outcome := point.Text(long, repeats, "before"); !outcome.OK() { // the watch is now on this context
		t.Fatal(outcome.Detail())
	}
	ended := make(chan store.Outcome, 1)
	go func() {
		_, outcome := point.Text(long, sleeps, "x")
		ended <- outcome
	}()
	eventually(t, target, sleeper)
	stop()
	if outcome := <-ended; outcome.Status != store.Unknown || !errors.Is(outcome.Err, context.Canceled) {
		t.Errorf("cut off: %s", outcome.Detail())
	}
	gone(t, target, sleeper)
	if _, outcome := point.Text(long, repeats, "x"); !outcome.Is(store.Unavailable) {
		t.Errorf("with a context that is over: %s", outcome.Detail())
	}
	repeated(t, point)
	outcome := readWithin(t, point, 100*time.Millisecond)
	for wait := 200 * time.Millisecond; outcome.Is(store.Unavailable) && wait < time.Minute; wait *= 2 { // over before it was sent
		outcome = readWithin(t, point, wait)
	}
	if outcome.Status != store.Unknown || !errors.Is(outcome.Err, context.DeadlineExceeded) {
		t.Errorf("over time: %s", outcome.Detail())
	}
	repeated(t, point)
}

// readWithin sleeps on the server for longer than the time it has.
func readWithin(t *testing.T, point *postgres.Point, limit time.Duration) store.Outcome {
	brief, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	_, outcome := point.Text(brief, sleeps, "x")
	return outcome
}

// A context that ends between two reads, or that belongs to an earlier one, cuts nothing.
func TestAnEarlierContextCutsNothing(t *testing.T) {
	point := openPoint(t, emptyDatabase(t))
	for range 200 {
		early, stop := context.WithCancel(t.Context())
		if _, outcome := point.Text(early, repeats, "x"); !outcome.OK() {
			t.Fatal(outcome.Detail())
		}
		go stop()
		repeated(t, point)
	}
}

func TestALostConnectionIsAnOutcomeAndTheNextReadHasAnother(t *testing.T) {
	target := emptyDatabase(t)
	point := openPoint(t, target)
	ended := make(chan store.Outcome, 1)
	go func() {
		_, outcome := point.Text(t.Context(), sleeps, "x")
		ended <- outcome
	}()
	kill(t, target, sleeper)
	if outcome := <-ended; outcome.Status != store.Unknown || outcome.Code != "57P01" {
		t.Errorf("while it was waited for: %s", outcome.Detail())
	}
	pid, outcome := point.Text(t.Context(), ownPID, "")
	must(t, outcome)
	endSession(t, pid)
	if _, outcome := point.Text(t.Context(), repeats, "x"); outcome.Status == store.Committed {
		t.Errorf("on a session that is gone: %s", outcome.Detail())
	}
	repeated(t, point)
}

func TestWhatTheServerRefusesLeavesTheConnectionInUse(t *testing.T) {
	target := emptyDatabase(t)
	point, other := openPoint(t, target), connect(t, target)
	run := func(statement string) {
		t.Helper()
		if _, err := other.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	pid, outcome := point.Text(t.Context(), ownPID, "")
	must(t, outcome)
	_, outcome = point.Text(t.Context(), `SELECT (1 / $1::int)::text`, "0")
	refused(t, outcome, store.Invalid)
	_, outcome = point.Text(t.Context(), `SELECT nothing FROM nowhere WHERE $1 = ''`, "x")
	refused(t, outcome, store.Invalid)
	_, outcome = point.Text(t.Context(), `SELECT $1::text WHERE false`, "x")
	refused(t, outcome, store.NotFound)
	if _, outcome = point.Text(t.Context(), `SELECT nullif($1::text, 'x')`, "x"); outcome.Status != store.Unknown {
		t.Errorf("NULL was read as a text: %s", outcome.Detail())
	}
	run(`CREATE TABLE changing AS SELECT 'text'::text AS value`)
	const changing = `SELECT value FROM changing WHERE $1 <> ''`
	_, outcome = point.Text(t.Context(), changing, "x")
	must(t, outcome)
	run(`ALTER TABLE changing ALTER value TYPE varchar(9)`)
	if _, outcome = point.Text(t.Context(), changing, "x"); outcome.Code != "0A000" {
		t.Errorf("the column's type changed: %s", outcome.Detail())
	}
	_, outcome = point.Text(t.Context(), changing, "x")
	must(t, outcome)
	if after, outcome := point.Text(t.Context(), ownPID, ""); after != pid || !outcome.OK() {
		t.Errorf("session %s became %s: %s", pid, after, outcome.Detail())
	}
}

// What a load asks most often takes no memory, so that no collection of garbage is in its
// latencies. These tests use TLS, which takes one piece for each record that it reads.
func TestAPointReadAllocatesNothing(t *testing.T) {
	target := emptyDatabase(t)
	point := openPoint(t, target)
	if _, err := connect(t, target).Exec(t.Context(), `CREATE TABLE pgbench_accounts (aid int, abalance int); INSERT INTO pgbench_accounts VALUES (5, 7)`); err != nil {
		t.Fatal(err)
	}
	allocated := testing.AllocsPerRun(500, func() {
		if balance, outcome := point.Balance(t.Context(), 5); balance != 7 || !outcome.OK() {
			t.Fatalf("%d, %s", balance, outcome.Detail())
		}
	})
	if allocated > 1 {
		t.Errorf("%g allocations per read, one is of TLS", allocated)
	}
}

func TestQuestionsSentTogetherEndEachForItself(t *testing.T) {
	target := emptyDatabase(t)
	point := openPoint(t, target)
	large := strings.Repeat("y", 60<<10) // several of them are more than is sent at once
	found, outcomes := point.Texts(t.Context(), large, repeats, `SELECT (1 / length($1))::text`, `SELECT (1 / (length($1) - 61440))::text`,
		`SELECT nothing FROM nowhere WHERE $1 = ''`, `SELECT $1::text WHERE false`, `SELECT nullif($1, $1)`, repeats+` || $1`)
	for i, want := range []string{"committed", "committed", "refused(invalid)", "refused(invalid)", "refused(not found)", "unknown", "committed"} {
		if got := outcomes[i].String(); got != want {
			t.Errorf("question %d: %s, want %s", i, outcomes[i].Detail(), want)
		}
	}
	if found[0] != large || found[1] != "0" || found[6] != large+large {
		t.Errorf("answers of %d, %d and %d bytes", len(found[0]), len(found[1]), len(found[6]))
	}
	ended := make(chan []store.Outcome, 1)
	go func() {
		_, outcomes := point.Texts(t.Context(), "x", repeats, sleeps, repeats)
		ended <- outcomes
	}()
	kill(t, target, sleeper)
	outcomes = <-ended
	if got := []store.Status{outcomes[0].Status, outcomes[1].Status, outcomes[2].Status}; !slices.Equal(got, []store.Status{store.Committed, store.Unknown, store.Unknown}) {
		t.Errorf("the session was ended in the second: %v", got)
	}
	repeated(t, point)
	over, stop := context.WithCancel(t.Context())
	stop()
	for _, outcome := range last(point.Texts(over, "x", repeats, repeats)) {
		refused(t, outcome, store.Unavailable)
	}
}

func last[A, B any](_ A, b B) B { return b }

// However an address asks for statements to be sent, the answers are the same.
func TestEveryWayToSendStatementsAnswersAlike(t *testing.T) {
	target := migrated(t, store.UsersStore)
	must(t, openAs(t, target).Insert(t.Context(), account(1)))
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		users := openAs(t, withOption(target, "default_query_exec_mode", mode))
		got, outcome := users.LoginByEmail(t.Context(), "USER1@example.org")
		if !outcome.OK() || !reflect.DeepEqual(got, account(1)) {
			t.Errorf("%s: %s, %+v", mode, outcome.Detail(), got)
		}
		_, outcome = users.LoadCaller(t.Context(), id(2))
		refused(t, outcome, store.NotFound)
		together := &store.LoadCallerRead{UserID: id(1)}
		outcome = users.Together(t.Context(), together)[0]
		if prepared := mode == "cache_statement"; prepared != (users.Pipelines() == nil) || prepared != outcome.OK() || prepared != (together.Found.ID == id(1)) {
			t.Errorf("%s, together: %s, %v", mode, outcome.Detail(), users.Pipelines())
		}
	}
}

// gone waits until no active session is as described.
func gone(t *testing.T, target drivers.Target, which string) {
	t.Helper()
	sessions(t, target, statement{"1 - least(count(*), 1)", which})
}

// endSession ends one session, whatever it does, and waits until it has ended.
func endSession(t *testing.T, pid string) {
	t.Helper()
	as := connect(t, admin())
	for left := 1; left > 0; {
		if err := as.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid = $1::text::int`, pid).Scan(&left); err != nil {
			t.Fatal(err)
		}
	}
}
