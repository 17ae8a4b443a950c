package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/judge"
	"tristore/scenarios/road"
	"tristore/suites"
)

// Two runs with the same id do not share a folder, where the one would read the other's facts.
func TestRunsOfOneIDHaveFoldersOfTheirOwn(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	seen := map[string]bool{}
	for range 3 {
		run := &result.Run{ID: "20260101-000000-certify-00000007"}
		dir, err := makeRunDir(out, run)
		if err != nil {
			t.Fatal(err)
		}
		if seen[dir] || filepath.Base(dir) != run.ID {
			t.Errorf("folder %s of run %s: given twice, or not named so", dir, run.ID)
		}
		seen[dir] = true
		if _, err := os.Stat(filepath.Join(dir, "logs")); err != nil {
			t.Error(err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := makeRunDir(file, &result.Run{ID: "x"}); err == nil || !strings.Contains(err.Error(), "cannot be made; name another with --out") {
		t.Errorf("a file for a folder: %v", err)
	}
}

// What a lane leaves that is not its own facts, or none, is no pass of its engine.
func TestALaneWithoutFactsOfItsOwnIsInconclusive(t *testing.T) {
	engine := drivers.Engine{Product: drivers.Postgres, Major: 16}
	passing := func(name string) *result.Run {
		run := &result.Run{Schema: result.Schema, Claims: []result.Claim{{ID: "CONF-1"}}, Engines: []result.Engine{{Engine: name, Title: name}}}
		saw := result.Observation{Claim: "CONF-1", Engine: name}
		for range 12 {
			saw.Compare("case", 1, 1)
		}
		for fact, value := range map[string]float64{"configurations": 12, "unsound_accepted": 0, "sound_refused": 0} {
			saw.Set(fact, value)
		}
		run.Observations = append(run.Observations, saw)
		return run
	}
	none := passing("postgres:16")
	none.Engines = nil
	for name, c := range map[string]struct {
		left *result.Run
		end  error
		want result.Status
	}{
		"its own facts":          {passing("postgres:16"), nil, result.Pass},
		"its own, and then died": {passing("postgres:16"), os.ErrDeadlineExceeded, result.Inconclusive},
		"another engine's":       {passing("postgres:12"), nil, result.Inconclusive},
		"no engine":              {none, nil, result.Inconclusive},
		"nothing":                {nil, nil, result.Inconclusive},
	} {
		lane := &laneProcess{name: engine.String(), dir: t.TempDir(),
			order: laneOrder{Plan: &suites.LanePlan{Head: road.Head{Engine: engine, Reach: drivers.Embedded}, Depth: scenarios.Smoke, Claims: []string{"CONF-1"}}}}
		if c.left != nil {
			if err := result.Write(lane.dir, c.left); err != nil {
				t.Fatal(err)
			}
		}
		run := &result.Run{Environment: result.Environment{Asked: map[string]map[string]string{}, InForce: map[string]map[string]string{}}}
		gather(run, lane, c.end)
		judgeRun(run, judge.GateSupported)
		if run.Verdict.Status != c.want || len(run.Engines) != 1 || run.Engines[0].Engine != "postgres:16" {
			t.Errorf("%s: %s on %+v", name, run.Verdict.Sentence, run.Engines)
		}
	}
}

// Advice from a measurement that broke off is no pass, whatever its windows say.
func TestAnUnfinishedSplitIsInconclusive(t *testing.T) {
	split := &result.Split{Engine: "postgres:16", AuthRate: 10, CollectionsRate: 10, SLO: result.SLO{AuthP99Ms: 50}, AgreedInterference: 1.1}
	for block := range 12 {
		for cell, p99 := range map[result.Cell]float64{result.AuthAlone: 5, result.CollectionsAlone: 5, result.SharedCluster: 15 + float64(block)/10, result.SplitClusters: 6} {
			m := &result.Measurement{Offered: 10, Counts: result.Counts{Due: 100, Committed: 100}, Latency: result.Histogram{Count: 100, P99: p99}}
			split.Windows = append(split.Windows, result.SplitWindow{Block: block, Cell: cell, Auth: m, Collections: m})
		}
	}
	run := &result.Run{Kind: kindCapacity, Split: split}
	if got := splitVerdict(run); got.Status != result.Pass {
		t.Fatalf("a finished measurement: %s", got.Sentence)
	}
	split.Trouble = "a cluster was gone"
	if got := splitVerdict(run); got.Status != result.Inconclusive || !strings.Contains(got.Sentence, "a cluster was gone") {
		t.Errorf("an unfinished one: %s", got.Sentence)
	}
	split.Trouble, run.Interrupted = "", "stopped by a signal"
	if got := splitVerdict(run); got.Status != result.Inconclusive {
		t.Errorf("an interrupted one: %s", got.Sentence)
	}
}

// A PASS that stands in a file beside facts that do not ask for it is not repeated.
func TestReportRepeatsNoPassThatTheFactsDoNotAskFor(t *testing.T) {
	saw := result.Observation{Claim: "CONF-1", Engine: "postgres:16"}
	for range 12 {
		saw.Compare("case", 1, 1)
	}
	for fact, value := range map[string]float64{"configurations": 12, "unsound_accepted": 0, "sound_refused": 0} {
		saw.Set(fact, value)
	}
	for name, c := range map[string]struct {
		change       func(*result.Run)
		judge, again int // exit codes of judge on the facts, and of report on the saved PASS
	}{
		"facts that pass":      {func(*result.Run) {}, 0, 0},
		"a broken case":        {func(r *result.Run) { r.Observations[0].Cases[0].Got = "2" }, 1, exitInconclusive},
		"a fact removed":       {func(r *result.Run) { delete(r.Observations[0].Facts, "sound_refused") }, 3, exitInconclusive},
		"no observation":       {func(r *result.Run) { r.Observations = nil }, 3, exitInconclusive},
		"a lane in trouble":    {func(r *result.Run) { r.Engines[0].Trouble = "it died" }, 3, exitInconclusive},
		"called a capacity":    {func(r *result.Run) { r.Kind, r.Observations[0].Cases[0].Got = kindCapacity, "2" }, 1, exitInconclusive},
		"an engine left out":   {func(r *result.Run) { r.Engines = nil }, 3, exitInconclusive},
		"interrupted":          {func(r *result.Run) { r.Interrupted = "stopped" }, 3, exitInconclusive},
		"damaged on purpose":   {func(r *result.Run) { r.Fault = "share-unguarded" }, 3, exitInconclusive},
		"nothing in it at all": {func(r *result.Run) { r.Engines, r.Claims, r.Observations = nil, nil, nil }, 3, exitInconclusive},
	} {
		copied := saw
		copied.Cases, copied.Facts = slices.Clone(saw.Cases), maps.Clone(saw.Facts)
		run := &result.Run{Schema: result.Schema, ID: "x", Kind: kindCertify, Verdict: result.Verdict{Status: result.Pass, Sentence: "PASS: certified"},
			Claims: []result.Claim{{ID: "CONF-1"}}, Engines: []result.Engine{{Engine: "postgres:16", Title: "PostgreSQL 16"}}, Observations: []result.Observation{copied},
			Findings: []result.Finding{{Claim: "CONF-1", Engine: "postgres:16", Status: result.Pass}}}
		c.change(run)
		dir := t.TempDir()
		if err := result.Write(dir, run); err != nil {
			t.Fatal(err)
		}
		if got := tristore(t, "report", dir); got.code != c.again || c.again != 0 && !strings.Contains(got.err, "judge them again with tristore judge") {
			t.Errorf("%s: report exits %d, wanted %d: %s", name, got.code, c.again, got.err)
		}
		if got := tristore(t, "judge", dir); got.code != c.judge {
			t.Errorf("%s: judge exits %d, wanted %d: %s", name, got.code, c.judge, got.out)
		}
	}
}
