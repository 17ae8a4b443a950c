package cluster

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/exec"
	"github.com/testcontainers/testcontainers-go/modules/postgres"

	"tristore/drivers"
)

// TestLocalImageHonoursOfficial: testcontainers' own module runs the local image as it
// runs the official one, with the environment, the scripts and the log that it relies on.
func TestLocalImageHonoursOfficial(t *testing.T) {
	engine := drivers.Engine{Product: drivers.Postgres, Major: 16}
	withImage(t, engine)
	// As a user of the module must set it where /.dockerenv exists; tristore itself does not need it.
	t.Setenv("TESTCONTAINERS_HOST_OVERRIDE", loopback)
	dir := t.TempDir()
	for name, content := range map[string]string{
		"1.sql": "CREATE TABLE made (by text); INSERT INTO made VALUES ('sql');",
		"2.sh":  "#!/bin/bash\npsql -v ON_ERROR_STOP=1 -U \"$POSTGRES_USER\" -d \"$POSTGRES_DB\" -c \"INSERT INTO made VALUES ('sh')\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	labels := ownerLabels(t.Name())
	started, err := postgres.Run(t.Context(), standIn(engine),
		postgres.WithUsername("some one"), postgres.WithPassword("pass'word \\ 1"), postgres.WithDatabase("The DB"),
		postgres.WithOrderedInitScripts(filepath.Join(dir, "1.sql"), filepath.Join(dir, "2.sh")),
		testcontainers.WithEnv(map[string]string{"POSTGRES_INITDB_ARGS": "--data-checksums --locale=C.UTF-8"}),
		testcontainers.WithLabels(labels), testcontainers.WithCmdArgs("-c", "work_mem=7MB"), postgres.BasicWaitStrategies())
	testcontainers.CleanupContainer(t, started)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(sql string) string {
		t.Helper()
		code, out, err := started.Exec(t.Context(), []string{"psql", "-AtU", "some one", "-d", "The DB", "-c", sql}, exec.Multiplexed())
		if err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(out)
		if err != nil || code != 0 {
			t.Fatalf("psql exited %d: %s: %v", code, said, err)
		}
		return strings.TrimSpace(string(said))
	}
	for sql, want := range map[string]string{
		"SELECT string_agg(by, ' ' ORDER BY by DESC) FROM made": "sql sh",
		"SHOW work_mem": "7MB", "SHOW data_checksums": "on", "SHOW fsync": "off", "SHOW listen_addresses": "*",
		"SELECT rolsuper FROM pg_roles WHERE rolname = 'some one'": "t",
	} {
		if got := ask(sql); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	if code, out, err := started.Exec(t.Context(), []string{"ps", "-o", "user=", "-p", "1"}, exec.Multiplexed()); err != nil || code != 0 {
		t.Error(code, err)
	} else if said, _ := io.ReadAll(out); strings.TrimSpace(string(said)) != "postgres" {
		t.Errorf("the server runs as %q", said)
	}
	if err := started.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask("DELETE FROM made")
	if err := started.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask("SELECT count(*) FROM made"); got != "2" {
		t.Errorf("after a restore by the module there are %s rows", got)
	}
}
