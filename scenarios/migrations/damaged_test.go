package migrations

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// userFiles are the built-in schema files as a user's own folder, changed.
func userFiles(t *testing.T, on scenarios.Stage, change map[string]string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range store.Names() {
		builtIn := deployment.Migrations(on.Host.Cluster.Admin, name)
		entries, err := fs.ReadDir(builtIn, ".")
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			text, err := fs.ReadFile(builtIn, entry.Name())
			if err != nil {
				t.Fatal(err)
			}
			files[string(name)+"/"+entry.Name()] = &fstest.MapFile{Data: text}
		}
	}
	for path, text := range change {
		files[path] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// withUserFiles is a stage whose host migrates by a user's own files.
func withUserFiles(t *testing.T, change map[string]string) scenarios.Stage {
	t.Helper()
	return migratedBy(t, stage(t, ""), change)
}

// migratedBy is a stage on the same server with another host.
func migratedBy(t *testing.T, on scenarios.Stage, change map[string]string) scenarios.Stage {
	t.Helper()
	host, err := deployment.Prepare(t.Context(), on.Host.Cluster, deployment.Options{Migrations: userFiles(t, on, change)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	on.Host = host
	return on
}

func wrong(saw result.Observation) (names []string) {
	for _, c := range saw.Cases {
		if c.Want != c.Got {
			names = append(names, c.Name)
		}
	}
	return names
}

// A user's files pass the same checks, and what they make beyond the promised is named.
func TestUserFilesPassTheSameChecks(t *testing.T) {
	on := withUserFiles(t, map[string]string{"users/0100_own.up.sql": `CREATE INDEX "own_idx" ON "Users" ("last_name");`})
	saw := run(t, FirstStart, on)
	if wrong(saw) != nil || saw.Facts["start_errors"] != 0 || saw.Trouble != "" {
		t.Errorf("first start: %v, %v %q", wrong(saw), saw.Facts, saw.Witness)
	}
	saw = run(t, Indexes, on)
	if wrong(saw) != nil || !strings.Contains(strings.Join(saw.Witness, "\n"), "own_idx") {
		t.Errorf("indexes: %v, %q", wrong(saw), saw.Witness)
	}
}

func TestFirstStartSeesAMissingTable(t *testing.T) {
	on := withUserFiles(t, map[string]string{"permissions/0100_forgotten.up.sql": `DROP TABLE "secrets";`})
	saw := run(t, FirstStart, on)
	if got := wrong(saw); len(got) != 1 || got[0] != "table secrets of permissions" {
		t.Errorf("wrong: %q", got)
	}
}

// An object named after the session that makes it differs from start to start.
func TestConcurrentSeesASchemaThatDoesNotConverge(t *testing.T) {
	on := withUserFiles(t, map[string]string{"users/0100_diverging.up.sql": `DO $$ BEGIN EXECUTE 'CREATE TABLE t' || pg_backend_pid() || ' (id int)'; END $$;`})
	saw := run(t, Concurrent, on)
	if saw.Facts["catalogue_differences"] == 0 || saw.Trouble != "" {
		t.Errorf("seen as converging: %v, trouble %q", saw.Facts, saw.Trouble)
	}
}

// A start that reports success on a database from which something is gone has skipped it.
func TestHalfAppliedSeesASkippedVersion(t *testing.T) {
	on := stage(t, "")
	alone, err := referenceOf(t.Context(), on, store.UsersStore)
	if err != nil {
		t.Fatal(err)
	}
	versions, err := deployment.Versions(on.Host.Files(store.UsersStore))
	if err != nil {
		t.Fatal(err)
	}
	var saw result.Observation
	h := halfCheck{on, alone, versions, &saw}
	err = onBlank(t.Context(), on, store.UsersStore, func(blank *deployment.Blank) error {
		return h.try(t.Context(), blank, state{"an index gone and no mark", func(ctx context.Context, blank *deployment.Blank) error {
			if _, err := deployment.Migrate(ctx, blank.Target, blank.Store, on.Host.Files(blank.Store)); err != nil {
				return err
			}
			for _, index := range alone.indexes { // the first that is not a constraint's
				table, name, _ := strings.Cut(index, " ")
				if err = deployment.DropIndex(ctx, blank.Target, table, name); err == nil {
					return nil
				}
			}
			return err
		}})
	})
	if err != nil || saw.Facts["skipped"] != 1 || wrong(saw) == nil {
		t.Errorf("not seen: %v, %v, %q", err, saw.Facts, saw.Witness)
	}
}

func TestRefusalWithoutAVersionIsNotByName(t *testing.T) {
	var saw result.Observation
	h := halfCheck{versions: []int64{1}, saw: &saw}
	left := store.Fingerprint{Objects: []string{"index a"}}
	if got := h.refused(outcome{what: "x", left: store.Fingerprint{}}, left, context.Canceled); got == asPromised {
		t.Error("passed")
	}
	if saw.Facts["refused_unnamed"] != 1 || saw.Facts["changed_by_refusal"] != 1 {
		t.Errorf("facts %v", saw.Facts)
	}
}
