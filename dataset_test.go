package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"tristore/drivers"
	"tristore/drivers/postgres"
)

// A data set is loaded onto a marked cluster only, goes on after Ctrl-C, stays, and is
// verified row by row.
func TestDatasetCommands(t *testing.T) {
	server := startSomebodys(t, postgres16())
	by := func(words ...string) []string { return server.by(t, append([]string{"dataset"}, words...)...) }
	small := func(word string) []string { return by(word, "--size", "small", "--users", "120", "--row-bytes", "200") }

	before := server.names(t)
	mends(t, tristore(t, small("load")...), t.TempDir(), `database "box" holds no sandbox mark`)
	mends(t, tristore(t, small("verify")...), t.TempDir(), "there is no database tristore_data_users: load a data set first")
	if now := server.names(t); now != before {
		t.Errorf("it held %s, and now %s", before, now)
	}
	if got := tristore(t, server.by(t, "init-sandbox", "--owner", "ops@example.org")...); got.code != 0 {
		t.Fatalf("exit %d: %s", got.code, got.err)
	}

	got := tristore(t, small("load")...)
	if got.code != 0 || !strings.Contains(got.out, " inserted, 0 were there") {
		t.Fatalf("exit %d: %s %s", got.code, got.out, got.err)
	}
	if got = tristore(t, small("load")...); got.code != 0 || !strings.Contains(got.out, ": 0 inserted, ") {
		t.Errorf("loaded again: exit %d: %s %s", got.code, got.out, got.err)
	}
	if got = tristore(t, small("verify")...); got.code != 0 || !strings.Contains(got.out, "PASS seed 1") || !strings.Contains(got.out, " 0 missing, 0 changed, 0 strange") {
		t.Errorf("verified: exit %d: %s %s", got.code, got.out, got.err)
	}
	if strings.Contains(got.out+got.err, canary) {
		t.Error("the password was said")
	}
	server.sql(t, "tristore_data_permissions", `DELETE FROM workspaces WHERE "name" = 'Workspace 5'`)
	if got = tristore(t, small("verify")...); got.code != 1 || !strings.Contains(got.out, "permissions workspaces row 5 ") || !strings.Contains(got.out, " 1 missing, 0 changed, 0 strange") {
		t.Errorf("with a row missing: exit %d: %s %s", got.code, got.out, got.err)
	}
	if got = tristore(t, by("load", "--seed", "2")...); got.code != 3 || !strings.Contains(got.err, "with the seed and sizes that were begun with") {
		t.Errorf("another set on top: exit %d: %s", got.code, got.err)
	}
	if got = tristore(t, by("drop")...); got.code != 0 || server.names(t) != before {
		t.Errorf("dropped: exit %d: %s %s; left %s", got.code, got.out, got.err, server.names(t))
	}
	if got = tristore(t, by("verify")...); got.code != 2 {
		t.Errorf("verifying what was dropped: exit %d: %s", got.code, got.err)
	}

	// Interrupted as at a terminal, once rows are there; the same command goes on.
	long := func(word string) []string {
		return by(word, "--connections", "2", "--messages", "100", "--row-bytes", "300")
	}
	server.interruptLoad(t, long("load")...)
	if got = tristore(t, long("load")...); got.code != 0 || strings.Contains(got.out, ", 0 were there") {
		t.Errorf("going on: exit %d: %s %s", got.code, got.out, got.err)
	}
	if got = tristore(t, long("verify")...); got.code != 0 {
		t.Errorf("after going on: exit %d: %s %s", got.code, got.out, got.err)
	}
}

func TestDatasetOnTheOtherFamily(t *testing.T) {
	server := startSomebodys(t, drivers.Engine{Product: drivers.FerretDB, Major: 1})
	for _, step := range []struct {
		words []string
		code  int
		says  string
	}{
		{[]string{"dataset", "verify", "--size", "small"}, 2, "load a data set first"},
		{[]string{"dataset", "load", "--size", "small"}, 2, "holds no sandbox mark"},
		{[]string{"init-sandbox", "--owner", "ops@example.org"}, 0, "of ops@example.org"},
		{[]string{"dataset", "load", "--size", "small"}, 0, " inserted, 0 were there"},
		{[]string{"dataset", "load", "--size", "small"}, 0, ": 0 inserted, "},
		{[]string{"dataset", "verify", "--size", "small"}, 0, "PASS seed 1"},
		{[]string{"dataset", "verify", "--size", "small", "--seed", "2"}, 1, "FAIL seed 2"},
		{[]string{"dataset", "drop"}, 0, "dropped "},
		{[]string{"dataset", "verify", "--size", "small"}, 2, "load a data set first"},
	} {
		got := tristore(t, server.by(t, step.words...)...)
		if got.code != step.code || !strings.Contains(got.out+got.err, step.says) {
			t.Errorf("%v: exit %d: %s %s", step.words, got.code, got.out, got.err)
		}
	}
}

// interruptLoad runs a load and sends it SIGINT once rows are in.
func (s somebodys) interruptLoad(t *testing.T, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], args...)
	var trouble strings.Builder
	command.Stderr = &trouble
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the first rows", func() bool {
		return postgres.Exec(t.Context(), s.Admin.WithDatabase("tristore_data_users"), `DO $$ BEGIN ASSERT EXISTS (SELECT FROM "AccessTokens"); END $$`) == nil
	})
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	_ = command.Wait() // its exit code is looked at
	if code := command.ProcessState.ExitCode(); code != 3 || !strings.Contains(trouble.String(), "the same load goes on from there") {
		t.Errorf("interrupted: exit %d: %s", code, trouble.String())
	}
}

func TestDatasetRefusesWhatItCannotMean(t *testing.T) {
	file := urlFile(t, drivers.Address{Scheme: "postgres", User: "ops", HostPort: "127.0.0.1:1", Database: "box"}.URL())
	for says, words := range map[string][]string{
		"did you mean large":               {"load", "--size", "lage"},
		"--users is a number from 1 on":    {"load", "--users", "0"},
		"needs at least 2 users":           {"load", "--users", "1"},
		"at most 256 agents":               {"load", "--messages", "1000000"},
		"--connections is a number from 1": {"verify", "--connections", "0"},
		"did you mean verify":              {"verfy"},
		"unknown flag: --users":            {"drop", "--users", "5"},
		"needs the cluster's address":      {"load", "--url-file", ""},
		"needs the engine behind the URL":  {"load", "--engines", ""},
		"connection refused":               {"load"},
		"one URL is one engine":            {"load", "--engines", "postgres:16,postgres:15"},
		"the URL begins with postgres but": {"load", "--engines", "ferretdb:1"},
	} {
		args := append([]string{"dataset", words[0]}, "--engines", "postgres:16", "--url-file", file)
		if says == "did you mean verify" {
			args = []string{"dataset", words[0]}
		}
		for i := 1; i+1 < len(words); i += 2 {
			if at := slices.Index(args, words[i]); at >= 0 {
				args[at+1] = words[i+1]
			} else {
				args = append(args, words[i], words[i+1])
			}
		}
		if says == "needs the engine behind the URL" {
			args = []string{"dataset", "load", "--url-file", file}
		}
		if got := tristore(t, args...); got.code != 2 || !strings.Contains(got.err, says) || strings.Count(got.err, "\n") != 1 {
			t.Errorf("%v: exit %d: %s", args, got.code, got.err)
		}
	}
}
