package postgres_test

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

func TestFirstStartAppliesEveryFileAndTheSecondNothing(t *testing.T) {
	for _, name := range store.Names() {
		target := emptyDatabase(t)
		files, _ := fs.Glob(postgres.Migrations(name), "*.up.sql")
		first, err := postgres.Migrate(t.Context(), target, name, postgres.Migrations(name))
		if err != nil || len(first.Applied) != len(files) || first.Version != int64(len(files)) || first.Repaired != "" || first.Duration <= 0 {
			t.Errorf("first start of %s: %+v, %v; wanted %d files", name, first, err, len(files))
		}
		second, err := postgres.Migrate(t.Context(), target, name, postgres.Migrations(name))
		if err != nil || len(second.Applied) != 0 || second.Version != first.Version {
			t.Errorf("second start of %s: %+v, %v", name, second, err)
		}
	}
}

func TestManyStartersConverge(t *testing.T) {
	target, files := emptyDatabase(t), postgres.Migrations(store.UsersStore)
	const starters = 5
	all, errs := make([]store.Migration, starters), make([]error, starters)
	var together sync.WaitGroup
	for i := range starters {
		together.Go(func() { all[i], errs[i] = postgres.Migrate(t.Context(), target, store.UsersStore, files) })
	}
	together.Wait()
	applied := 0
	for i := range all {
		applied += len(all[i].Applied)
		if errs[i] != nil || all[i].Version != 4 {
			t.Errorf("starter %d: %+v, %v", i, all[i], errs[i])
		}
	}
	if applied != 4 {
		t.Errorf("%d files were applied in all, wanted each of 4 once", applied)
	}
}

// withSlow adds a version that makes a table and then sleeps.
func withSlow(base fs.FS, statement string) fs.FS {
	files := fstest.MapFS{}
	names, _ := fs.Glob(base, "*.sql")
	for _, name := range names {
		text, _ := fs.ReadFile(base, name)
		files[name] = &fstest.MapFile{Data: text}
	}
	files["0009_slow.up.sql"] = &fstest.MapFile{Data: []byte(statement)}
	return files
}

func TestKilledHalfWayLeavesNothingHalfDone(t *testing.T) {
	target, files := emptyDatabase(t), postgres.Migrations(store.CollectionsStore)
	slow := withSlow(files, `CREATE TABLE halfway (a int); SELECT pg_sleep(60); CREATE TABLE rest (a int)`)
	failed := make(chan error, 1)
	go func() {
		_, err := postgres.Migrate(t.Context(), target, store.CollectionsStore, slow)
		failed <- err
	}()
	kill(t, target, "query LIKE '%pg_sleep(60)%'")
	if err := <-failed; err == nil {
		t.Fatal("a migration whose session was ended reports success")
	}
	quick := withSlow(files, `CREATE TABLE halfway (a int); CREATE TABLE rest (a int)`)
	done, err := postgres.Migrate(t.Context(), target, store.CollectionsStore, quick)
	if err != nil || !slices.Equal(done.Applied, []string{"0009_slow"}) || done.Version != 9 {
		t.Errorf("the start after a kill: %+v, %v", done, err)
	}
}

func TestMarkedHalfApplied(t *testing.T) {
	dirty := `UPDATE schema_migrations SET version = 9, dirty = true`
	for _, c := range []struct {
		name, file, before, repaired string
	}{
		{"nothing of it was applied", `CREATE TABLE extra (a int)`, ``, "0009_slow"},
		{"part of it was applied", `CREATE TABLE extra (a int); CREATE TABLE more (a int)`, `; CREATE TABLE extra (a int)`, ""},
		{"nobody can tell", `CREATE TABLE IF NOT EXISTS extra (a int)`, ``, ""},
		{"it commits half way", `CREATE TABLE extra (a int); COMMIT; CREATE TABLE more (a int)`, ``, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := migrated(t, store.CollectionsStore)
			if err := postgres.Exec(t.Context(), target, dirty+c.before); err != nil {
				t.Fatal(err)
			}
			done, err := postgres.Migrate(t.Context(), target, store.CollectionsStore, withSlow(postgres.Migrations(store.CollectionsStore), c.file))
			if c.repaired != "" {
				if err != nil || done.Repaired != c.repaired || done.Version != 9 {
					t.Errorf("got %+v, %v; wanted %s completed", done, err, c.repaired)
				}
				return
			}
			var half *postgres.HalfApplied
			if !errors.As(err, &half) || half.Version != 9 || half.Store != store.CollectionsStore {
				t.Errorf("got %+v, %v; wanted a refusal that names version 9", done, err)
			}
		})
	}
}

func TestAFileThatEndsItsTransactionIsRefusedBeforeItRuns(t *testing.T) {
	target := migrated(t, store.CollectionsStore)
	files := withSlow(postgres.Migrations(store.CollectionsStore), "CREATE TABLE extra (a int); -- commit\nCOMMIT;")
	if _, err := postgres.Migrate(t.Context(), target, store.CollectionsStore, files); err == nil {
		t.Fatal("it ran")
	}
	again, err := postgres.Migrate(t.Context(), target, store.CollectionsStore, postgres.Migrations(store.CollectionsStore))
	if err != nil || again.Version != 3 {
		t.Errorf("after a refused file: %+v, %v", again, err)
	}
}

func TestMigratingWithoutTheGrantIsAnError(t *testing.T) {
	target := emptyDatabase(t)
	owner := admin().WithDatabase(target.URL.Database())
	if err := postgres.Exec(t.Context(), owner, "REVOKE CREATE ON SCHEMA public FROM "+roleName+", PUBLIC"); err != nil {
		t.Fatal(err)
	}
	if done, err := postgres.Migrate(t.Context(), target, store.UsersStore, postgres.Migrations(store.UsersStore)); err == nil {
		t.Errorf("migrated without CREATE on the schema: %+v", done)
	}
}

func TestEveryStoreHasItsFiles(t *testing.T) {
	counts := map[store.Name]int{}
	for _, name := range store.Names() {
		files, _ := fs.Glob(postgres.Migrations(name), "[0-9][0-9][0-9][0-9]_*.up.sql")
		counts[name] = len(files)
	}
	want := map[store.Name]int{store.UsersStore: 4, store.PermissionsStore: 4, store.CollectionsStore: 3}
	if !maps.Equal(counts, want) {
		t.Errorf("files per store: %v, wanted %v", counts, want)
	}
}

// connect opens a session of the test's own.
func connect(t *testing.T, target drivers.Target) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(target.URL.WithOption("sslmode", "verify-full").WithOption("sslrootcert", target.CAFile).Reveal())
	if err != nil {
		t.Fatal(err)
	}
	connection, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(t.Context()) })
	return connection
}

// kill waits until some session on the target's database fits, and ends it.
func kill(t *testing.T, target drivers.Target, which string) {
	t.Helper()
	sessions(t, target, statement{"count(pg_terminate_backend(pid))", which})
}

// eventually waits until some session on the target's database fits.
func eventually(t *testing.T, target drivers.Target, which string) {
	t.Helper()
	sessions(t, target, statement{"count(*)", which})
}

type statement struct{ does, which string }

// sessions asks until at least one active session fits, for a minute at most.
func sessions(t *testing.T, target drivers.Target, ask statement) {
	t.Helper()
	as, deadline := connect(t, admin()), time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		var fit int
		text := "SELECT " + ask.does + " FROM pg_stat_activity WHERE datname = $1 AND state = 'active' AND " + ask.which
		if err := as.QueryRow(t.Context(), text, target.URL.Database()).Scan(&fit); err != nil {
			t.Fatal(err)
		}
		if fit > 0 {
			return
		}
	}
	t.Fatalf("no session where %s", ask.which)
}
