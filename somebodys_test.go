package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
)

// somebodys is a real server that a test started and that the command knows by a URL
// only, as if it were somebody else's. Its owner keeps a shop on it; the command signs in
// as ops, who is no superuser, as on a managed service.
type somebodys struct {
	*cluster.Cluster
	url drivers.URL // of ops and an empty database
}

const canary = "canary-7c1" // the password of ops

func startSomebodys(t *testing.T, engine drivers.Engine) somebodys {
	t.Helper()
	running, err := cluster.Start(t.Context(), cluster.Spec{Engine: engine, Reach: drivers.Embedded, Durability: cluster.Relaxed,
		Dir: t.TempDir(), Cache: programs.DefaultDir(), RunID: "external-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s := somebodys{running, running.Admin.URL.WithDatabase("box")}
	if engine.Product == drivers.Postgres {
		s.url = s.url.WithUser("ops", drivers.NewSecret(canary))
		s.sql(t, "postgres", `CREATE ROLE ops LOGIN CREATEDB CREATEROLE PASSWORD '`+canary+`'`, `CREATE DATABASE box OWNER ops`, `CREATE ROLE clerk`, `CREATE DATABASE shop`)
		s.sql(t, "shop", `CREATE TABLE orders (id int PRIMARY KEY, what text)`, `INSERT INTO orders SELECT n, 'order ' || n FROM generate_series(1, 100) n`, `GRANT SELECT ON orders TO clerk`)
	}
	return s
}

// sql runs statements as the server's owner.
func (s somebodys) sql(t *testing.T, database string, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if err := postgres.Exec(t.Context(), s.Admin.WithDatabase(database), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// names are those of every database and role. The package that speaks SQL has no question
// for them: the answer comes as an error.
func (s somebodys) names(t *testing.T) string {
	t.Helper()
	err := postgres.Exec(t.Context(), s.Admin, `DO $$ BEGIN RAISE EXCEPTION 'holds % %',
		(SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database), (SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles); END $$`)
	if err == nil || !strings.Contains(err.Error(), "holds box,") {
		t.Fatalf("the server does not tell what it holds: %v", err)
	}
	return err.Error()
}

// state is everything on the server that a run could have changed. It returns when its
// own sessions are gone, since strangers' sessions forbid a run.
func (s somebodys) state(t *testing.T) string {
	t.Helper()
	all := s.names(t)
	for _, database := range []string{"box", "shop"} {
		print, err := deployment.Fingerprint(t.Context(), s.Admin.WithDatabase(database))
		if err != nil {
			t.Fatal(err)
		}
		all += fmt.Sprintf("\n%s: %v", database, print)
	}
	await(t, "the end of sessions on the shop", func() bool {
		return postgres.Exec(t.Context(), s.Admin, `DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = 'shop'); END $$`) == nil
	})
	return all
}

// collections names every collection with its database, of a MongoDB-compatible server, as
// a dump of everything meets them.
func (s somebodys) collections(t *testing.T) string {
	t.Helper()
	dump, err := s.Tools.Find(t.Context(), "mongodump")
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	where := s.Admin.URL.WithDatabase("").WithOption("tls", "true").WithOption("tlsCAFile", dump.CAFile)
	if err := dump.Run(t.Context(), cluster.Invocation{Args: []string{"--config={config}", "--archive"}, Err: &said,
		Files: map[string][]byte{"config": []byte(fmt.Sprintf("uri: %q\n", where.Reveal()))}}); err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(said.String()) {
		if _, name, found := strings.Cut(line, "done dumping "); found {
			names = append(names, strings.Fields(name)[0])
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// by is a command line that reaches the server by a URL file and the right CA.
func (s somebodys) by(t *testing.T, words ...string) []string {
	t.Helper()
	return append(words, "--engines", s.Engine.String(), "--ca-file", s.CAFile, "--url-file", urlFile(t, s.url))
}

// drill are the words of a small drill on it.
func (s somebodys) drill(t *testing.T, words ...string) []string {
	t.Helper()
	return append([]string{"backup", "drill", "--size", "1MiB", "--seed", "1", "--engine", s.Engine.String(), "--ca-file", s.CAFile, "--url-file", urlFile(t, s.url)}, words...)
}

func urlFile(t *testing.T, url drivers.URL) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte(url.Reveal()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// mends holds what a refusal must be: exit 2, one sentence that says so much, no
// password, and nothing left in the report's folder.
func mends(t *testing.T, got said, out string, says ...string) {
	t.Helper()
	if got.code != exitUsage || strings.Count(strings.TrimSpace(got.err), "\n") > 0 {
		t.Errorf("exit %d, wanted %d and one sentence: %s", got.code, exitUsage, got.err)
	}
	for _, words := range says {
		if !strings.Contains(got.err, words) {
			t.Errorf("%q is not in: %s", words, got.err)
		}
	}
	if left, _ := os.ReadDir(out); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if strings.Contains(got.out+got.err, canary) {
		t.Errorf("the password is repeated: %s %s", got.out, got.err)
	}
}

// unspoken fails when the password is in what a run printed or in any of its files.
func unspoken(t *testing.T, password string, got said, dir string) {
	t.Helper()
	if strings.Contains(got.out+got.err, password) {
		t.Errorf("the password is printed: %s %s", got.out, got.err)
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if files++; bytes.Contains(text, []byte(password)) {
			t.Errorf("the password is in %s", path)
		}
		return err
	})
	if err != nil || files < 4 {
		t.Errorf("%d files read in %s: %v", files, dir, err)
	}
}
