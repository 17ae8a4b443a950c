package backup

import (
	"strings"
	"testing"

	"tristore/drivers"
)

func TestLinesAreSortedByMeaning(t *testing.T) {
	for line, want := range map[string]lineMeaning{
		`pg_dump: error: connection to server at "127.0.0.1", port 1 failed: Connection refused`: anError,
		`pg_restore: error: could not execute query: ERROR:  relation "x" does not exist`:        anError,
		`pg_restore: warning: errors ignored on restore: 3`:                                      anError,
		`psql:<stdin>:18: ERROR:  unrecognized configuration parameter "transaction_timeout"`:    anError,
		`ERROR:  out of memory`: anError,
		`pg_dump: warning: there are circular foreign-key constraints on this table:`:                                       aWarning,
		`WARNING:  there is already a transaction in progress`:                                                              aWarning,
		`pg_restore: connecting to database for restore`:                                                                    aNote,
		`NOTICE:  table "ERRORS" does not exist, skipping`:                                                                  aNote,
		"2026-11-24T08:00:00.000+0000\tFailed: error connecting to db server: no reachable servers":                         anError,
		"2026-11-24T08:00:00.000+0000\t10 document(s) restored successfully. 2 document(s) failed to restore.":              anError,
		"2026-11-24T08:00:00.000+0000\t10 document(s) restored successfully. 0 document(s) failed to restore.":              aNote,
		"2026-11-24T08:00:00.000+0000\tcontinuing through error: E11000 duplicate key error":                                anError,
		"2026-11-24T08:00:00.000+0000\tdone dumping t1_users.Users (500 documents)":                                         aNote,
		"2026-11-24T08:00:00.000+0000\tWARNING: On some systems, a password provided directly in a connection string or so": aWarning,
	} {
		if got := meaning(line); got != want {
			t.Errorf("%q means %d, wanted %d", line, got, want)
		}
	}
}

func TestReportNeverHoldsThePassword(t *testing.T) {
	var report Report
	sortLines(&report, mask("pg_dump: error: password is hunter2\n\nnote hunter2\n", drivers.NewSecret("hunter2")))
	if len(report.Errors) != 1 || len(report.Notes) != 1 || strings.Contains(report.Errors[0]+report.Notes[0], "hunter2") {
		t.Errorf("report %+v", report)
	}
}

func TestOneSettingLeavesTheScript(t *testing.T) {
	head := "--\n-- dump\nSET statement_timeout = 0;\n" + setting + "\nSET client_encoding = 'UTF8';\n"
	data := strings.Repeat("COPY row\n", settingWithin) + setting + "\nlast line without end"
	for _, chunk := range []int{1, 7, 4096} {
		var out strings.Builder
		w := &withoutSetting{to: &out}
		for text := head + data; text != ""; {
			n := min(chunk, len(text))
			if _, err := w.Write([]byte(text[:n])); err != nil {
				t.Fatal(err)
			}
			text = text[n:]
		}
		if err := w.flush(); err != nil {
			t.Fatal(err)
		}
		if want := strings.Replace(head, setting+"\n", "", 1) + data; out.String() != want {
			t.Errorf("chunks of %d: got %d bytes, wanted %d:\n%s", chunk, out.Len(), len(want), out.String()[:120])
		}
	}
}

func TestShortScriptIsPassedOnWhole(t *testing.T) {
	var out strings.Builder
	w := &withoutSetting{to: &out}
	if _, err := w.Write([]byte("one\n" + setting + "\ntwo")); err != nil {
		t.Fatal(err)
	}
	if err := w.flush(); err != nil || out.String() != "one\ntwo" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func TestStandardErrorIsBounded(t *testing.T) {
	b := &bounded{limit: 10}
	for range 5 {
		if n, err := b.Write([]byte("1234")); n != 4 || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if b.String() != "1234123412" {
		t.Errorf("kept %q", b.String())
	}
}

func TestMajorOfATool(t *testing.T) {
	for version, want := range map[string]int{"pg_restore (PostgreSQL) 17.10 (Debian 17.10-1)": 17, "psql (PostgreSQL) 15.18": 15, "pg_dump 9": 0} {
		got, err := major(version)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %d, %v", version, got, err)
		}
	}
}
