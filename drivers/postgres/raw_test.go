package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

func dialRaw(t *testing.T) *postgres.Raw {
	t.Helper()
	raw, err := postgres.DialRaw(t.Context(), emptyDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close(context.Background()) })
	return raw
}

// mustRun runs statements that have to be committed.
func mustRun(t *testing.T, raw *postgres.Raw, statements ...string) {
	t.Helper()
	for _, text := range statements {
		if outcome := raw.Run(t.Context(), postgres.RawStatement{Text: text}); !outcome.OK() {
			t.Fatalf("%s: %s", text, outcome.Detail())
		}
	}
}

// Nothing that a statement says gets it out of a read-only transaction.
func TestRawReadOnlyChangesNothing(t *testing.T) {
	raw := dialRaw(t)
	mustRun(t, raw, "CREATE TABLE rows (id int)", "CREATE SEQUENCE numbers", "INSERT INTO rows VALUES (1)",
		"CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS 'INSERT INTO rows VALUES (2) RETURNING id'",
		"CREATE FUNCTION frees() RETURNS int LANGUAGE plpgsql AS $$BEGIN PERFORM set_config('transaction_read_only', 'off', false); INSERT INTO rows VALUES (3); RETURN 1; END$$")
	for _, text := range []string{
		"INSERT INTO rows VALUES (4)", "WITH new AS (INSERT INTO rows VALUES (5) RETURNING id) SELECT * FROM new", "SELECT writes()", "SELECT frees()",
		"SELECT nextval('numbers')", "SELECT * FROM rows FOR UPDATE", "SELECT 1 AS a INTO other", "EXPLAIN ANALYZE INSERT INTO rows VALUES (6)", "TRUNCATE rows",
		"SELECT set_config('transaction_read_only', 'off', true)", "COMMIT; INSERT INTO rows VALUES (7)", "SELECT 1; COMMIT; INSERT INTO rows VALUES (8)",
	} {
		for _, prepared := range []bool{false, true} {
			outcome := raw.Run(t.Context(), postgres.RawStatement{Text: text, ReadOnly: true, Prepared: prepared})
			if outcome.OK() {
				t.Errorf("%s: %s", text, outcome.Detail())
			}
			if raw.InTransaction() {
				t.Fatalf("%s leaves a transaction open", text)
			}
		}
	}
	// The same inside a block that is open already.
	mustRun(t, raw, "BEGIN READ ONLY", "SELECT 1")
	if outcome := raw.Run(t.Context(), postgres.RawStatement{Text: "SELECT frees()"}); outcome.OK() {
		t.Error(outcome.Detail())
	}
	mustRun(t, raw, "ROLLBACK")
	before := raw.Rows()
	if outcome := raw.Run(t.Context(), postgres.RawStatement{Text: "SELECT 1 / (2 - count(*)) FROM rows WHERE id = $1", Params: [][]byte{[]byte("1")}, ReadOnly: true}); !outcome.OK() || raw.Rows()-before != 1 {
		t.Errorf("%s, %d rows", outcome.Detail(), raw.Rows()-before)
	}
	if outcome := raw.Run(t.Context(), postgres.RawStatement{Text: "SELECT 1 / (count(*) - 1) FROM rows"}); outcome.OK() {
		t.Error("rows were added")
	}
}

func TestRawKeepsTransactionsAndParameters(t *testing.T) {
	raw := dialRaw(t)
	mustRun(t, raw, "CREATE TABLE rows (id int, note text)")
	for i := range 600 { // more texts than are kept prepared
		text := fmt.Sprintf("INSERT INTO rows VALUES ($1, $2 || '%d')", i)
		if outcome := raw.Run(t.Context(), postgres.RawStatement{Text: text, Params: [][]byte{[]byte(fmt.Sprint(i)), nil}, Prepared: true}); !outcome.OK() {
			t.Fatal(outcome.Detail())
		}
	}
	mustRun(t, raw, "SELECT 1 / (CASE count(*) WHEN 600 THEN 1 ELSE 0 END) FROM rows WHERE note IS NULL")
	before := raw.Rows()
	mustRun(t, raw, "BEGIN", "DELETE FROM rows")
	if !raw.InTransaction() {
		t.Error("the block is not seen")
	}
	if outcome := raw.Run(t.Context(), postgres.RawStatement{Text: "SELECT generate_series(1, 7)", ReadOnly: false}); !outcome.OK() || raw.Rows()-before != 607 {
		t.Errorf("%s, %d rows", outcome.Detail(), raw.Rows()-before)
	}
	if outcome := raw.Run(t.Context(), postgres.RawStatement{Text: "SELECT 1 / 0"}); !outcome.Is(store.Invalid) {
		t.Error(outcome.Detail())
	}
	if outcome := raw.Run(t.Context(), postgres.RawStatement{Text: "SELECT 1"}); !outcome.Is(store.Invalid) {
		t.Errorf("in a failed transaction: %s", outcome.Detail())
	}
	if outcome := raw.Run(t.Context(), postgres.RawStatement{Text: "COMMIT", Commit: true}); !outcome.Is(store.Invalid) {
		t.Errorf("a commit that rolled back: %s", outcome.Detail())
	}
	mustRun(t, raw, "SELECT 1 / (CASE count(*) WHEN 600 THEN 1 ELSE 0 END) FROM rows")
	mustRun(t, raw, "BEGIN", "DELETE FROM rows")
	if err := raw.Rollback(t.Context()); err != nil || raw.InTransaction() {
		t.Error(err)
	}
}

// A lost connection is an outcome that nobody knows, and the next statement opens another.
func TestRawOutlivesItsConnection(t *testing.T) {
	raw := dialRaw(t)
	if outcome := raw.Run(t.Context(), postgres.RawStatement{Text: "SELECT pg_terminate_backend(pg_backend_pid())"}); outcome.Status != store.Unknown {
		t.Error(outcome.Detail())
	}
	mustRun(t, raw, "SELECT 1")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if outcome := raw.Run(ended, postgres.RawStatement{Text: "SELECT 1"}); outcome.OK() {
		t.Error("a statement after the end of its context is committed")
	}
	mustRun(t, raw, "SELECT 1")
}
