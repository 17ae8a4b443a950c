package main

import (
	"path/filepath"
	"strings"
	"testing"

	"tristore/reports/result"
)

// A whole drill passes, saves what it saw without a secret, and is judged the same again.
func TestFailoverDrill(t *testing.T) {
	out := t.TempDir()
	got := tristore(t, "failover", "drill", "--synchronous", "--seed", "1", "--out", out)
	dir := filepath.Join(out, "latest")
	run, err := result.Read(dir)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, got.out, got.err)
	}
	if got.code != 0 || len(run.Findings) != 2 || !strings.Contains(got.out, "PASS: PostgreSQL 16 lost its primary 1 times") {
		t.Errorf("exit %d, %d findings\n%s\n%s", got.code, len(run.Findings), got.out, got.err)
	}
	if again := tristore(t, "judge", dir); again.code != 0 {
		t.Errorf("judged again: exit %d\n%s", again.code, again.out)
	}
	for engine, settings := range run.Environment.InForce {
		if settings["synchronous_commit"] != "remote_apply" || settings["primary_conninfo"] != "" {
			t.Errorf("%s: %v", engine, settings)
		}
	}
	run.Observations = run.Observations[:1]
	if judgeRun(run, "supported"); run.Verdict.Status == result.Pass {
		t.Errorf("a run without one of its claims passes: %s", run.Verdict.Sentence)
	}
}

func TestFailoverBadInput(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"of MongoDB":      {[]string{"--engine", "mongo:7"}, []string{"standby", "postgres:16"}},
		"unknown engine":  {[]string{"--engine", "postgrse:16"}, []string{"did you mean postgres:1"}},
		"no losses":       {[]string{"--times", "0"}, []string{"1 to 100"}},
		"too many losses": {[]string{"--times", "101"}, []string{"1 to 100"}},
		"yours":           {[]string{"--reach", "external"}, []string{"never yours"}},
		"containers":      {[]string{"--reach", "container"}, []string{"--reach embedded"}},
		"unknown fault":   {[]string{"--fault", "never-promotd"}, []string{"did you mean never-promoted?"}},
		"a fault in vain": {[]string{"--fault", "standby-detached"}, []string{"--synchronous"}},
		"a bare word":     {[]string{"postgres:16"}, []string{"bare word", "--engine"}},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			mends(t, tristore(t, append([]string{"failover", "drill", "--out", out}, test.args...)...), out, test.says...)
		})
	}
}
