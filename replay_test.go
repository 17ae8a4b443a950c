package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tristore/reports/render"
	"tristore/reports/result"
)

// replayable makes a trace of reads and writes, one every 20 ms, and the SQL that makes
// what they ask for.
func replayable(t *testing.T, statements int) (trace, prepare string) {
	t.Helper()
	folder := t.TempDir()
	var log strings.Builder
	for i := range statements {
		text := fmt.Sprintf("SELECT sold FROM goods WHERE id = %d", i%10)
		if i%10 == 9 {
			text = "UPDATE goods SET sold = sold + 1"
		}
		at := i * 20
		fmt.Fprintf(&log, "2024-05-06 %02d:%02d:%02d.%03d UTC [%d] me@shop LOG:  statement: %s\n", 12+at/3_600_000, at/60_000%60, at/1000%60, at%1000, 100+i%7, text)
	}
	logFile, trace, prepare := filepath.Join(folder, "log"), filepath.Join(folder, "trace"), filepath.Join(folder, "prepare.sql")
	for path, text := range map[string]string{logFile: log.String(), prepare: "CREATE TABLE goods (id int, sold int); INSERT INTO goods SELECT generate_series(0, 9), 0"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := tristore(t, "trace", "import", logFile, "--format", "stderr", "--prefix", "%m [%p] %q%u@%d ", "-o", trace); got.code != 0 {
		t.Fatal(got.err)
	}
	return trace, prepare
}

func TestReplayIsOfferedJudgedAndSaved(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	trace, prepare := replayable(t, 200)
	for name, test := range map[string]struct {
		args            []string
		due             int64
		words, notThere string
	}{
		"read-only":           {[]string{"--speed", "2", "--slo", "p50=1s"}, 180, "Not run: 20 statements: not replayed: changes or locks rows", "with writes"},
		"with writes, at max": {[]string{"--speed", "max", "--writes"}, 200, "as fast as possible, with writes", "Not run"},
	} {
		out := t.TempDir()
		args := append([]string{"replay", trace, "--engine", "postgres:16", "--reach", "embedded", "--prepare", prepare, "--connections", "4", "--out", out}, test.args...)
		got := tristore(t, args...)
		saved, err := result.Read(filepath.Join(out, "latest"))
		if err != nil {
			t.Fatalf("%s: %v\n%s\n%s", name, err, got.out, got.err)
		}
		if m := saved.Measurements[0]; got.code != saved.Verdict.ExitCode() || saved.Verdict.Status != result.Pass && !restless(saved) || m.Counts.Due != test.due || m.Counts.Committed != test.due {
			t.Errorf("%s: exit %d, %v, %+v\n%s", name, got.code, saved.Verdict, saved.Measurements[0].Counts, got.out)
		}
		if !strings.Contains(got.out, test.words) || strings.Contains(got.out, test.notThere) {
			t.Errorf("%s: %q is not in, or %q is:\n%s", name, test.words, test.notThere, got.out)
		}
		page, err := os.ReadFile(filepath.Join(out, "latest", render.HTMLName))
		if err != nil || !bytes.Contains(page, []byte("PostgreSQL 16, replay")) {
			t.Errorf("%s: the page shows no replay: %v", name, err)
		}
		if again := tristore(t, "judge", filepath.Join(out, "latest")); again.code != got.code {
			t.Errorf("%s, judged again: exit %d\n%s", name, again.code, again.out)
		}
	}
}

// Ctrl-C leaves a valid saved run of what was replayed until then, judged INCONCLUSIVE.
func TestAnInterruptedReplayIsSavedAndInconclusive(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	trace, prepare := replayable(t, 30_000) // ten minutes
	out := t.TempDir()
	run := begin(t, "replay", trace, "--engine", "postgres:16", "--reach", "embedded", "--prepare", prepare, "--out", out)
	run.until(t, "the replay", func() bool { return strings.Contains(run.said.String(), "/s p50") })
	code := run.stop(t, syscall.SIGINT)
	saved, err := result.Read(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatalf("%v\n%s", err, run.said.String())
	}
	c := saved.Measurements[0].Counts
	if code != exitInconclusive || saved.Verdict.Status != result.Inconclusive || saved.Interrupted == "" || c.Committed == 0 {
		t.Errorf("exit %d, %v, interrupted %q, %+v\n%s", code, saved.Verdict, saved.Interrupted, c, run.said.String())
	}
	if !strings.Contains(run.said.String(), "not due yet when the replay was stopped") {
		t.Errorf("what was not replayed is not counted:\n%s", run.said.String())
	}
}

// Bad input of a replay: one sentence, exit 2, and nothing is left.
func TestBadReplayInput(t *testing.T) {
	trace, prepare := replayable(t, 1)
	whole, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	torn, future, wrong := filepath.Join(folder, "torn"), filepath.Join(folder, "future"), filepath.Join(folder, "wrong.sql")
	newer := bytes.Replace(whole, []byte("tristore-trace 1\n"), []byte("tristore-trace 9\n"), 1)
	for path, data := range map[string][]byte{torn: whole[:len(whole)-5], future: newer, wrong: []byte("SELEC 1")} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no trace":               {nil, "tristore trace import"},
		"an absent trace":        {[]string{"/nowhere/trace"}, "/nowhere/trace"},
		"a torn trace":           {[]string{torn}, "cut short"},
		"a trace of later":       {[]string{future}, "version 9, newer than the 1"},
		"a log":                  {[]string{prepare}, "is no trace"},
		"no speed":               {[]string{trace, "--speed", "0"}, "--speed 0"},
		"a word for a speed":     {[]string{trace, "--speed", "fast"}, "--speed fast"},
		"a promise at max":       {[]string{trace, "--speed", "max", "--slo", "p99=1s"}, "drop --slo"},
		"a promise of all of it": {[]string{trace, "--slo", "p99=1m"}, "measure for longer"},
		"a wrong promise":        {[]string{trace, "--slo", "soon"}, "--slo soon"},
		"another family":         {[]string{trace, "--engine", "ferretdb:1"}, "name a postgres engine"},
		"no version":             {[]string{trace, "--url", "postgres://app:hunter2@127.0.0.1:1/db"}, "give --engine"},
		"nobody at the URL":      {[]string{trace, "--url", "postgres://app:hunter2@127.0.0.1:1/db", "--engine", "postgres:16"}, "127.0.0.1:1"},
		"--prepare of a URL":     {[]string{trace, "--url", "postgres://app:hunter2@127.0.0.1:1/db", "--engine", "postgres:16", "--prepare", prepare}, "drop it"},
		"no file to prepare":     {[]string{trace, "--prepare", "/nowhere/sql"}, "/nowhere/sql"},
		"a wrong preparation":    {[]string{trace, "--prepare", wrong, "--reach", "embedded"}, "syntax error"},
		"no connection":          {[]string{trace, "--connections", "0"}, "lower --connections"},
		"no time":                {[]string{trace, "--for", "0s"}, "between a second"},
	} {
		out := t.TempDir()
		got := tristore(t, append([]string{"replay", "--out", out}, test.args...)...)
		if got.code != exitUsage || !strings.Contains(got.err, test.says) || strings.Count(got.err, "\n") != 1 || strings.Contains(got.out+got.err, "hunter2") {
			t.Errorf("%s: exit %d: %s", name, got.code, got.err)
		}
		if left, _ := os.ReadDir(out); len(left) > 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
}

// Somebody's cluster is only read, even with an administrator's URL and a trace that
// wants more; --writes is refused without a mark, and leaves it as it was.
func TestReplayOnAnExternalCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	server := startSomebodys(t, postgres16())
	server.sql(t, "shop", "CREATE FUNCTION takes() RETURNS int LANGUAGE plpgsql AS $$BEGIN PERFORM set_config('transaction_read_only', 'off', false); DELETE FROM orders; RETURN 1; END$$")
	folder := t.TempDir()
	log, trace := filepath.Join(folder, "log"), filepath.Join(folder, "trace")
	var lines strings.Builder
	for i, text := range []string{"SELECT what FROM orders WHERE id = 7", "DELETE FROM orders", "BEGIN READ WRITE", "SELECT takes()", "UPDATE orders SET what = 'mine'", "COMMIT", "SELECT takes()",
		"WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone", "TRUNCATE orders", "SELECT 1; DELETE FROM orders", "SET default_transaction_read_only = off", "SELECT what INTO copy FROM orders",
		"EXPLAIN ANALYZE DELETE FROM orders", "SELECT count(*) FROM orders"} {
		fmt.Fprintf(&lines, "2024-05-06 12:00:00.%03d UTC [7] me@shop LOG:  statement: %s\n", i*20, text)
	}
	if err := os.WriteFile(log, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := tristore(t, "trace", "import", log, "--format", "stderr", "--prefix", "%m [%p] %q%u@%d ", "-o", trace); got.code != 0 {
		t.Fatal(got.err)
	}
	untouched := server.state(t)
	args := []string{"replay", trace, "--engine", "postgres:16", "--ca-file", server.CAFile, "--url-file", urlFile(t, server.Admin.URL.WithDatabase("box"))}
	out := t.TempDir()
	got := tristore(t, append(args, "--out", out, "--connections", "2")...)
	saved, err := result.Read(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, got.out, got.err)
	}
	// Two calls of the function are refused, and COMMIT after the first of them.
	if c := saved.Measurements[0].Counts; c.Due != 6 || c.Committed != 3 || got.code == 0 {
		t.Errorf("exit %d, %+v\n%s", got.code, c, got.out)
	}
	unspoken(t, server.Admin.URL.Password().Reveal(), got, filepath.Join(out, "latest"))
	if now := server.state(t); now != untouched {
		t.Errorf("it held %s, and now %s", untouched, now)
	}
	out = t.TempDir()
	mends(t, tristore(t, append(args, "--out", out, "--writes")...), out, `database "box" holds no sandbox mark`)
	if now := server.state(t); now != untouched {
		t.Errorf("it held %s, and now %s", untouched, now)
	}
}
