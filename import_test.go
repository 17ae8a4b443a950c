package main

import (
	"path/filepath"
	"strings"
	"testing"

	"tristore/reports/result"
)

// An import drill on real servers passes, says what stood in for MongoDB, and is judged
// again by its facts alone: a PASS written over facts that lost a row does not stand.
func TestImportDrill(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts real servers")
	}
	out := t.TempDir()
	got := tristore(t, "import", "drill", "--reach", "embedded", "--seed", "7", "--users", "30", "--conversations", "4", "--out", out)
	if got.code != 0 || !strings.Contains(got.out, "PASS: the three stores arrive whole on PostgreSQL 16") || !strings.Contains(got.out, "says nothing about MongoDB") {
		t.Fatalf("exit %d: %s%s", got.code, got.out, got.err)
	}
	latest := filepath.Join(out, "latest")
	run, err := result.Read(latest)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Steps) != 9 || len(run.Findings) != 3 {
		t.Errorf("%d steps, %d findings", len(run.Steps), len(run.Findings))
	}
	if again := tristore(t, "judge", latest); again.code != 0 {
		t.Errorf("judged again: exit %d: %s%s", again.code, again.out, again.err)
	}
	run.Observations[0].Set("missing", 1)
	if err := result.Write(latest, run); err != nil {
		t.Fatal(err)
	}
	if again := tristore(t, "judge", latest); again.code != 1 || !strings.Contains(again.out, "FAIL: the import cannot be relied on: IMPORT-1, rows are missing") {
		t.Errorf("a lost row: exit %d: %s%s", again.code, again.out, again.err)
	}
}

func TestImportBadInput(t *testing.T) {
	for says, words := range map[string][]string{
		"not from postgres:15 to postgres:16":    {"--from", "postgres:15"},
		"not from ferretdb:1 to ferretdb:2":      {"--to", "ferretdb:2"},
		"clusters of its own and never on yours": {"--reach", "external"},
		`size "tiny" is not known`:               {"--size", "tiny", "--reach", "embedded"},
		"--users is a number from 1 on":          {"--users", "-1", "--reach", "embedded"},
	} {
		got := tristore(t, append([]string{"import", "drill", "--out", t.TempDir()}, words...)...)
		if got.code != 2 || !strings.Contains(got.err, says) {
			t.Errorf("%v: exit %d: %s", words, got.code, got.err)
		}
	}
}
