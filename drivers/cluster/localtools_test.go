package cluster

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
)

// TestToolsReachEveryServer runs each client tool against each major over verify-full.
func TestToolsReachEveryServer(t *testing.T) {
	for major := 12; major <= 18; major++ {
		engine := drivers.Engine{Product: drivers.Postgres, Major: major}
		t.Run(engine.String(), func(t *testing.T) {
			started := startTest(t, embeddedSpec(t, engine))
			for tool, args := range map[string][]string{
				"pg_dump": {"--schema-only"}, "psql": {"--no-psqlrc", "--tuples-only", "--command=SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"},
			} {
				program, err := started.Tools.Find(t.Context(), tool)
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if err := program.Run(t.Context(), connected(started, program, &out, args...)); err != nil {
					t.Fatal(err)
				}
				t.Logf("server %s, %s", started.Version, program.Version)
				if tool == "psql" && strings.TrimSpace(out.String()) != "t" {
					t.Errorf("psql was not encrypted: %q", out.String())
				}
			}
			if program, err := started.Tools.Find(t.Context(), "pg_restore"); err != nil {
				t.Error(err)
			} else {
				t.Log(program.Version)
			}
		})
	}
}

func connected(started *Cluster, program *Program, out *bytes.Buffer, args ...string) Invocation {
	return Invocation{
		Args: append([]string{"--host=" + program.Host, "--port=" + program.Port, "--username=" + superuser, "--dbname=postgres"}, args...),
		Env:  []string{"PGPASSWORD=" + started.Admin.URL.Password().Reveal(), "PGSSLMODE=verify-full", "PGSSLROOTCERT=" + program.CAFile},
		Out:  out,
	}
}

func TestToolThatFails(t *testing.T) {
	started := startTest(t, embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 15}))
	psql, err := started.Tools.Find(t.Context(), "psql")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	password := started.Admin.URL.Password().Reveal()
	call := connected(started, psql, &out, "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--file={script}")
	call.Files = map[string][]byte{"script": []byte("SELECT '" + password + "'::int;\n")}
	var failed *ToolFailed
	if err := psql.Run(t.Context(), call); !errors.As(err, &failed) || failed.Exit != 3 {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(failed.Error(), password) || !strings.Contains(failed.Tail, "invalid input syntax") {
		t.Errorf("the message is %q", failed.Error())
	}
	if left, err := os.ReadDir(started.Tools.(localTools).scratch); err != nil {
		t.Fatal(err)
	} else {
		for _, entry := range left {
			if strings.HasPrefix(entry.Name(), "tristore-") {
				t.Errorf("%s is left behind", entry.Name())
			}
		}
	}
}

func TestToolIsGivenUp(t *testing.T) {
	started := startTest(t, embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 15}))
	psql, err := started.Tools.Find(t.Context(), "psql")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := &startedWriter{seen: cancel}
	call := connected(started, psql, nil, "--no-psqlrc", "--command=\\echo here", "--command=SELECT pg_sleep(600)")
	call.Out = out
	if err := psql.Run(ctx, call); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// startedWriter tells when the first byte comes.
type startedWriter struct{ seen func() }

func (w *startedWriter) Write(data []byte) (int, error) {
	w.seen()
	return len(data), nil
}

func TestUnknownToolIsMissing(t *testing.T) {
	for _, family := range []drivers.Product{drivers.Postgres, drivers.Mongo} {
		tools := localTools{engine: drivers.Engine{Product: family, Major: 16}, cache: programs.Cache{Dir: t.TempDir()}}
		var missing *ToolMissing
		if _, err := tools.Find(t.Context(), "pg_upgrade"); !errors.As(err, &missing) || missing.Tool != "pg_upgrade" {
			t.Errorf("%s: got %v", family, err)
		}
	}
}
