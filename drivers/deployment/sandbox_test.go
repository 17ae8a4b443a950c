package deployment

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/postgres"
)

func TestSandboxIsJudgedOnTheFacts(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	url, err := drivers.ParseURL("postgres://admin:hunter2@db.example.org:5432/box?sslmode=require")
	if err != nil {
		t.Fatal(err)
	}
	sound := func() drivers.SandboxFacts {
		return drivers.SandboxFacts{Database: "box", Identity: "1/2", Now: now,
			Marks: []drivers.Sandbox{{ID: "x", Owner: "ops", Expires: now.Add(time.Hour), Identity: "1/2"}}}
	}
	for name, test := range map[string]struct {
		change func(*drivers.SandboxFacts)
		says   string
		mend   bool
	}{
		"sound":        {func(*drivers.SandboxFacts) {}, "", false},
		"no mark":      {func(f *drivers.SandboxFacts) { f.Marks = nil }, "holds no sandbox mark", true},
		"expired":      {func(f *drivers.SandboxFacts) { f.Marks[0].Expires = now }, "expired at 2026-06-01T00:00:00Z", true},
		"copied":       {func(f *drivers.SandboxFacts) { f.Identity = "1/3" }, "came with a copy", true},
		"two marks":    {func(f *drivers.SandboxFacts) { f.Marks = append(f.Marks, f.Marks[0]) }, "more than one", true},
		"nameless":     {func(f *drivers.SandboxFacts) { f.Identity, f.Marks[0].Identity = "", "" }, "does not tell who it is", true},
		"a standby":    {func(f *drivers.SandboxFacts) { f.Standby = true }, "is a standby", false},
		"not empty":    {func(f *drivers.SandboxFacts) { f.Objects = []string{"public.orders"} }, "public.orders", false},
		"others there": {func(f *drivers.SandboxFacts) { f.Sessions = []string{"shop (web)"} }, "others are at work on it: shop (web)", false},
	} {
		facts := sound()
		test.change(&facts)
		err := judgeSandbox(facts, drivers.Target{URL: url, Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}})
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, wanted %q", name, err, test.says)
			continue
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, cluster.ErrUnreachable) {
			t.Errorf("%s: not a refusal that the user can mend", name)
		}
		if got := strings.Contains(err.Error(), "--owner NAME"); got != test.mend {
			t.Errorf("%s: names the command: %t, wanted %t: %v", name, got, test.mend, err)
		}
		if test.mend && !strings.Contains(err.Error(), "tristore init-sandbox --url-file FILE --engines postgres:16") || !strings.Contains(err.Error(), "db.example.org:5432") {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the sentence holds the password: %v", name, err)
		}
	}
}

// external is the server as somebody else's, reached by the URL of an empty database.
func external(t *testing.T, running *cluster.Cluster, database string) *cluster.Cluster {
	t.Helper()
	if err := postgres.Exec(t.Context(), running.Admin, `CREATE DATABASE "`+database+`"`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := postgres.Exec(context.Background(), running.Admin, `DROP DATABASE "`+database+`"`); err != nil {
			t.Error(err)
		}
	})
	return &cluster.Cluster{Engine: running.Engine, Reach: drivers.External, Admin: running.Admin.WithDatabase(database)}
}

// refused is what must come of every attempt on a cluster without rights: a refusal, and
// nothing written.
func refused(t *testing.T, on *cluster.Cluster, says string) {
	t.Helper()
	before := written(t, on)
	host, err := Prepare(t.Context(), on, Options{})
	var refusal *SandboxRefusal
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, wanted a refusal that says %q", err, says)
	}
	if host != nil {
		t.Error("a host was prepared without rights")
	}
	if after := written(t, on); after != before {
		t.Errorf("the refused attempt wrote: %s, then %s", before, after)
	}
}

// written names every database, role and relation that is not the server's own. The
// package that speaks SQL has no question for it: the answer comes as an error.
func written(t *testing.T, on *cluster.Cluster) string {
	t.Helper()
	err := postgres.Exec(t.Context(), on.Admin, `DO $$ BEGIN RAISE EXCEPTION 'holds % % %',
		(SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database),
		(SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles),
		(SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE oid >= 16384); END $$`)
	if err == nil || !strings.Contains(err.Error(), "holds ") {
		t.Fatalf("the server does not tell what it holds: %v", err)
	}
	return err.Error()
}

func TestExternalClusterNeedsItsOwnMark(t *testing.T) {
	ctx, running := t.Context(), postgres16(t)
	on := external(t, running, "box")
	refused(t, on, `database "box" holds no sandbox mark; if everything on it may be destroyed, mark it: tristore init-sandbox --url-file FILE`)

	mark, err := InitSandbox(ctx, on, "test", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if mark.ID == "" || mark.Identity == "" {
		t.Errorf("mark %+v", mark)
	}
	if err := CheckSandbox(ctx, on); err != nil {
		t.Errorf("a marked cluster is refused: %v", err)
	}

	t.Run("a clone gives no rights", func(t *testing.T) {
		clone := external(t, running, "elsewhere")
		if err := postgres.Exec(t.Context(), clone.Admin.WithDatabase("postgres"), `DROP DATABASE elsewhere`); err != nil {
			t.Fatal(err)
		}
		if err := postgres.Exec(t.Context(), clone.Admin.WithDatabase("postgres"), `CREATE DATABASE elsewhere TEMPLATE box`); err != nil {
			t.Fatal(err)
		}
		refused(t, clone, "came with a copy")
	})
	t.Run("an expired mark gives no rights", func(t *testing.T) {
		if err := postgres.Exec(t.Context(), on.Admin, `UPDATE tristore_sandbox SET expires = now() - interval '1 second'`); err != nil {
			t.Fatal(err)
		}
		refused(t, on, "expired at")
		if _, err := InitSandbox(t.Context(), on, "test", time.Now().Add(time.Hour)); err != nil {
			t.Errorf("an old mark cannot be replaced: %v", err)
		}
	})
	t.Run("a database in use is no sandbox", func(t *testing.T) {
		full := external(t, running, "shop")
		if err := postgres.Exec(t.Context(), full.Admin, `CREATE TABLE orders (id int)`); err != nil {
			t.Fatal(err)
		}
		if _, err := InitSandbox(t.Context(), full, "test", time.Now().Add(time.Hour)); err == nil || !strings.Contains(err.Error(), "public.orders") {
			t.Errorf("a database with a table was marked: %v", err)
		}
		refused(t, full, "public.orders")
	})
}

func TestMarkedClusterIsPreparedAndLeftAsItWas(t *testing.T) {
	on := external(t, postgres16(t), "marked")
	if _, err := InitSandbox(t.Context(), on, "test", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	before := written(t, on)
	host, err := Prepare(t.Context(), on, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := written(t, on); after != before {
		t.Errorf("something was left: %s, then %s", before, after)
	}
}

func TestMarkNeedsAnOwnerAndAnEnd(t *testing.T) {
	on := external(t, postgres16(t), "endless")
	for name, err := range map[string]error{
		"no owner": second(InitSandbox(t.Context(), on, " ", time.Now().Add(time.Hour))),
		"past":     second(InitSandbox(t.Context(), on, "test", time.Now().Add(-time.Hour))),
		"too long": second(InitSandbox(t.Context(), on, "test", time.Now().Add(SandboxMax+time.Hour))),
	} {
		if err == nil {
			t.Errorf("%s: marked", name)
		}
	}
	refused(t, on, "holds no sandbox mark")
}

func second(_ drivers.Sandbox, err error) error { return err }
