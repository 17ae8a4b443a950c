package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/reports/render"
	"tristore/reports/result"
)

// A live cluster is read by an account that may look only, judged, and judged again; one
// that can write is sent away with what to grant.
func TestObserve(t *testing.T) {
	s := startSomebodys(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
	s.sql(t, "postgres", `CREATE ROLE watcher LOGIN PASSWORD '`+canary+`'`, `GRANT pg_monitor TO watcher`, `CREATE DATABASE shop_users`)
	file := func(account string) string {
		path := filepath.Join(t.TempDir(), "url")
		url := s.Admin.URL.WithDatabase("shop_users").WithUser(account, drivers.NewSecret(canary))
		if err := os.WriteFile(path, []byte(url.Reveal()), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	observe := func(out, file, engine string) said {
		return tristore(t, "observe", "--engine", engine, "--ca-file", s.CAFile, "--out", out, "--for", "3s", "--every", "500ms", "--url-file", file)
	}
	t.Run("may look only", func(t *testing.T) {
		out := t.TempDir()
		got := observe(out, file("watcher"), "postgres:16")
		run, err := result.Read(filepath.Join(out, "latest"))
		if err != nil {
			t.Fatalf("%v: exit %d\n%s\n%s", err, got.code, got.out, got.err)
		}
		seen := run.Observed
		if got.code == exitUsage || seen.Trouble != "" || seen.Samples < 2 || seen.Cost.Seconds <= 0 || !slices.ContainsFunc(seen.Stores, func(s result.ObservedStore) bool { return s.Store == "users" && s.PerSecond != nil }) {
			t.Errorf("exit %d, seen %+v", got.code, seen)
		}
		if len(run.Findings) != len(run.Claims) || !strings.Contains(got.out, "observing cost") {
			t.Errorf("%d findings of %d claims\n%s", len(run.Findings), len(run.Claims), got.out)
		}
		unspoken(t, canary, got, filepath.Join(out, "latest"))
		page, err := os.ReadFile(filepath.Join(out, "latest", render.HTMLName))
		if err != nil || !strings.Contains(string(page), "shop_users (users)") {
			t.Errorf("the page does not show the store: %v", err)
		}
		if again := tristore(t, "judge", filepath.Join(out, "latest")); again.code != got.code {
			t.Errorf("judged again: exit %d, before %d", again.code, got.code)
		}
		if again := tristore(t, "report", filepath.Join(out, "latest")); again.code != 0 {
			t.Errorf("reported again: exit %d\n%s", again.code, again.err)
		}
	})
	t.Run("can write", func(t *testing.T) {
		out := t.TempDir()
		mends(t, observe(out, file("ops"), "postgres:16"), out, "ops can write", "may make databases", "GRANT pg_monitor TO")
	})
	t.Run("another major", func(t *testing.T) {
		out := t.TempDir()
		mends(t, observe(out, file("watcher"), "postgres:15"), out, "is PostgreSQL 16", "--engine postgres:16")
	})
}

func TestObserveBadInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("postgres://app:"+canary+"@127.0.0.1:1/db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bare := filepath.Join(t.TempDir(), "bare")
	if err := os.WriteFile(bare, []byte("postgres://app:"+canary+"@127.0.0.1:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"no address":    {[]string{"--engine", "postgres:16"}, []string{"--url-file FILE"}},
		"no engine":     {[]string{"--url-file", file}, []string{"--engine"}},
		"no database":   {[]string{"--url-file", bare, "--engine", "postgres:16"}, []string{"names no database"}},
		"nobody there":  {[]string{"--url-file", file, "--engine", "postgres:16"}, []string{"127.0.0.1:1"}},
		"of the other":  {[]string{"--url-file", file, "--engine", "mongo:7"}, []string{"postgres", "mongo:7"}},
		"no trust":      {[]string{"--url-file", file, "--engine", "postgres:16", "--trust-account"}, []string{"--trust-account is for servers that do not tell"}},
		"too short":     {[]string{"--url-file", file, "--engine", "postgres:16", "--for", "1s"}, []string{"--for is from 2s"}},
		"too few":       {[]string{"--url-file", file, "--engine", "postgres:16", "--for", "5s"}, []string{"too few samples"}},
		"too often":     {[]string{"--url-file", file, "--engine", "postgres:16", "--every", "1ms"}, []string{"at least 200ms"}},
		"no such store": {[]string{"--url-file", file, "--engine", "postgres:16", "--stores", "orders=db"}, []string{"--stores orders=db"}},
		"one for two":   {[]string{"--url-file", file, "--engine", "postgres:16", "--stores", "users=db,permissions=db"}, []string{"for two stores"}},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			mends(t, tristore(t, append([]string{"observe", "--out", out}, test.args...)...), out, test.says...)
		})
	}
}
