package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tristore/reports/render"
	"tristore/reports/result"
)

// A closed loop is offered, saved and judged, and says what it hides.
func TestAClosedLoopFromTheCommandLine(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	out := t.TempDir()
	got := tristore(t, "load", "auth", "--closed", "--cold", "--workers", "4", "--duration", "2s", "--users", "200", "--engine", "postgres:16", "--reach", "embedded", "--out", out)
	saved, err := result.Read(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, got.out, got.err)
	}
	if got.code != saved.Verdict.ExitCode() || len(saved.Findings) != 1 || saved.Verdict.Status != result.Pass && !restless(saved) {
		t.Errorf("exit %d, %v\n%s\n%s", got.code, saved.Verdict, got.out, got.err)
	}
	m := saved.Measurements[0]
	if m.Loop != "closed" || m.Counts.Due == 0 || m.Counts.Committed != m.Counts.Due || saved.Load.ClosedWorkers != 4 || len(m.Stores) != 2 || m.Latency.Max > m.Service.Max {
		t.Errorf("%s loop of %d workers, %+v", m.Loop, saved.Load.ClosedWorkers, m.Counts)
	}
	for _, words := range []string{"in a closed loop of 4 workers", "hide every stall", "service  ", "--closed --duration 2s --cold"} {
		if !strings.Contains(got.out, words) {
			t.Errorf("%q is not in:\n%s", words, got.out)
		}
	}
	page, err := os.ReadFile(filepath.Join(out, "latest", render.HTMLName))
	if err != nil || !strings.Contains(string(page), "hide every stall") || strings.Contains(string(page), "p99 from due") {
		t.Errorf("the page calls service times something else, or does not say what they hide: %v", err)
	}
}
