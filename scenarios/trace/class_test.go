package trace

import (
	"strings"
	"testing"
)

func TestClasses(t *testing.T) {
	for statement, want := range map[string]Class{
		"SELECT 1":                                              Read,
		"  /* a; b */ select 1; -- c":                           Read,
		"(SELECT 1) UNION (SELECT 2)":                           Read,
		"VALUES (1)":                                            Read,
		"SHOW work_mem":                                         Read,
		"EXPLAIN SELECT 1":                                      Read,
		"WITH a AS (SELECT 1) SELECT * FROM a":                  Read,
		"SELECT 'a;b', $$c;d$$, $x$ ' $x$, E'\\';'":             Read,
		`SELECT ";" FROM "insert"`:                              Read,
		"SELECT g.update FROM g":                                Read,
		"SELECT 'INSERT INTO x'":                                Read,
		"SELECT pg_advisory FROM t":                             Read,
		"WITH a AS (DELETE FROM b RETURNING 1) SELECT 1":        Write,
		"SELECT * FROM a FOR UPDATE":                            Write,
		"SELECT * FROM a FOR NO KEY UPDATE":                     Write,
		"select * from a for share":                             Write,
		"SELECT * FROM a FOR KEY SHARE":                         Write,
		"SELECT nextval('s')":                                   Write,
		"EXPLAIN ANALYZE DELETE FROM a":                         Write,
		"INSERT INTO a VALUES (1)":                              Write,
		"MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE": Write,
		"CALL p()":                     Write,
		"BEGIN":                        Begin,
		"START TRANSACTION READ WRITE": Begin,
		"COMMIT":                       Commit,
		"END":                          Commit,
		"ROLLBACK":                     Rollback,
		"ABORT":                        Rollback,
		"COMMIT AND NO CHAIN":          Commit,
		"COMMIT AND CHAIN":             Never,
		"ROLLBACK TO SAVEPOINT a":      Savepoint,
		"RELEASE a":                    Savepoint,
		"COMMIT PREPARED 'x'":          Never,
		"PREPARE TRANSACTION 'x'":      Never,
		"SELECT 1; SELECT 2":           Never,
		"COMMIT; DELETE FROM a":        Never,
		"SELECT 1 INTO a":              Never,
		"CREATE TABLE a (b int)":       Never,
		"TRUNCATE a":                   Never,
		"SET default_transaction_read_only = off":        Never,
		"SELECT set_config('a', 'b', false)":             Never,
		`SELECT "set_config"('a', 'b', false)`:           Never,
		"SELECT pg_catalog.set_config ('a', 'b', false)": Never,
		"SELECT pg_terminate_backend(1)":                 Never,
		"SELECT pg_advisory_lock(1)":                     Never,
		"SELECT dblink_exec('DELETE')":                   Never,
		"SELECT lo_export(1, 'f')":                       Never,
		"COPY a FROM STDIN":                              Never,
		"DO $$BEGIN END$$":                               Never,
		"EXPLAIN CREATE TABLE a AS SELECT 1":             Never,
		"EXECUTE a(1)":                                   Never,
		"FETCH 1 FROM c":                                 Never,
		"hello":                                          Never,
		"":                                               Never,
		";":                                              Never,
		"SELECT 'a":                                      Never,
		"SELECT /* a":                                    Never,
		`SELECT "a`:                                      Never,
		"SELECT $a$ b $c$":                               Never,
	} {
		class, why := Classify(statement)
		if class != want || (class == Never) != (why != "") {
			t.Errorf("%s: class %d because %q, wanted %d", statement, class, why, want)
		}
	}
}

func TestIsolationIsKept(t *testing.T) {
	for statement, want := range map[string]string{
		"BEGIN":            "BEGIN READ ONLY",
		"BEGIN READ WRITE": "BEGIN READ ONLY",
		"START TRANSACTION ISOLATION LEVEL SERIALIZABLE READ WRITE": "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
		"begin isolation level repeatable read, read write":         "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		"BEGIN ISOLATION LEVEL READ COMMITTED":                      "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
		"BEGIN ISOLATION LEVEL":                                     "BEGIN READ ONLY",
	} {
		if got := ReadOnlyBegin(statement); got != want {
			t.Errorf("%s became %s", statement, got)
		}
	}
}

// FuzzLex: the pieces are the statement, and hashing one leaves its class as it was.
func FuzzLex(f *testing.F) {
	for _, seed := range []string{"SELECT 'a''b', E'\\'', $1, $x$y$x$, 1.5e-3, 0x1f, U&'a', B'01', \"c\"\"d\" -- e\n/* f /* g */ h */", "a..b", "$", "1e", "..1"} {
		f.Add(seed)
	}
	h := newHasher()
	f.Fuzz(func(t *testing.T, statement string) {
		tokens, err := lex(statement)
		if err != nil {
			return
		}
		var whole strings.Builder
		for _, token := range tokens {
			if token.raw == "" {
				t.Fatal("a piece of nothing")
			}
			whole.WriteString(token.raw)
		}
		if whole.String() != statement {
			t.Errorf("%q became %q", statement, whole.String())
		}
		before, _ := classify(tokens)
		r := Record{Text: statement}
		if h.record(&r, tokens) != nil {
			return
		}
		if after, why := Classify(r.Text); after != before {
			t.Errorf("%q was class %d, and hashed it is %d: %q %s", statement, before, after, r.Text, why)
		}
	})
}
