package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/dataset"
)

// platform is somebody's server with the three stores of a platform on it, filled, and an
// account that can read them and nothing else.
type platform struct {
	somebodys
	stores *deployment.Deployment
}

func startPlatform(t *testing.T) platform {
	t.Helper()
	p := platform{somebodys: startSomebodys(t, postgres16())}
	host, err := deployment.Prepare(t.Context(), p.Cluster, deployment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, host.Close) })
	if p.stores, err = host.Deploy(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, p.stores.Close) })
	identity := dataset.Identity{Seed: 3, Sizes: dataset.Small()}
	if err := errors.Join(identity.LoadInto(t.Context(), p.stores), dataset.Collections{Of: identity, Sizes: dataset.SmallCollections()}.LoadInto(t.Context(), p.stores)); err != nil {
		t.Fatal(err)
	}
	p.sql(t, "postgres", `CREATE ROLE backup LOGIN PASSWORD '`+canary+`'`)
	for _, name := range store.Names() {
		p.sql(t, "postgres", fmt.Sprintf(`GRANT CONNECT ON DATABASE %q TO backup`, p.database(name)))
	}
	p.url = p.url.WithUser("backup", drivers.NewSecret(canary)).WithDatabase(p.database(store.UsersStore))
	return p
}

func (p platform) database(name store.Name) string { return p.stores.Target(name).URL.Database() }

// words drill its databases.
func (p platform) words(t *testing.T, more ...string) []string {
	t.Helper()
	var pairs []string
	for _, name := range store.Names() {
		pairs = append(pairs, string(name)+"="+p.database(name))
	}
	return append([]string{"backup", "drill", "--engine", p.Engine.String(), "--ca-file", p.CAFile, "--url-file", urlFile(t, p.url), "--reach", "embedded", "--stores", strings.Join(pairs, ",")}, more...)
}

// prints are the content and the catalogue of the three databases.
func (p platform) prints(t *testing.T) string {
	t.Helper()
	all := p.names(t)
	for _, name := range store.Names() {
		print, err := deployment.Fingerprint(t.Context(), p.stores.AdminTarget(name))
		if err != nil {
			t.Fatal(err)
		}
		all += fmt.Sprintf("\n%s: %v", name, print)
	}
	return all
}

// Somebody's own databases are read by an account that can do nothing else, come back on a
// cluster that is thrown away, and are as they were. What was not measured is no pass.
func TestBackupDrillOfSomebodys(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts real servers")
	}
	p := startPlatform(t)
	t.Run("what the account may not read is refused", func(t *testing.T) {
		out := t.TempDir()
		mends(t, tristore(t, p.words(t, "--out", out)...), out, "role backup may not read", "pg_read_all_data")
	})
	p.sql(t, "postgres", `GRANT pg_read_all_data TO backup`)
	for name, test := range map[string]struct {
		url  drivers.URL
		more []string // the last of an option counts
		says string
	}{
		"no such database": {p.url.WithDatabase("none"), nil, `database "none" does not exist`},
		"a wrong password": {p.url.WithUser("backup", drivers.NewSecret("wrong")), nil, "password authentication failed"},
		"another major":    {p.url, []string{"--engine", "postgres:17"}, "PostgreSQL 17 was asked for"},
	} {
		t.Run(name, func(t *testing.T) {
			p, out := p, t.TempDir()
			p.url = test.url
			mends(t, tristore(t, append(p.words(t, "--out", out), test.more...)...), out, test.says)
		})
	}
	t.Run("which databases is asked where names do not tell", func(t *testing.T) {
		out := t.TempDir()
		p.sql(t, "postgres", `CREATE DATABASE other_users`)
		defer p.sql(t, "postgres", `DROP DATABASE other_users`)
		words := slices.DeleteFunc(p.words(t, "--out", out), func(word string) bool { return strings.Contains(word, "collections=") || word == "--stores" })
		mends(t, tristore(t, words...), out, "2 databases there end in users", "--stores users=DATABASE")
	})
	before := p.prints(t)
	out := t.TempDir()
	got := tristore(t, p.words(t, "--out", out)...)
	run, err := result.Read(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, got.out, got.err)
	}
	for claim, want := range map[string]result.Status{"DRILL-1": result.Pass, "DRILL-2": result.Pass, "DRILL-3": result.Pass, "RTO-1": result.Pass, "RPO-1": result.NotApplicable} {
		found(t, run, claim, want)
	}
	if got.code != 0 || !strings.Contains(got.out, "RPO-1 is not known") || !strings.Contains(run.Command, "--stores collections=") {
		t.Errorf("exit %d: %s\n%s\n%s", got.code, run.Command, got.out, got.err)
	}
	if after := p.prints(t); after != before {
		t.Errorf("it held %s, and now %s", before, after)
	}
	unspoken(t, canary, got, filepath.Join(out, "latest"))
	t.Run("a table that another role owns stops the application", func(t *testing.T) {
		p.sql(t, p.database(store.PermissionsStore), `CREATE ROLE somebody`, `ALTER TABLE workspaces OWNER TO somebody`)
		out := t.TempDir()
		got := tristore(t, p.words(t, "--out", out)...)
		run, err := result.Read(filepath.Join(out, "latest"))
		if err != nil || got.code != 1 {
			t.Fatalf("exit %d, %v\n%s\n%s", got.code, err, got.out, got.err)
		}
		for claim, want := range map[string]result.Status{"DRILL-1": result.Pass, "DRILL-3": result.Fail, "RPO-1": result.NotApplicable} {
			found(t, run, claim, want)
		}
	})
}

func found(t *testing.T, run *result.Run, claim string, want result.Status) {
	t.Helper()
	for _, f := range run.Findings {
		if f.Claim == claim {
			if f.Status != want {
				t.Errorf("%s is %s, wanted %s: %s\n%s", claim, f.Status, want, f.Reason, strings.Join(f.Evidence, "\n"))
			}
			return
		}
	}
	t.Errorf("%s has no finding", claim)
}
