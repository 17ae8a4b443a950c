package trace_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/postgres"
	"tristore/scenarios/trace"
)

// logged is a real server that logs in every format it knows, into a folder of its own.
type logged struct {
	*cluster.Cluster
	folder string
}

// prefixInUse has what a log needs to tell sessions and databases apart.
const prefixInUse = "%m [%-8p] %q%u@%d/%a "

func startLogged(t *testing.T, major int, settings map[string]string) logged {
	t.Helper()
	folder := t.TempDir()
	for path, mode := range map[string]os.FileMode{filepath.Dir(folder): 0o755, folder: 0o777} { // the server may be another user
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]string{"logging_collector": "on", "log_destination": "stderr,csvlog", "log_directory": folder, "log_filename": "real.log", "log_file_mode": "0644",
		"log_line_prefix": prefixInUse, "log_rotation_age": "0", "log_rotation_size": "0"}
	if major >= 15 {
		all["log_destination"] += ",jsonlog"
	}
	for name, value := range settings {
		all[name] = value
	}
	started, err := cluster.Start(t.Context(), cluster.Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: major}, Reach: drivers.Embedded, Durability: cluster.Relaxed,
		Dir: t.TempDir(), Cache: programs.DefaultDir(), RunID: "trace-test", Settings: all})
	if err != nil {
		t.Fatal(err)
	}
	server := logged{started, folder}
	t.Cleanup(func() { _ = server.Close(context.Background()) })
	return server
}

// note is a parameter with everything that a log must quote.
const note = "it's, $2 = 'x'\n\tnew \"line\", \\ and ü"

// traffic is what two sessions do.
func traffic(t *testing.T, on logged) {
	t.Helper()
	target := on.Admin.WithApplication("shop: front")
	first, second := dial(t, target), dial(t, target)
	ask := func(session *postgres.Raw, s postgres.RawStatement) {
		t.Helper()
		if outcome := session.Run(t.Context(), s); !outcome.OK() {
			t.Fatalf("%s: %s", s.Text, outcome.Detail())
		}
	}
	one := [][]byte{[]byte("1")}
	for _, text := range []string{"CREATE TABLE goods (id int PRIMARY KEY, name text, made timestamptz, price numeric)", "BEGIN ISOLATION LEVEL REPEATABLE READ"} {
		ask(first, postgres.RawStatement{Text: text})
	}
	ask(first, postgres.RawStatement{Text: "INSERT INTO goods VALUES ($1, $2, $3, $4)", Params: [][]byte{[]byte("1"), []byte(note), []byte("2024-02-03 04:05:06.789+00"), nil}})
	ask(second, postgres.RawStatement{Text: "SELECT name, ': ' FROM goods WHERE id = $1", Params: one, Prepared: true})
	ask(first, postgres.RawStatement{Text: "COMMIT"})
	ask(second, postgres.RawStatement{Text: "SELECT name, ': ' FROM goods WHERE id = $1", Params: one})
	for _, text := range []string{lines, "SET work_mem = '4MB'", "SELECT pg_sleep(0.2) -- goods"} {
		ask(second, postgres.RawStatement{Text: text})
	}
	if outcome := second.Run(t.Context(), postgres.RawStatement{Text: "SELECT no_such_column FROM goods"}); outcome.OK() {
		t.Fatal("the wrong statement is accepted")
	}
	for _, text := range []string{"SELECT 'simple' AS goods", "SELECT 'two' AS goods; SELECT 'statements'", "PREPARE goods AS SELECT 1"} {
		if err := postgres.Exec(t.Context(), on.Admin, text); err != nil {
			t.Fatal(err)
		}
	}
}

const lines = "SELECT 1 /* over\n\ttwo\n\n\tlines: yes */ AS goods, 'semi;colon' AS other"

func dial(t *testing.T, target drivers.Target) *postgres.Raw {
	t.Helper()
	session, err := postgres.DialRaw(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close(context.Background()) })
	return session
}

// imported makes a trace of logs and reads it back.
func imported(t *testing.T, how trace.Import, logs ...string) (trace.Summary, []trace.Record) {
	t.Helper()
	var all []trace.Log
	for _, path := range logs {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, trace.Log{Name: path, From: bytes.NewReader(data)})
	}
	how.Scratch = t.TempDir()
	var to bytes.Buffer
	summary, err := how.Run(all, &to)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := trace.NewReader(bytes.NewReader(to.Bytes()), int64(to.Len()), "the trace")
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	var records []trace.Record
	for {
		record, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return summary, records
		}
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, record)
	}
}

// statements are those of the test, by session in the order in which they are due; which
// of two sessions was first is lost where a log cuts times to milliseconds.
func statements(records []trace.Record) []string {
	sessions := map[uint64]string{}
	for _, r := range records {
		if strings.Contains(r.Text, "goods") || r.Text == "COMMIT" || strings.HasPrefix(r.Text, "BEGIN") {
			sessions[r.Session] += fmt.Sprintf("%s %v %t %s\n", r.Text, r.Params, r.Prepared, r.Database)
		}
	}
	return slices.Sorted(maps.Values(sessions))
}

// What one server logged, in every format and by both settings, is imported as the same
// statements, and what cannot be replayed is counted.
func TestRealLogsOfEveryFormat(t *testing.T) {
	for _, major := range []int{12, 16, 18} {
		for setting, value := range map[string]string{"log_statement": "all", "log_min_duration_statement": "0"} {
			t.Run(fmt.Sprintf("postgres:%d %s", major, setting), func(t *testing.T) {
				server := startLogged(t, major, map[string]string{setting: value})
				traffic(t, server)
				if err := server.Close(t.Context()); err != nil { // and the logs are whole
					t.Fatal(err)
				}
				formats := map[string]string{"stderr": "real.log", "csvlog": "real.csv"}
				if major >= 15 {
					formats["jsonlog"] = "real.json"
				}
				for format, file := range formats {
					summary, records := imported(t, trace.Import{Format: format, Prefix: prefixInUse}, filepath.Join(server.folder, file))
					checkImport(t, summary, records)
				}
			})
		}
	}
}

func checkImport(t *testing.T, summary trace.Summary, records []trace.Record) {
	t.Helper()
	want := []string{
		"BEGIN ISOLATION LEVEL REPEATABLE READ [] false postgres\n" +
			"INSERT INTO goods VALUES ($1, $2, $3, $4) [{1 false} {" + note + " false} {2024-02-03 04:05:06.789+00 false} { true}] false postgres\n" +
			"COMMIT [] false postgres\n",
		"SELECT 'simple' AS goods [] false postgres\n",
		"SELECT name, ': ' FROM goods WHERE id = $1 [{1 false}] true postgres\n" +
			"SELECT name, ': ' FROM goods WHERE id = $1 [{1 false}] false postgres\n" +
			lines + " [] false postgres\n" +
			"SELECT pg_sleep(0.2) -- goods [] false postgres\n",
	}
	got := statements(records)
	if !slices.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwanted\n%s", summary.Source, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	counts := map[string]int64{}
	for _, c := range append(summary.NotReplayable, summary.Other...) {
		counts[c.What] += c.N
	}
	for _, reason := range []string{"changes the schema or empties a table", "several statements in one message", "changes a setting of its session", "PREPARE or EXECUTE written in SQL"} {
		if counts[reason] == 0 {
			t.Errorf("%s: nothing is counted as %q: %v", summary.Source, reason, counts)
		}
	}
	if counts["errors: statements that failed when they were recorded, and other failures"] == 0 {
		t.Errorf("%s: the failed statement is not counted", summary.Source)
	}
	sessions := map[uint64]int{}
	var sleep, after time.Duration
	for _, r := range records {
		switch {
		case strings.Contains(r.Text, "pg_sleep"):
			sleep = r.Due
		case strings.Contains(r.Text, "'simple'"):
			after = r.Due
		}
		if strings.Contains(r.Text, "FROM goods") || strings.Contains(r.Text, "INTO goods") {
			sessions[r.Session]++
		}
	}
	if gap := after - sleep; gap < 190*time.Millisecond {
		t.Errorf("%s: a sleep of 200 ms was due %s before the statement behind it", summary.Source, gap)
	}
	if len(sessions) != 2 {
		t.Errorf("%s: %d sessions", summary.Source, len(sessions))
	}
}
