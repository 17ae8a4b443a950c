package main

import (
	"path/filepath"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/reports/render"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity"
)

// saved writes a run as its command would have.
func saved(t *testing.T, run *result.Run) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), run.ID)
	if err := render.Save(dir, run); err != nil {
		t.Fatal(err)
	}
	return dir
}

// grounded puts a dose test onto what capacity measures by default.
func grounded(run *result.Run) *result.Run {
	plan := capacity.For(scenarios.Smoke, drivers.Engine{Product: drivers.Postgres, Major: 16}, drivers.Embedded)
	run.Interference.Ground = plan.Ground("16.4")
	return run
}

// A saved test is read by the verdict of a capacity run, and changes what it says.
func TestJudgeReadsTests(t *testing.T) {
	t.Parallel()
	run := isolating(nil)
	run.Schema, run.ID = result.Schema, "capacity"
	run.Split.Engine, run.Split.Reach, run.Split.Ground = "postgres:16", "embedded", grounded(dosed(2)).Interference.Ground
	dir := saved(t, run)
	if got := tristore(t, "judge", dir); got.code != 0 || !strings.Contains(got.out, "ISOLATE") || strings.Contains(got.out, "Read beside") {
		t.Fatalf("without a test: exit %d: %s%s", got.code, got.out, got.err)
	}
	if got := tristore(t, "judge", dir, "--interference", saved(t, grounded(dosed(2)))); got.code != 0 || !strings.Contains(got.out, "The dose test says so too") || !strings.Contains(got.out, "Read beside: the dose test (run dose): INTERFERENCE") {
		t.Errorf("with a rising dose: exit %d: %s%s", got.code, got.out, got.err)
	}
	if got := tristore(t, "judge", dir, "--interference", saved(t, grounded(dosed(1)))); got.code != exitInconclusive || !strings.Contains(got.out, "contradict each other") {
		t.Errorf("with a flat one: exit %d: %s%s", got.code, got.out, got.err)
	}
	if got := tristore(t, "judge", dir); got.code != exitInconclusive || !strings.Contains(got.out, "contradict each other") {
		t.Errorf("what was read once is not kept: exit %d: %s%s", got.code, got.out, got.err)
	}
}

// What cannot speak of a measurement is refused before anything is started.
func TestTestsBadInput(t *testing.T) {
	t.Parallel()
	change := func(do func(*result.Run)) string {
		run := grounded(dosed(2))
		do(run)
		return saved(t, run)
	}
	good := change(func(*result.Run) {})
	for says, paths := range map[string]string{
		"is no run of tristore interference": saved(t, &result.Run{Schema: result.Schema, ID: "other", Kind: kindLoad}),
		"was not finished: stopped":          change(func(r *result.Run) { r.Interrupted = "stopped" }),
		"both a dose test":                   good + "," + change(func(*result.Run) {}),
		"another engine: postgres:12":        change(func(r *result.Run) { r.Interference.Engine = "postgres:12" }),
		"another bytes of memory":            change(func(r *result.Run) { r.Interference.Ground.MemoryBytes *= 2 }),
		"another mix of collections":         change(func(r *result.Run) { r.Interference.Ground.Mix = "everyday" }),
		"ran on the versions 16.3 and 16.4": change(func(r *result.Run) { r.Interference.Ground.Version = "16.3" }) + "," +
			change(func(r *result.Run) { r.Interference.Test = result.CausesTest }),
		"/nowhere": "/nowhere",
	} {
		refused(t, says, "capacity", "--reach", "embedded", "--out", t.TempDir(), "--dry-run", "--interference", paths)
	}
	if got := tristore(t, "capacity", "--reach", "embedded", "--out", t.TempDir(), "--dry-run", "--interference", good); got.code != 0 {
		t.Errorf("a good one: exit %d: %s", got.code, got.err)
	}
	refused(t, "goes with a run of tristore capacity", "judge", good, "--interference", good)
}
