package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/render"
	"tristore/reports/result"
	"tristore/scenarios/dataset"
)

// dumped is a filled deployment on a real server, of which tests take dumps.
type dumped struct {
	*deployment.Deployment
	on *cluster.Cluster
}

func startDumped(t *testing.T) dumped {
	t.Helper()
	running, err := cluster.Start(t.Context(), cluster.Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Embedded,
		Durability: cluster.Relaxed, Dir: t.TempDir(), Cache: programs.DefaultDir(), RunID: "restore-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, running.Close) })
	host, err := deployment.Prepare(t.Context(), running, deployment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, host.Close) })
	d, err := host.Deploy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, d.Close) })
	identity := dataset.Identity{Seed: 1, Sizes: dataset.Small()}
	if err := identity.LoadInto(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := (dataset.Collections{Of: identity, Sizes: dataset.SmallCollections()}).LoadInto(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return dumped{d, running}
}

func closed(t *testing.T, end func(context.Context) error) {
	if err := end(context.Background()); err != nil {
		t.Error(err)
	}
}

// take dumps one database after statements that only this dump shows.
func (d dumped) take(t *testing.T, database string, format backup.Format, statements ...string) string {
	t.Helper()
	for _, statement := range statements {
		if err := postgres.Exec(t.Context(), d.on.Admin.WithDatabase(database), statement); err != nil {
			t.Fatal(err)
		}
	}
	archive, _, err := backup.DumpAs(t.Context(), backup.Place{Cluster: d.on, Database: database}, t.TempDir(), backup.How{Format: format, Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	return archive.Path
}

// verifiable is a dump and what must come of it.
type verifiable struct {
	dump   string
	code   int
	status map[string]result.Status
	says   string
}

// verifiables are dumps of one server, sound ones and others.
func verifiables(t *testing.T) map[string]verifiable {
	t.Helper()
	d := startDumped(t)
	of := func(name store.Name) string { return d.Target(name).URL.Database() }
	sql := func(statement string) {
		if err := postgres.Exec(t.Context(), d.on.Admin, statement); err != nil {
			t.Fatal(err)
		}
	}
	// A visitor whose time is up is in the dump, and is served by nobody.
	sound := d.take(t, of(store.UsersStore), backup.Custom, `UPDATE "Users" SET expires_at = now() - interval '1 day' WHERE _id = (SELECT min(_id) FROM "Users")`)
	whole, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.dump")
	if err := os.WriteFile(cut, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	plain := d.take(t, of(store.UsersStore), backup.Plain)
	script, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	shortScript := filepath.Join(t.TempDir(), "short.sql")
	if err := os.WriteFile(shortScript, script[:len(script)*6/10], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, database := range []string{"shop", "bare"} {
		sql(`CREATE DATABASE ` + database)
		t.Cleanup(func() { _ = postgres.Exec(context.Background(), d.on.Admin, `DROP DATABASE `+database) })
	}
	foreign := d.take(t, "shop", backup.Custom, `CREATE TABLE orders (id int PRIMARY KEY, what text)`, `INSERT INTO orders SELECT n, 'order' FROM generate_series(1, 9) n`)
	slack := d.take(t, "shop", backup.Custom, `ALTER TABLE orders ADD CONSTRAINT much CHECK (id > 5) NOT VALID`)
	bare := d.take(t, "bare", backup.Custom, `CREATE TABLE nothing (id int)`)
	permissions, collections := d.take(t, of(store.PermissionsStore), backup.Directory), d.take(t, of(store.CollectionsStore), backup.Custom)
	trapped := d.take(t, of(store.PermissionsStore), backup.Custom, `CREATE ROLE tristore_somebody`, `ALTER TABLE workspaces OWNER TO tristore_somebody`)
	t.Cleanup(func() { _ = postgres.Exec(context.Background(), d.on.Admin, `DROP ROLE tristore_somebody`) })

	return map[string]verifiable{
		"custom, users":          {sound, 0, map[string]result.Status{"RESTORE-1": result.Pass, "RESTORE-2": result.Pass, "RESTORE-3": result.Pass}, "starts, reads and writes"},
		"plain, users":           {plain, 0, map[string]result.Status{"RESTORE-3": result.Pass}, "starts, reads and writes"},
		"directory, permissions": {permissions, 0, map[string]result.Status{"RESTORE-3": result.Pass}, "starts, reads and writes"},
		"custom, collections":    {collections, 0, map[string]result.Status{"RESTORE-3": result.Pass}, "starts, reads and writes"},
		"of somebody else":       {foreign, 0, map[string]result.Status{"RESTORE-2": result.Pass, "RESTORE-3": result.NotApplicable}, "none of the three stores"},
		"cut":                    {cut, 1, map[string]result.Status{"RESTORE-1": result.Fail, "RESTORE-2": result.Inconclusive, "RESTORE-3": result.Inconclusive}, "RESTORE-1"},
		"plain and cut":          {shortScript, 1, map[string]result.Status{"RESTORE-1": result.Fail}, "RESTORE-1"},
		"not validated":          {slack, 1, map[string]result.Status{"RESTORE-1": result.Pass, "RESTORE-2": result.Fail}, "RESTORE-2"},
		"owned by another role":  {trapped, 1, map[string]result.Status{"RESTORE-1": result.Pass, "RESTORE-2": result.Pass, "RESTORE-3": result.Fail}, "RESTORE-3"},
		"without a row":          {bare, 3, map[string]result.Status{"RESTORE-1": result.Pass, "RESTORE-2": result.Inconclusive}, "no row came back"},
	}
}

// A dump is restored into a cluster of its own and judged by what came back; it stays as it was.
func TestRestoreVerifyJudgesTheCopy(t *testing.T) {
	for name, test := range verifiables(t) {
		t.Run(name, func(t *testing.T) {
			before, err := backup.Recognise(test.dump)
			if err != nil {
				t.Fatal(err)
			}
			out := t.TempDir()
			got := tristore(t, "restore", "verify", test.dump, "--engine", "postgres:16", "--reach", "embedded", "--out", out)
			if got.code != test.code || !strings.Contains(got.out, test.says) {
				t.Errorf("exit %d, wanted %d and %q\n%s\n%s", got.code, test.code, test.says, got.out, got.err)
			}
			verified(t, filepath.Join(out, "latest"), test.status)
			if again := tristore(t, "judge", filepath.Join(out, "latest")); again.code != test.code {
				t.Errorf("judged again: exit %d, wanted %d\n%s", again.code, test.code, again.out)
			}
			if after, err := backup.Recognise(test.dump); err != nil || after.SHA256 != before.SHA256 {
				t.Errorf("the dump changed: %v", err)
			}
		})
	}
}

// verified reads the saved run and its pages.
func verified(t *testing.T, dir string, want map[string]result.Status) {
	t.Helper()
	run, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range run.Findings {
		if status, asked := want[f.Claim]; asked && f.Status != status {
			t.Errorf("%s is %s, wanted %s: %s\n%s", f.Claim, f.Status, status, f.Reason, strings.Join(f.Evidence, "\n"))
		}
	}
	if len(run.Findings) != 3 || len(run.Steps) < 3 || slices.ContainsFunc(run.Steps, func(s result.Step) bool { return s.Seconds <= 0 }) {
		t.Errorf("%d findings, steps %+v", len(run.Findings), run.Steps)
	}
	for _, page := range []string{render.MarkdownName, render.HTMLName} {
		text, err := os.ReadFile(filepath.Join(dir, page))
		if err != nil || !strings.Contains(string(text), "What was done") {
			t.Errorf("%s does not show the steps: %v", page, err)
		}
	}
}

// A saved restore that lost a claim is no pass, whatever the others say.
func TestRestoreThatLostAClaimIsNoPass(t *testing.T) {
	run := &result.Run{Kind: kindRestore, Engines: []result.Engine{{Engine: "postgres:16", Title: "PostgreSQL 16"}}}
	saw := result.Observation{Claim: "RESTORE-1", Engine: "postgres:16"}
	for fact, value := range map[string]float64{"restores": 1, "bytes": 10, "tools_failed": 0, "stderr_errors": 0} {
		saw.Set(fact, value)
	}
	run.Claims, run.Observations = []result.Claim{{ID: "RESTORE-1"}}, []result.Observation{saw}
	if judgeRun(run, "supported"); run.Findings[0].Status != result.Pass || run.Verdict.Status != result.Inconclusive {
		t.Errorf("findings %+v, verdict %+v", run.Findings, run.Verdict)
	}
}

func TestRestoreBadInput(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"no dump":          {[]string{"verify"}, []string{"needs one dump"}},
		"two dumps":        {[]string{"verify", "a", "b"}, []string{"needs one dump"}},
		"nothing there":    {[]string{"verify", folder + "/no"}, []string{"there is no dump at", "pg_dump"}},
		"empty":            {[]string{"verify", file("empty", "")}, []string{"is empty"}},
		"a letter":         {[]string{"verify", file("letter", "Dear Sir")}, []string{"is no dump"}},
		"packed":           {[]string{"verify", file("packed", "\x1f\x8b\x08\x00")}, []string{"gzip", "unpack"}},
		"a whole cluster":  {[]string{"verify", file("all", "--\n-- PostgreSQL database cluster dump\n--\n")}, []string{"pg_dumpall"}},
		"a folder":         {[]string{"verify", folder}, []string{"toc.dat"}},
		"another engine":   {[]string{"verify", file("d", "PGDMP"), "--engine", "ferretdb:1"}, []string{"PostgreSQL", "ferretdb:1"}},
		"unknown engine":   {[]string{"verify", file("d", "PGDMP"), "--engine", "postgrse:16"}, []string{"did you mean postgres:16?"}},
		"into yours":       {[]string{"verify", file("d", "PGDMP"), "--reach", "external"}, []string{"never into yours"}},
		"no migrations":    {[]string{"verify", file("d", "PGDMP"), "--migrations", "/nowhere/at/all"}, []string{"/nowhere/at/all"}},
		"unknown word":     {[]string{"verfy", "x"}, []string{"did you mean verify?"}},
		"no place for out": {[]string{"verify", file("d", "PGDMP"), "--out", "/proc/nowhere"}, []string{"/proc/nowhere", "--out"}},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			args := append([]string{"restore"}, test.args...)
			if !slices.Contains(args, "--out") && args[1] == "verify" {
				args = append(args, "--out", out)
			}
			mends(t, tristore(t, args...), out, test.says...)
		})
	}
}
