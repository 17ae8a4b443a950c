package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tristore/reports/render"
	"tristore/reports/result"
)

// A whole drill by logical replication passes, saves what it saw, is judged the same again,
// and is no pass once its file lost the pair.
func TestUpgradeDrillByLogicalReplication(t *testing.T) {
	out := t.TempDir()
	got := tristore(t, "upgrade", "drill", "--from", "postgres:12", "--to", "postgres:16", "--by", "bluegreen", "--reach", "embedded", "--seed", "1", "--out", out)
	dir := filepath.Join(out, "latest")
	run, err := result.Read(dir)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, got.out, got.err)
	}
	if got.code != 0 || len(run.Findings) != 7 || !strings.Contains(got.out, "PASS: PostgreSQL 12 to 16") {
		t.Errorf("exit %d, %d findings\n%s\n%s", got.code, len(run.Findings), got.out, got.err)
	}
	for _, o := range run.Observations {
		if o.Claim == "UPGRADE-7" && (o.Facts["back_rows"] < 15 || o.Facts["found_beforehand"] != 1) {
			t.Errorf("%d writes came back, %v tables without a key were found: %v", int(o.Facts["back_rows"]), o.Facts["found_beforehand"], o.Facts)
		}
	}
	if again := tristore(t, "judge", dir); again.code != 0 {
		t.Errorf("judged again: exit %d\n%s", again.code, again.out)
	}
	for _, page := range []string{render.MarkdownName, render.HTMLName} {
		if text, err := os.ReadFile(filepath.Join(dir, page)); err != nil || !strings.Contains(string(text), "Show the way back") {
			t.Errorf("%s does not show the steps: %v", page, err)
		}
	}
	run.Engines = nil
	if judgeRun(run, "supported"); run.Verdict.Status == result.Pass {
		t.Errorf("a run without its pair passes: %s", run.Verdict.Sentence)
	}
}

// A drill that is stopped leaves a valid saved run, and no server.
func TestUpgradeDrillStopped(t *testing.T) {
	out := t.TempDir()
	drill := begin(t, "upgrade", "drill", "--from", "postgres:15", "--to", "postgres:16", "--reach", "embedded", "--out", out)
	drill.untilServed(t)
	code := drill.stop(t, syscall.SIGINT)
	run, err := result.Read(filepath.Join(out, "latest"))
	if err != nil || code != exitInconclusive || run.Interrupted == "" || run.Verdict.Status != result.Inconclusive {
		t.Errorf("exit %d, %v\n%s", code, err, drill.said)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*", "logs", "*", "dump-*")); len(left) > 0 {
		t.Errorf("dumps were left: %v", left)
	}
}

// Where the programs are not there, pg_upgrade is not tried: each claim says what was
// looked for, and nothing passes.
func TestUpgradeInPlaceNeedsThePrograms(t *testing.T) {
	out := t.TempDir()
	got := tristore(t, "upgrade", "drill", "--from", "postgres:12", "--to", "postgres:16", "--by", "pg_upgrade", "--reach", "embedded", "--out", out)
	run, err := result.Read(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got.out, "tristore cannot run pg_upgrade with them") {
		t.Skip("this machine has every program of 12 and of 16")
	}
	for _, f := range run.Findings {
		if f.Status != result.NotApplicable || !strings.Contains(f.Reason, "pg_controldata") {
			t.Errorf("%s is %s: %s", f.Claim, f.Status, f.Reason)
		}
	}
	if got.code != exitInconclusive || len(run.Findings) != 7 || !strings.Contains(got.out, "INCONCLUSIVE: pg_upgrade cannot be run") {
		t.Errorf("exit %d, %d findings\n%s\n%s", got.code, len(run.Findings), got.out, got.err)
	}
}

func TestUpgradeBadInput(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"no majors":      {[]string{"drill"}, []string{"--from postgres:12 --to postgres:16"}},
		"one major":      {[]string{"drill", "--from", "postgres:12"}, []string{"needs both"}},
		"a downgrade":    {[]string{"drill", "--from", "postgres:16", "--to", "postgres:12"}, []string{"downgrade", "exchange"}},
		"the same":       {[]string{"drill", "--from", "postgres:16", "--to", "postgres:16"}, []string{"no upgrade"}},
		"unknown engine": {[]string{"drill", "--from", "postgrse:12", "--to", "postgres:16"}, []string{"did you mean postgres:1"}},
		"below minimum":  {[]string{"drill", "--from", "postgres:11", "--to", "postgres:16"}, []string{"below the minimum"}},
		"of MongoDB":     {[]string{"drill", "--from", "mongo:6", "--to", "mongo:7"}, []string{"PostgreSQL", "mongo:6"}},
		"another way":    {[]string{"drill", "--from", "postgres:12", "--to", "postgres:16", "--by", "bluegren"}, []string{"did you mean bluegreen?"}},
		"two ways":       {[]string{"drill", "--from", "postgres:12", "--to", "postgres:16", "--chain", "--all-pairs"}, []string{"give one of them"}},
		"unknown fault":  {[]string{"drill", "--from", "postgres:12", "--to", "postgres:16", "--fault", "row-lots"}, []string{"did you mean row-lost?"}},
		"yours":          {[]string{"drill", "--from", "postgres:12", "--to", "postgres:16", "--reach", "external"}, []string{"never on yours"}},
		"containers":     {[]string{"drill", "--from", "postgres:12", "--to", "postgres:16", "--by", "bluegreen", "--reach", "container"}, []string{"container", "--reach embedded"}},
		"a bare word":    {[]string{"drill", "postgres:12"}, []string{"bare word", "--from"}},
		"unknown word":   {[]string{"dril"}, []string{"did you mean drill?"}},
		"no place":       {[]string{"drill", "--from", "postgres:12", "--to", "postgres:16", "--reach", "embedded", "--out", "/proc/nowhere"}, []string{"/proc/nowhere", "--out"}},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			args := append([]string{"upgrade"}, test.args...)
			if args[1] == "drill" && args[len(args)-1] != "/proc/nowhere" {
				args = append(args, "--out", out)
			}
			mends(t, tristore(t, args...), out, test.says...)
		})
	}
}
