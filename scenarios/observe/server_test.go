package observe

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/render"
	"tristore/reports/result"
	"tristore/scenarios/judge"
	"tristore/scenarios/road"
)

// sentinel stands in rows, in literals, in comments and in a password, and nowhere else.
const sentinel = "sentinel_4f7a"

const password = "canary-9d2"

// live is a real server with two stores, and accounts that may do this or that.
type live struct {
	*cluster.Cluster
	t *testing.T
}

func start(t *testing.T, major int, settings map[string]string) live {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a server")
	}
	on, err := cluster.Start(t.Context(), cluster.Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: major}, Reach: drivers.Embedded, Durability: cluster.Relaxed,
		Dir: t.TempDir(), Cache: programs.DefaultDir(), RunID: "observe-test", Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := on.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	l := live{on, t}
	l.sql("postgres", `CREATE ROLE app LOGIN PASSWORD '`+password+`'`, `CREATE DATABASE shop_users`, `CREATE DATABASE shop_collections`)
	for _, database := range []string{"shop_users", "shop_collections", "template1", "postgres"} {
		l.sql(database, `REVOKE CREATE ON SCHEMA public FROM PUBLIC`)
	}
	l.sql("shop_users", `CREATE TABLE users (id int PRIMARY KEY, email text)`, `GRANT SELECT, UPDATE ON users TO app`,
		`INSERT INTO users SELECT n, '`+sentinel+`' || n FROM generate_series(1, 2000) n`)
	l.account("watcher", `GRANT pg_monitor TO watcher`)
	return l
}

// sql runs statements as the server's owner.
func (l live) sql(database string, statements ...string) {
	l.t.Helper()
	for _, statement := range statements {
		if err := postgres.Exec(l.t.Context(), l.Admin.WithDatabase(database), statement); err != nil {
			l.t.Fatal(err)
		}
	}
}

// account makes one that may do what the statements give it.
func (l live) account(name string, statements ...string) {
	l.sql("postgres", `CREATE ROLE `+name+` LOGIN PASSWORD '`+password+`'`)
	l.sql("shop_users", statements...)
}

func (l live) as(name string) drivers.Target {
	target := l.Admin.WithDatabase("shop_users")
	target.URL = target.URL.WithUser(name, drivers.NewSecret(password))
	return target
}

// observe looks for a moment, at any cost.
func (l live) observe(ctx context.Context, account string) (*result.Run, error) {
	plan := Plan{Head: road.Head{RunID: "observe-test", Engine: l.Engine, Reach: drivers.External}, For: 2 * time.Second, Every: 250 * time.Millisecond, Cap: 1}
	return Run(ctx, plan, cluster.External{URL: l.as(account).URL, CAFile: l.CAFile})
}

// work keeps the server busy with statements of app, until the test or stop ends it.
func (l live) work(statements ...string) (stop func()) {
	ctx, cancel := context.WithCancel(l.t.Context())
	on, err := postgres.DialRaw(ctx, l.as("app"))
	if err != nil {
		l.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			for _, text := range statements {
				if out := on.Run(ctx, postgres.RawStatement{Text: text}); out.Status != store.Committed && ctx.Err() == nil {
					l.t.Errorf("%s: %s", text, out.Detail())
					return
				}
			}
		}
	}()
	return func() { cancel(); <-ended; _ = on.Close(context.Background()) }
}

// What a live cluster does is seen, and nothing of its rows, literals, comments and passwords.
func TestObserveSeesTheWorkAndNothingOfTheRows(t *testing.T) {
	t.Parallel()
	l := start(t, 16, map[string]string{"shared_preload_libraries": "pg_stat_statements"})
	l.sql("shop_users", `CREATE EXTENSION pg_stat_statements`)
	stop := l.work(`SELECT count(*) FROM users WHERE email = '`+sentinel+`7' /* for `+sentinel+` */`, `UPDATE users SET email = '`+sentinel+`x' WHERE id = 7`,
		`SET application_name = '`+sentinel+`'`, `SELECT 1 AS one`)
	defer stop()
	l.sql("shop_users", `CREATE ROLE somebody PASSWORD '`+sentinel+`'`)
	run, err := l.observe(t.Context(), "watcher")
	if err != nil {
		t.Fatal(err)
	}
	seen := run.Observed
	at := slices.IndexFunc(seen.Stores, func(s result.ObservedStore) bool { return s.Store == string(store.UsersStore) })
	if at < 0 {
		t.Fatalf("no store is that of users: %+v", seen.Stores)
	}
	users := seen.Stores[at]
	mean, peak := users.Transactions()
	for what, holds := range map[string]bool{
		"transactions": mean > 0 && peak >= mean, "rows updated": users.PerSecond["rows_updated"] > 0, "blocks": users.Blocks > 0 && users.HitPercent > 90,
		"size": users.Bytes > 1<<20, "tables": len(users.Tables) == 1 && users.Tables[0].Name == "public.users" && users.Tables[0].ScansPerS > 0,
		"connections": only(seen.Levels["connections"]) && only(users.Levels["connections"]), "slots": seen.Limits["connections"] > 10 && seen.Limits["connections_reserved"] >= 3,
		"WAL": seen.PerSecond["wal_bytes"] > 0 && seen.PerSecond["wal_records"] > 0, "checkpoints": has(seen.PerSecond, "checkpoints_requested"),
		"cost": seen.Cost.Seconds > 0 && seen.Cost.Share > 0 && seen.Cost.ServerTime > 0, "samples": seen.Samples >= 4,
		"hot": len(seen.Statements) > 0 && slices.ContainsFunc(seen.Statements, func(s result.ObservedStatement) bool {
			return s.Text == "SELECT count(*) FROM users WHERE email = $1" && s.CallsPerS > 0 && s.MeanMs > 0 && s.Database == "shop_users"
		}),
	} {
		if !holds {
			t.Errorf("%s: not as it should be", what)
		}
	}
	keepsQuiet(t, run)
}

// keepsQuiet finds nothing of rows, literals and passwords in anything that is saved.
func keepsQuiet(t *testing.T, run *result.Run) {
	t.Helper()
	dir := t.TempDir()
	if err := render.Save(dir, run); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{result.FileName, render.HTMLName, render.MarkdownName, render.JUnitName} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(text) == 0 {
			t.Errorf("%s: %v", name, err)
		}
		for _, secret := range []string{sentinel, password} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s is in %s", secret, name)
			}
		}
	}
}

// only tells whether one connection was there all the time and no other, as the watcher's
// would be; one of the test's own may still be ending in some sample.
func only(met result.Level) bool { return met.Min == 1 && met.Mean < 2 }

func has(named map[string]float64, name string) bool {
	_, known := named[name]
	return known
}

// Every way to change something is a refusal in one sentence with what to grant instead.
func TestObserveRefusesAnAccountThatCanWrite(t *testing.T) {
	t.Parallel()
	l := start(t, 16, nil)
	l.sql("shop_users", `CREATE SEQUENCE numbers`, `CREATE ROLE clerk`, `GRANT INSERT ON users TO clerk`, `CREATE SCHEMA annex`, `CREATE TABLE annex.rest (id int, what text)`)
	for name, test := range map[string]struct {
		grants []string
		says   string
	}{
		"super":      {[]string{`ALTER ROLE super SUPERUSER`}, "is superuser"},
		"maker":      {[]string{`ALTER ROLE maker CREATEDB`}, "may make databases"},
		"roles":      {[]string{`ALTER ROLE roles CREATEROLE`}, "may make roles"},
		"inserter":   {[]string{`GRANT INSERT ON users TO inserter`}, "may change rows of public.users in database shop_users"},
		"truncater":  {[]string{`GRANT TRUNCATE ON annex.rest TO truncater`}, "may change rows of annex.rest"},
		"columns":    {[]string{`GRANT UPDATE (email) ON users TO columns`}, "may change rows of public.users"},
		"noinherit":  {[]string{`ALTER ROLE noinherit NOINHERIT`, `GRANT clerk TO noinherit`}, "may change rows of public.users"},
		"creator":    {[]string{`GRANT CREATE ON SCHEMA annex TO creator`}, "may make objects in schema annex"},
		"schemas":    {[]string{`GRANT CREATE ON DATABASE shop_collections TO schemas`}, "may make schemas in database shop_collections"},
		"owner":      {[]string{`ALTER TABLE annex.rest OWNER TO owner`}, "owns annex.rest"},
		"lord":       {[]string{`ALTER DATABASE shop_collections OWNER TO lord`}, "owns database shop_collections"},
		"writeall":   {[]string{`GRANT pg_write_all_data TO writeall`}, "is a member of pg_write_all_data"},
		"sequencer":  {[]string{`GRANT USAGE ON SEQUENCE numbers TO sequencer`}, "may advance sequence public.numbers"},
		"blind":      {nil, "does not see what other sessions do"},
		"everywhere": {[]string{`GRANT pg_monitor, pg_signal_backend TO everywhere`}, "is a member of pg_signal_backend"},
	} {
		l.account(name, test.grants...)
		run, err := l.observe(t.Context(), name)
		if err == nil || run.Observed.Samples > 0 {
			t.Errorf("%s was let in", name)
			continue
		}
		for _, words := range []string{test.says, "GRANT pg_monitor", `"`} {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s: %q is not in: %s", name, words, err)
			}
		}
	}
}

// Before 15 everybody may make tables in schema public; that is writing, and the sentence
// says how to end it. What is stopped keeps its samples, and no slot is the gravest finding.
func TestObserveRefusesPublicCreateAndMeetsTheEnd(t *testing.T) {
	t.Parallel()
	l := start(t, 14, nil)
	l.sql("shop_collections", `GRANT CREATE ON SCHEMA public TO PUBLIC`)
	_, err := l.observe(t.Context(), "watcher")
	if err == nil || !strings.Contains(err.Error(), "schema public of shop_collections;") || !strings.Contains(err.Error(), "REVOKE CREATE ON SCHEMA public FROM PUBLIC") {
		t.Errorf("%v", err)
	}
	l.sql("shop_collections", `REVOKE CREATE ON SCHEMA public FROM PUBLIC`)
	ctx, cancel := context.WithCancel(t.Context())
	plan := Plan{Head: road.Head{RunID: "observe-test", Engine: l.Engine, Reach: drivers.External, Tell: func(p road.Progress) {
		if strings.HasPrefix(p.Current, "sample") {
			cancel()
		}
	}}, For: time.Hour, Every: 250 * time.Millisecond, Cap: 1}
	run, err := Run(ctx, plan, cluster.External{URL: l.as("watcher").URL, CAFile: l.CAFile})
	if err == nil || run.Observed.Trouble == "" || run.Observed.Samples < 2 || len(run.Observed.Stores) == 0 {
		t.Errorf("stopped: %v, %+v", err, run.Observed)
	}
	l.sql("postgres", `ALTER ROLE watcher CONNECTION LIMIT 0`)
	run, err = l.observe(t.Context(), "watcher")
	if err == nil || run.Observed.SlotsRefused != 1 {
		t.Errorf("no slot: %v, %+v", err, run.Observed)
	}
	if judge.Observed(run); run.Verdict.Status != result.Fail || !strings.Contains(run.Verdict.Sentence, "53300") {
		t.Errorf("no slot: %s", run.Verdict.Sentence)
	}
}

// The oldest and the newest major have other views; each is read without an error, and what
// one lacks is said.
func TestObserveReadsEveryMajor(t *testing.T) {
	for _, major := range []int{12, 18} {
		t.Run(drivers.Engine{Product: drivers.Postgres, Major: major}.String(), func(t *testing.T) {
			t.Parallel()
			l := start(t, major, map[string]string{"shared_preload_libraries": "pg_stat_statements"})
			l.sql("shop_users", `CREATE EXTENSION pg_stat_statements`)
			defer l.work(`UPDATE users SET email = '` + sentinel + `x' WHERE id = 7`)()
			run, err := l.observe(t.Context(), "watcher")
			if err != nil {
				t.Fatal(err)
			}
			seen := run.Observed
			if !has(seen.PerSecond, "checkpoints_timed") || seen.PerSecond["wal_bytes"] <= 0 || len(seen.Statements) == 0 || has(seen.PerSecond, "wal_writes") != (major >= 14) {
				t.Errorf("%+v\n%+v\n%+v", seen.PerSecond, seen.Statements, seen.NotRead)
			}
			if lacks := slices.ContainsFunc(seen.NotRead, func(n result.NotRun) bool { return strings.Contains(n.What, "pg_stat_wal") }); lacks != (major < 14) {
				t.Errorf("%+v", seen.NotRead)
			}
		})
	}
}
