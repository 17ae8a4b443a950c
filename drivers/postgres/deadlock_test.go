package postgres_test

import (
	"testing"

	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// Of two sessions that wait for each other the server refuses one, and its outcome says
// that it was a deadlock and no other conflict.
func TestADeadlockIsToldFromOtherConflicts(t *testing.T) {
	on := emptyDatabase(t)
	if err := postgres.Exec(t.Context(), on, "CREATE TABLE rows (id int PRIMARY KEY, n int); INSERT INTO rows VALUES (1, 0), (2, 0)"); err != nil {
		t.Fatal(err)
	}
	var sessions [2]*postgres.Raw
	run := func(at int, text string) store.Outcome {
		return sessions[at].Run(t.Context(), postgres.RawStatement{Text: text})
	}
	for at, first := range []string{"UPDATE rows SET n = 1 WHERE id = 1", "UPDATE rows SET n = 2 WHERE id = 2"} {
		session, err := postgres.DialRaw(t.Context(), on)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = session.Close(t.Context()) }()
		sessions[at] = session
		for _, text := range []string{"BEGIN", first} {
			if outcome := run(at, text); !outcome.OK() {
				t.Fatal(outcome.Detail())
			}
		}
	}
	other := make(chan store.Outcome)
	go func() { other <- run(1, "UPDATE rows SET n = 2 WHERE id = 1") }()
	deadlocks := 0
	for _, outcome := range []store.Outcome{run(0, "UPDATE rows SET n = 1 WHERE id = 2"), <-other} {
		if outcome.Deadlock && outcome.Is(store.Conflict) {
			deadlocks++
		} else if !outcome.OK() {
			t.Error(outcome.Detail())
		}
	}
	if deadlocks != 1 {
		t.Errorf("%d of two sessions were refused for a deadlock", deadlocks)
	}
}
