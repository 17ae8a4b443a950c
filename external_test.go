package main

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/reports/result"
)

func TestExternalCluster(t *testing.T) {
	server := startSomebodys(t, postgres16())
	untouched := server.state(t)

	t.Run("without a mark nothing is written", func(t *testing.T) {
		out := t.TempDir()
		mends(t, tristore(t, server.by(t, "certify", "--out", out)...), out, `database "box" holds no sandbox mark`, "tristore init-sandbox --url-file FILE --engines postgres:16 --owner NAME")
		mends(t, tristore(t, server.drill(t, "--out", out)...), out, `database "box" holds no sandbox mark`)
		mends(t, tristore(t, server.by(t, "init-sandbox")...), out, "needs an owner")
		if now := server.state(t); now != untouched {
			t.Errorf("it held %s, and now %s", untouched, now)
		}
	})
	t.Run("what the user can mend", func(t *testing.T) { server.refuses(t) })

	if got := tristore(t, server.by(t, "init-sandbox", "--owner", "ops@example.org")...); got.code != 0 || !strings.Contains(got.out, "of ops@example.org on 127.0.0.1:") {
		t.Fatalf("exit %d: %s %s", got.code, got.out, got.err)
	}
	marked := server.state(t)
	unchanged := func(t *testing.T) {
		t.Helper()
		if now := server.state(t); now != marked {
			t.Errorf("it held %s, and now %s", marked, now)
		}
	}
	t.Run("a marked cluster is certified and left as it was", func(t *testing.T) {
		here, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		if server.CAFile, err = filepath.Rel(here, server.CAFile); err != nil { // as a user types it
			t.Fatal(err)
		}
		got, run, dir := certified(t, server.by(t, "--claims", "security,MIG-1,UNIQ-1")...)
		if got.code != 0 || len(statuses(run, result.Pass)) != 5 || !strings.Contains(run.Command, "--url-file FILE --ca-file /") {
			t.Errorf("exit %d: %s\n%s\n%v", got.code, run.Command, got.out, run.Findings)
		}
		unspoken(t, canary, got, dir)
		unchanged(t)
	})
	t.Run("an authority that the machine knows needs no CA file", func(t *testing.T) {
		t.Setenv("SSL_CERT_FILE", server.CAFile)
		got, run, _ := certified(t, "--engines", "postgres:16", "--url-file", urlFile(t, server.url), "--claims", "TLS-2,BACKUP-1")
		if got.code != 0 || len(statuses(run, result.Pass)) != 2 {
			t.Errorf("exit %d: %v\n%s", got.code, run.Findings, got.err)
		}
		unchanged(t)
	})
	t.Run("a marked cluster is drilled on and left as it was", func(t *testing.T) {
		out := t.TempDir()
		got := tristore(t, server.drill(t, "--out", out)...)
		if got.code != 0 || !strings.Contains(got.out, "came back equal, fit together") {
			t.Errorf("exit %d: %s\n%s", got.code, got.out, got.err)
		}
		unspoken(t, canary, got, filepath.Join(out, "latest"))
		unchanged(t)
	})
	t.Run("an interrupted run removes its own", func(t *testing.T) { server.interrupted(t); unchanged(t) })
	t.Run("plain connections are a broken promise", func(t *testing.T) {
		server.sql(t, "postgres", `DO $$ BEGIN EXECUTE format('COPY (SELECT ''host all all 127.0.0.1/32 scram-sha-256'') TO %L', current_setting('hba_file')); END $$`, `SELECT pg_reload_conf()`)
		plain := server.Admin
		plain.URL = plain.URL.WithOption("sslmode", "disable")
		await(t, "a plain connection", func() bool { return deployment.Dial(t.Context(), plain).Accepted })
		got, run, _ := certified(t, server.by(t, "--claims", "security")...)
		if failed := statuses(run, result.Fail); got.code != 1 || !slices.Equal(failed, []string{"TLS-1"}) || run.Observations[0].Facts["plain_accepted"] != 3 {
			t.Errorf("exit %d, failed %v: %v\n%s", got.code, failed, run.Findings, got.err)
		}
		unchanged(t)
	})
}

// refuses tries addresses and CAs that are wrong, with both commands that take them.
func (s somebodys) refuses(t *testing.T) {
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := drivers.Address{Scheme: "postgres", User: "ops", Password: drivers.NewSecret(canary), HostPort: free.Addr().String(), Database: "box"}.URL()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		url  drivers.URL
		args []string // the last of an option counts
		says string
	}{
		"no such database":    {s.url.WithDatabase("none"), nil, `database "none" does not exist`},
		"nobody at the port":  {nobody, nil, "connection refused"},
		"a wrong password":    {s.Admin.URL.WithUser("postgres", drivers.NewSecret(canary)), nil, "password authentication failed"},
		"another CA":          {s.url, []string{"--ca-file", s.OtherCAFile}, "certificate signed by unknown authority"},
		"no CA":               {s.url, []string{"--ca-file", ""}, "certificate signed by unknown authority"},
		"a CA that is absent": {s.url, []string{"--ca-file", "/nowhere/ca.pem"}, "the CA file /nowhere/ca.pem cannot be read"},
		"a CA that is none":   {s.url, []string{"--ca-file", os.Args[0]}, "holds no certificate"},
		"a CA in the URL":     {s.url.WithOption("sslrootcert", s.CAFile), nil, "by --ca-file instead"},
		"another major":       {s.url, []string{"--engines", "postgres:15"}, "PostgreSQL 15 was asked for"},
		"a database in use":   {s.url.WithDatabase("shop"), nil, "public.orders"},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			s := s
			s.url = test.url
			if name == "another major" { // --engines would name two
				s.Cluster = &cluster.Cluster{Engine: drivers.Engine{Product: drivers.Postgres, Major: 15}, CAFile: s.CAFile}
				test.args = nil
			}
			mends(t, tristore(t, append(s.by(t, "certify", "--out", out), test.args...)...), out, test.says)
			mends(t, tristore(t, append(s.by(t, "init-sandbox", "--owner", "ops"), test.args...)...), out, test.says)
		})
	}
}

// interrupted stops a run as soon as it has made databases.
func (s somebodys) interrupted(t *testing.T) {
	out := t.TempDir()
	run := begin(t, s.by(t, "certify", "--out", out, "--claims", "conformance")...)
	run.until(t, "databases of the run", func() bool { return strings.Contains(s.names(t), deployment.Prefix) })
	if code := run.stop(t, syscall.SIGINT); code != exitInconclusive {
		t.Errorf("exit %d, wanted %d", code, exitInconclusive)
	}
}

// A MongoDB-compatible cluster is no different.
func TestExternalFerretDB(t *testing.T) {
	server := startSomebodys(t, ferretdb1())
	out := t.TempDir()
	mends(t, tristore(t, server.by(t, "certify", "--out", out)...), out, `database "box" holds no sandbox mark`, "tristore init-sandbox --url-file FILE --engines ferretdb:1")
	stranger := server
	stranger.url = server.url.WithUser("postgres", drivers.NewSecret(canary))
	mends(t, tristore(t, stranger.by(t, "certify", "--out", out)...), out, "Authentication failed")
	if names := server.collections(t); strings.Contains(names, "tristore") {
		t.Errorf("the refused runs left %s", names)
	}
	if got := tristore(t, server.by(t, "init-sandbox", "--owner", "ops@example.org")...); got.code != 0 {
		t.Fatalf("exit %d: %s %s", got.code, got.out, got.err)
	}
	marked := server.collections(t)
	got, run, dir := certified(t, server.by(t, "--gate", "all", "--claims", "security,UNIQ-1")...)
	if got.code != 0 || len(statuses(run, result.Pass)) != 4 {
		t.Errorf("exit %d: %v\n%s", got.code, run.Findings, got.err)
	}
	unspoken(t, server.url.Password().Reveal(), got, dir)
	if names := server.collections(t); names != marked || !strings.Contains(marked, "box.tristore_sandbox") {
		t.Errorf("it held %s, and now %s", marked, names)
	}
}
