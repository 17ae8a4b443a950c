package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tristore/reports/result"
)

// A saved run is judged and rendered again with every server gone, and gives the same
// findings; facts changed in the file change the finding.
func TestSavedRunIsJudgedAgain(t *testing.T) {
	got, run, dir := certified(t, "--engines", "postgres:16", "--reach", "embedded", "--claims", "UNIQ-1,TLS-1")
	if got.code != 0 || run.Verdict.Status != result.Pass {
		t.Fatalf("exit %d: %s\n%s\n%s", got.code, run.Verdict.Sentence, got.out, got.err)
	}
	for _, page := range []string{"report.html", "junit.xml", "summary.md"} {
		if err := os.Remove(filepath.Join(dir, page)); err != nil {
			t.Error(err)
		}
	}
	if again := tristore(t, "judge", dir); again.code != 0 || !strings.Contains(again.out, run.Verdict.Sentence) {
		t.Errorf("judged again: exit %d\n%s\n%s", again.code, again.out, again.err)
	}
	for _, page := range []string{"report.html", "junit.xml", "summary.md"} {
		if _, err := os.Stat(filepath.Join(dir, page)); err != nil {
			t.Error(err)
		}
	}
	run.Observations[0].Facts["extra_winners"] = 1
	run.Observations[0].Facts["plain_accepted"] = 1
	if err := result.Write(dir, run); err != nil {
		t.Fatal(err)
	}
	if broken := tristore(t, "judge", dir); broken.code != 1 {
		t.Errorf("a run with a broken promise: exit %d\n%s", broken.code, broken.out)
	}
}
