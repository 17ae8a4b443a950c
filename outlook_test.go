package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/reports/forecast"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity"
)

// Words of the future, of the deployment and of a resumed run that mean nothing are
// refused in one sentence, before anything is started.
func TestOutlookWords(t *testing.T) {
	t.Parallel()
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "peaks.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const head = "week,auth_per_s\n2026-02-23,100\n"
	for words, args := range map[string][]string{
		"write per cent and a time":              {"--growth", "6%"},
		"P10 and P90":                            {"--growth", "0.06/month"},
		"the lower rate comes first":             {"--growth", "9-4%/month"},
		"no percentage within":                   {"--growth", "1.2.3%/month"},
		"give one of them":                       {"--growth", "6%/month", "--growth-file", "x"},
		"cannot be read":                         {"--growth-file", "/no/such/file"},
		"1 week tells no growth":                 {"--growth-file", file(head)},
		"there is a gap: the week of 2026-03-02": {"--growth-file", file(head + "2026-03-09,100\n")},
		"has no unit: call it auth_per_s":        {"--growth-file", file("week,auth\n2026-02-23,100\n")},
		"give --collections-rate":                {"--growth-file", file(head + "2026-03-02,100\n")},
		"--lead-time goes with --growth":         {"--lead-time", "8w"},
		"from 1w to 260w":                        {"--growth", "6%/month", "--lead-time", "2 months"},
		"--horizon is a number of weeks":         {"--growth", "6%/month", "--horizon", "0w"},
		"percentage such as 20%":                 {"--growth", "6%/month", "--headroom", "0.2"},
		"--workers goes with --pods":             {"--workers", "3"},
		"cannot be spread evenly":                {"--pods", "7"},
		"did you mean gateway?":                  {"--pods", "gatway=2,workspaces=1,events=1,runtime=1"},
		"runtime is missing":                     {"--pods", "gateway=2,workspaces=1,events=1"},
		"given twice":                            {"--pods", "gateway=2,gateway=1"},
		"number of pods above 0":                 {"--pods", "gateway=0"},
		"at least 1 of --workers":                {"--pods", "4", "--workers", "0"},
		"--auth-rate is a number above 0":        {"--auth-rate", "-3"},
		"a size such as 1GiB":                    {"--memory", "much"},
		"did you mean 2GiB?":                     {"--memory", "2"},
		"of this machine's":                      {"--cpus", "4096", "--reach", "embedded"},
		"or --reach container":                   {"--cpus", "1", "--reach", "embedded"},
		"MiB available; lower --memory":          {"--memory", "900000GiB", "--reach", "embedded"},
		"give at least 5m0s":                     {"--growth", "6%/month", "--slo", "auth.p95=20ms", "--budget", "1m", "--reach", "embedded"},
		"--observed: no saved run":               {"--observed", "/no/such/run,/no/such/run"},
		"no saved run at":                        {"--resume", "/no/such/run"},
		"--cpus is the saved run's own":          {"--resume", "/no/such/run", "--cpus", "2"},
		"--seed is the saved run's own":          {"--resume", "/no/such/run", "--seed", "2"},
		"--slo is the saved run's own":           {"--resume", "/no/such/run", "--slo", "auth.p95=1ms"},
		"drop --dry-run, --growth, --out":        {"--simulated", "capacity=1,slo=20ms", "--growth", "6%/month", "--dry-run"},
	} {
		refused(t, words, append([]string{"capacity", "--out", t.TempDir()}, args...)...)
	}
}

func TestGrowthWords(t *testing.T) {
	t.Parallel()
	for word, want := range map[string][2]float64{
		"6%/month": {0.06, 0.06}, "4-9%/month": {0.04, 0.09}, "-2%/month": {-0.02, -0.02}, "0 %/month": {0, 0},
		"100%/year": {math.Pow(2, 1.0/12) - 1, math.Pow(2, 1.0/12) - 1}, "1%/week": {math.Pow(1.01, 365.25/7/12) - 1, math.Pow(1.01, 365.25/7/12) - 1},
	} {
		g, err := parseGrowth(word)
		if err != nil || math.Abs(g.LowPerMonth-want[0]) > 1e-9 || math.Abs(g.HighPerMonth-want[1]) > 1e-9 {
			t.Errorf("%s: %+v, %v", word, g, err)
		}
	}
}

// A dry run says what windows it would take, starts nothing, and leaves nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	got := tristore(t, "capacity", "--reach", "embedded", "--cpus", "2", "--growth", "6%/month", "--lead-time", "8w", "--slo", "auth.p95=20ms", "--budget", "15m", "--search-two", "--dry-run", "--seed", "7", "--out", out)
	for _, words := range []string{"the search of one cluster's boundary, about", "the search of two clusters'", "in 60 weeks 2.2", "budget  15m0s", "auth 100/s beside collections 30/s",
		"repeat  tristore capacity --engine postgres:16 --reach embedded --depth smoke --seed 7 --budget 15m0s --cpus 2 --growth 6%/month --lead-time 8w --search-two --slo auth.p95=20ms"} {
		if got.code != 0 || !strings.Contains(got.out, words) {
			t.Errorf("exit %d, %q is wanted:\n%s%s", got.code, words, got.out, got.err)
		}
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("a dry run made %s: %v", out, err)
	}
}

// A run is resumed from its own facts, or from those of its lane where all was killed, and
// only where something is left to search.
func TestResumedPlan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	engine := drivers.Engine{Product: drivers.Postgres, Major: 16}
	plan := Plan{Split: &EnginePlan{Engine: engine, Reach: drivers.Embedded}, Depth: scenarios.Smoke, Seed: 5, Gate: "supported",
		Search: &capacity.Search{Budget: time.Hour, Quantile: "p95", LimitMs: 20}, Words: map[string]string{"slo": "auth.p95=20ms", "budget": "1h0m0s"}}
	raw, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	run := &result.Run{Schema: result.Schema, Kind: kindCapacity, Plan: raw}
	save := func(where string, run *result.Run) {
		t.Helper()
		if err := os.MkdirAll(where, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := result.Write(where, run); err != nil {
			t.Fatal(err)
		}
	}
	save(dir, run)
	refused(t, "holds no window", "capacity", "--resume", dir, "--dry-run")
	lane := isolating(&result.Boundary{Quantile: "p95", LimitMs: 20, Windows: []result.BoundaryWindow{{Purpose: "screen", Scale: 1}}})
	save(filepath.Join(dir, "logs", splitName), &result.Run{Schema: result.Schema, Split: lane.Split})
	got := tristore(t, "capacity", "--resume", dir, "--dry-run", "--budget", "20m", "--growth", "6%/month")
	if got.code != 0 || !strings.Contains(got.out, "--seed 5 --budget 20m0s --growth 6%/month --slo auth.p95=20ms") || !strings.Contains(got.out, "budget  20m0s") {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	lane.Split.Boundary.Regular, lane.Split.Boundary.Low, lane.Split.Boundary.High = true, 2, 2.1
	save(filepath.Join(dir, "logs", splitName), &result.Run{Schema: result.Schema, Split: lane.Split})
	refused(t, "is finished", "capacity", "--resume", dir, "--dry-run")
	run.Kind = kindLoad
	save(dir, run)
	refused(t, "is no run of tristore capacity", "capacity", "--resume", dir)
}

// Growth is read from saved observations of one cluster, far enough apart.
func TestObservedGrowth(t *testing.T) {
	t.Parallel()
	look := func(at time.Time, auth float64, change func(*result.Run)) string {
		dir := t.TempDir()
		run := &result.Run{Schema: result.Schema, Began: at, Observed: &result.Observed{Engine: "postgres:16", Stores: []result.ObservedStore{
			{Database: "u", Store: "users", PerSecond: map[string]float64{"commits": auth}, PeakPerSecond: map[string]float64{"transactions": 1.1 * auth}},
			{Database: "c", Store: "collections", PerSecond: map[string]float64{"commits": 10}, PeakPerSecond: map[string]float64{"transactions": 11}},
			{Database: "x", PerSecond: map[string]float64{"commits": 1e6}}}}}
		change(run)
		if err := result.Write(dir, run); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	keep := func(*result.Run) {}
	began := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	first, second := look(began, 100, keep), look(began.AddDate(0, 6, 0), 200, keep)
	g, err := readLooks([]string{second, first})
	if err != nil || g.Looks[0].At != "2026-01-05" || g.Looks[1].Auth != 200 || g.Looks[1].CollectionsPeak != 11 {
		t.Fatalf("%+v, %v", g, err)
	}
	f := forecast.For(&result.Outlook{Growth: g, HorizonWeeks: 52}, forecast.Ray{AuthPerS: 1, CollectionsPerS: 1})
	if f.Trouble != "" || !(f.GrowthPerMonth.P10 > 0.1 && f.GrowthPerMonth.P10 < 0.115 && f.GrowthPerMonth.P90 > 0.13 && f.GrowthPerMonth.P90 < 0.145) {
		t.Errorf("doubled in six months, 10 %% from mean to peak: %+v", f.GrowthPerMonth)
	}
	for says, paths := range map[string][]string{
		"1 look at the cluster tells no growth":     {first},
		"less than 28 days apart":                   {first, look(began.AddDate(0, 0, 27), 200, keep)},
		"is no run of tristore observe":             {first, look(began, 1, func(r *result.Run) { r.Observed = nil })},
		"was cut short":                             {first, look(began, 1, func(r *result.Run) { r.Observed.Trouble = "x" })},
		"give looks at one cluster":                 {first, look(began, 1, func(r *result.Run) { r.Observed.Engine = "postgres:15" })},
		"saw no transaction of users and permissio": {first, look(began.AddDate(1, 0, 0), 0, keep)},
	} {
		if _, err := readLooks(paths); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}
