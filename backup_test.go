package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/reports/render"
	"tristore/reports/result"
	"tristore/scenarios/backup/drill"
	"tristore/scenarios/road"
)

// A drill under load, with all three moments at once, keeps every promise but the one
// that no dump can keep: five minutes of loss with a dump each hour.
func TestBackupDrill(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	out := t.TempDir()
	got := tristore(t, "backup", "drill", "--engine", "postgres:16", "--reach", "embedded", "--size", "1MiB", "--seed", "1", "--load", "both", "--order", "together", "--every", "1h", "--out", out)
	dir := filepath.Join(out, "latest")
	run, err := result.Read(dir)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, got.out, got.err)
	}
	want := map[string]result.Status{"DRILL-1": result.Pass, "DRILL-2": result.Pass, "RPO-1": result.Pass, "RTO-1": result.Pass, "RPO-2": result.Fail}
	for _, f := range run.Findings {
		if f.Status != want[f.Claim] {
			t.Errorf("%s is %s: %s\n%s", f.Claim, f.Status, f.Reason, strings.Join(f.Evidence, "\n"))
		}
	}
	if len(run.Findings) != len(want) || got.code != 1 || !strings.Contains(got.out, "RPO-2") {
		t.Errorf("exit %d, %d findings\n%s\n%s", got.code, len(run.Findings), got.out, got.err)
	}
	if len(run.Drill.Rounds) != 1 || run.Drill.Rounds[0].LostRows < 30 || run.Drill.Rounds[0].RTOSeconds <= 0 || len(run.Steps) < 10 {
		t.Errorf("%+v", run.Drill)
	}
	if again := tristore(t, "judge", dir); again.code != 1 {
		t.Errorf("judged again: exit %d\n%s", again.code, again.out)
	}
	for _, page := range []string{render.MarkdownName, render.HTMLName} {
		text, err := os.ReadFile(filepath.Join(dir, page))
		for _, shown := range []string{"The loss", "What was done", "pg_dump --format=custom", "together"} {
			if err != nil || !strings.Contains(string(text), shown) {
				t.Errorf("%s does not show %q: %v", page, shown, err)
			}
		}
	}
	if left := archives(t, out); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// archives are the files of dumps below a folder.
func archives(t *testing.T, folder string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && (strings.HasSuffix(path, ".custom") || strings.HasSuffix(path, ".unfinished")) {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return all
}

// A drill that is interrupted, or killed, at any step leaves no archive, no server and no
// saved run that passes: nothing that a half restore could be taken for whole by.
func TestBackupDrillInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	for name, test := range map[string]struct {
		signal syscall.Signal
		code   int // -1: ended by the signal itself
		during string
	}{
		"Ctrl-C at a dump":         {syscall.SIGINT, exitInconclusive, "dumping"},
		"SIGKILL at a restore":     {syscall.SIGKILL, -1, "restoring"},
		"SIGKILL at a fingerprint": {syscall.SIGKILL, -1, "fingerprinting"},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			drill := begin(t, "backup", "drill", "--engine", "postgres:16", "--reach", "embedded", "--size", "1MiB", "--rounds", "20", "--seed", "1", "--out", out)
			drill.until(t, test.during, func() bool { return strings.Contains(drill.said.String(), test.during) })
			code := drill.stop(t, test.signal)
			run, err := result.Read(filepath.Join(out, "latest"))
			switch {
			case code != test.code:
				t.Errorf("exit %d, wanted %d\n%s", code, test.code, drill.said)
			case code == exitInconclusive && (err != nil || run.Verdict.Status != result.Inconclusive || run.Interrupted == ""):
				t.Errorf("%v: %+v\n%s", err, run, drill.said)
			case code != exitInconclusive && err == nil:
				t.Errorf("a killed drill left a run: %+v", run.Verdict)
			}
			if left := archives(t, out); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// saidDrill is a saved drill of one round whose claims all pass.
func saidDrill() *result.Run {
	engine := "postgres:16"
	run := &result.Run{Schema: result.Schema, ID: "20260101-000000-drill-00000001", Kind: kindDrill, Began: time.Unix(1, 0).UTC(), Engines: []result.Engine{{Engine: engine, Title: "PostgreSQL 16"}},
		Drill: &result.Drill{Engine: engine, Reach: "embedded", Under: "idle", Order: "together", RTOSeconds: 3600, RPOSeconds: 300,
			Rounds: []result.DrillRound{{AskedBytes: 1 << 20, Bytes: 1 << 20, RTOSeconds: 5}}}}
	for _, row := range drilling(run.Drill).rows {
		saw := result.Observation{Claim: row.ID, Engine: engine}
		for _, l := range append(append(row.Rule.Valid, row.Rule.Limits...), row.Rule.Floors...) {
			saw.Set(l.Fact, l.Value)
		}
		for range row.Rule.MinCases {
			saw.Compare("case", 1, 1)
		}
		run.Claims, run.Observations = append(run.Claims, row.Claim), append(run.Observations, saw)
	}
	return run
}

// A saved drill that lost a claim, a round's observation or its curve is no pass.
func TestDrillThatLostSomethingIsNoPass(t *testing.T) {
	whole := saidDrill()
	if judgeRun(whole, "supported"); whole.Verdict.Status != result.Pass {
		t.Fatalf("%+v\n%+v", whole.Verdict, whole.Findings)
	}
	for name, lose := range map[string]func(*result.Run){
		"a claim":              func(r *result.Run) { r.Claims, r.Observations = r.Claims[1:], r.Observations[1:] },
		"an observation":       func(r *result.Run) { r.Observations = r.Observations[1:] },
		"a round's":            func(r *result.Run) { r.Drill.Rounds = append(r.Drill.Rounds, r.Drill.Rounds[0]) },
		"the drill":            func(r *result.Run) { r.Drill = nil },
		"its engine":           func(r *result.Run) { r.Engines = nil },
		"the curve's readings": func(r *result.Run) { r.Drill.PlannedBytes = 1 << 30 },
		"how often":            func(r *result.Run) { r.Drill.EverySeconds = 60 },
		"its end":              func(r *result.Run) { r.Interrupted = "stopped by a signal" },
		"its engine's way":     func(r *result.Run) { r.Engines[0].Trouble = "it ended" },
	} {
		run := saidDrill()
		lose(run)
		if judgeRun(run, "supported"); run.Verdict.Status == result.Pass {
			t.Errorf("without %s: %+v", name, run.Verdict)
		}
	}
}

// The curve passes, fails and stays open by where its interval lies.
func TestDrillCurve(t *testing.T) {
	for name, test := range map[string]struct {
		planned int64
		seconds []float64 // at 64 MiB, 256 MiB and 1 GiB
		want    result.Status
	}{
		"far below":       {2 << 30, []float64{6.4, 25.6, 102.4}, result.Pass},
		"far beyond":      {200 << 30, []float64{640, 2560, 10240}, result.Fail},
		"too far to tell": {200 << 30, []float64{0.64, 2.56, 10.24}, result.Inconclusive},
		"scattered":       {2 << 30, []float64{64, 25, 800}, result.Inconclusive},
		"two sizes":       {2 << 30, []float64{6.4, 25.6}, result.Inconclusive},
	} {
		run := saidDrill()
		run.Drill.Rounds = nil
		run.Drill.PlannedBytes = test.planned
		for i, seconds := range test.seconds {
			size := int64(64<<20) << (2 * i)
			run.Drill.Rounds = append(run.Drill.Rounds, result.DrillRound{AskedBytes: size, Bytes: size, RTOSeconds: seconds})
		}
		run.Claims = drilling(run.Drill).claims()
		judgeRun(run, "supported")
		at := slices.IndexFunc(run.Findings, func(f result.Finding) bool { return f.Claim == drill.ClaimCurve })
		if at < 0 || run.Findings[at].Status != test.want {
			t.Errorf("%s: %+v", name, run.Findings)
		}
	}
}

func TestPastDrillsAreOfTheSameKind(t *testing.T) {
	out := t.TempDir()
	save := func(id string, change func(*result.Run)) {
		run := saidDrill()
		run.ID = id
		change(run)
		if err := os.MkdirAll(filepath.Join(out, id), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := result.Write(filepath.Join(out, id), run); err != nil {
			t.Fatal(err)
		}
	}
	save("20260101-000000-drill-1", func(*result.Run) {})
	save("20260102-000000-drill-1", func(r *result.Run) { r.Drill.Rounds[0].RTOSeconds = 7 })
	save("20260103-000000-drill-1", func(r *result.Run) { r.Drill.Under = "both" })
	save("20260104-000000-drill-1", func(r *result.Run) { r.Drill.Rounds[0].AskedBytes = 2 << 20 })
	save("20260105-000000-drill-1", func(r *result.Run) { r.Drill.Rounds[0].RTOSeconds = 0 })
	save("20260106-000000-load-1", func(r *result.Run) { r.Kind = kindLoad })
	if err := os.MkdirAll(filepath.Join(out, "20260107-000000-drill-1"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := drill.Plan{Head: road.Head{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Embedded}, Sizes: []int64{1 << 20}, Under: drill.Idle, Order: drill.Together}
	past := pastDrills(out, want)
	if len(past) != 2 || past[0].ID != "20260101-000000-drill-1" || past[1].RTOSeconds != 7 {
		t.Errorf("%+v", past)
	}
	if none := pastDrills(filepath.Join(out, "nowhere"), want); none != nil {
		t.Errorf("%+v", none)
	}
}

func TestBackupBadInput(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"unknown word":     {[]string{"dril"}, []string{"did you mean drill?"}},
		"a bare word":      {[]string{"drill", "now"}, []string{"now"}},
		"no size":          {[]string{"drill", "--size", "big"}, []string{`"big"`, "64MiB"}},
		"no such size":     {[]string{"drill", "--size", "-1MiB"}, []string{"64MiB"}},
		"a tiny size":      {[]string{"drill", "--size", "1KiB"}, []string{"1MiB to 1TiB"}},
		"two ways":         {[]string{"drill", "--size", "1MiB", "--sizes", "2MiB"}, []string{"keep one"}},
		"one size twice":   {[]string{"drill", "--sizes", "1GiB,1024MiB"}, []string{"named twice", "--rounds"}},
		"no rounds":        {[]string{"drill", "--rounds", "-1"}, []string{"1 to 20 rounds"}},
		"unknown load":     {[]string{"drill", "--load", "auht"}, []string{"did you mean auth?"}},
		"a rate of none":   {[]string{"drill", "--rate", "5"}, []string{"--load"}},
		"no rate":          {[]string{"drill", "--load", "auth", "--rate", "NaN"}, []string{"rate"}},
		"half an order":    {[]string{"drill", "--order", "users,collections"}, []string{"users, permissions and collections"}},
		"idle orders":      {[]string{"drill", "--compare-orders"}, []string{"--load both"}},
		"together on none": {[]string{"drill", "--engine", "ferretdb:1", "--order", "together"}, []string{"FerretDB 1", "snapshot"}},
		"too often":        {[]string{"drill", "--every", "1ms"}, []string{"--every"}},
		"unknown engine":   {[]string{"drill", "--engine", "postgrse:16"}, []string{"did you mean postgres:16?"}},
		"a bare URL":       {[]string{"drill", "--url", "postgres://h/db"}, []string{"--engine"}},
		"an odd format":    {[]string{"drill", "--format", "costum"}, []string{"did you mean custom?", "directory"}},
		"jobs of a stream": {[]string{"drill", "--jobs", "2"}, []string{"--format directory"}},
		"no jobs":          {[]string{"drill", "--format", "directory", "--jobs", "0"}, []string{"from 1 on"}},
		"a folder of none": {[]string{"drill", "--engine", "ferretdb:1", "--format", "directory"}, []string{"archive"}},
		"stores of nobody": {[]string{"drill", "--stores", "users=a,permissions=b,collections=c"}, []string{"--stores", "--url-file"}},
		"two of three":     {[]string{"drill", "--url", "postgres://h/db", "--engine", "postgres:16", "--stores", "users=a,permissions=b"}, []string{"each store, once"}},
		"a load on theirs": {[]string{"drill", "--url", "postgres://h/db", "--engine", "postgres:16", "--load", "auth"}, []string{"only read", "--size"}},
		"an older one":     {[]string{"drill", "--url", "postgres://h/db", "--engine", "postgres:16", "--into", "postgres:15"}, []string{"--into postgres:15", "16 or later"}},
		"theirs on Mongo":  {[]string{"drill", "--url", "mongodb://h/db", "--engine", "mongo:7"}, []string{"PostgreSQL", "sandbox"}},
		"no database":      {[]string{"drill", "--url", "postgres://h", "--engine", "postgres:16"}, []string{"names no database"}},
	} {
		args := append([]string{"backup"}, test.args...)
		if test.args[0] == "drill" {
			args = append(args, "--out", filepath.Join(t.TempDir(), "out"))
		}
		got := tristore(t, args...)
		if got.code != exitUsage || strings.Count(strings.TrimSpace(got.err), "\n") != 0 {
			t.Errorf("%s: exit %d, %q", name, got.code, got.err)
		}
		for _, said := range test.says {
			if !strings.Contains(got.err, said) {
				t.Errorf("%s: %q does not say %q", name, got.err, said)
			}
		}
	}
}
