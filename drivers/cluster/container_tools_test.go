package cluster

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
)

// tool returns a way to call one program on the cluster's maintenance database.
func tool(t *testing.T, of *Cluster, name string) func(call Invocation) error {
	t.Helper()
	program, err := of.Tools.Find(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(program.Version, program.Where)
	address := "host=" + program.Host + " port=" + program.Port + " user=" + of.Admin.URL.User() + " sslmode=verify-full sslrootcert=" + program.CAFile
	return func(call Invocation) error {
		for i, arg := range call.Args {
			call.Args[i] = strings.ReplaceAll(arg, "DSN", address)
		}
		call.Env = append(call.Env, "PGPASSWORD="+of.Admin.URL.Password().Reveal())
		return program.Run(t.Context(), call)
	}
}

func TestContainerToolsRoundTrip(t *testing.T) {
	for _, major := range []int{12, 13, 14, 15, 16, 17, 18} {
		engine := drivers.Engine{Product: drivers.Postgres, Major: major}
		t.Run(engine.String(), func(t *testing.T) {
			if testing.Short() && major != 16 {
				t.Skip("16 has the awkward pair of versions; the others run without -short")
			}
			started := startForTest(t, Spec{Engine: engine, Durability: Relaxed})
			psql, dump, restore := tool(t, started, "psql"), tool(t, started, "pg_dump"), tool(t, started, "pg_restore")
			script := "CREATE DATABASE source; CREATE DATABASE target;\n\\connect source\nCREATE TABLE t AS SELECT n, repeat('x', 1000) AS filling FROM generate_series(1, 5000) AS n;"
			if err := psql(Invocation{Args: []string{"-d", "DSN dbname=postgres", "-v", "ON_ERROR_STOP=1", "-f", "{script}"}, Files: map[string][]byte{"script": []byte(script)}}); err != nil {
				t.Fatal(err)
			}
			archive, to := io.Pipe()
			dumped := make(chan error, 1)
			go func() {
				err := dump(Invocation{Args: []string{"-d", "DSN dbname=source", "-Fc", "-Z0"}, Out: to})
				dumped <- errors.Join(err, to.CloseWithError(err))
			}()
			err := restore(Invocation{Args: []string{"-d", "DSN dbname=target", "--exit-on-error"}, In: archive})
			if err := errors.Join(err, <-dumped); err != nil {
				t.Fatal(err)
			}
			var count bytes.Buffer
			if err := psql(Invocation{Args: []string{"-d", "DSN dbname=target", "-Atc", "SELECT count(*), sum(n) FROM t"}, Out: &count}); err != nil {
				t.Fatal(err)
			}
			if strings.TrimSpace(count.String()) != "5000|12502500" {
				t.Errorf("restored %q", count.String())
			}
		})
	}
}

func TestContainerToolFailures(t *testing.T) {
	started := startForTest(t, Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Durability: Relaxed})
	var missing *ToolMissing
	if _, err := started.Tools.Find(t.Context(), "mongodump"); !errors.As(err, &missing) {
		t.Errorf("a PostgreSQL image that holds mongodump: %v", err)
	}
	psql := tool(t, started, "psql")
	var failed *ToolFailed
	secret := started.Admin.URL.Password().Reveal()
	err := psql(Invocation{Args: []string{"-d", "DSN dbname=postgres", "-v", "ON_ERROR_STOP=1", "-f", "{script}"},
		Files: map[string][]byte{"script": []byte("SELECT '" + secret + "' AS a FROM nowhere;")}})
	if !errors.As(err, &failed) || failed.Exit != 3 || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a failed psql says %v", err)
	}
	if strings.Contains(err.Error(), secret) {
		t.Error("the error holds the password")
	}
}

// TestContainerToolGivenUp: a program that is given up ends inside the container too, and
// no file of the call stays there.
func TestContainerToolGivenUp(t *testing.T) {
	started := startForTest(t, Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Durability: Relaxed})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	psql, err := started.Tools.Find(t.Context(), "psql")
	if err != nil {
		t.Fatal(err)
	}
	err = psql.Run(ctx, Invocation{
		Args: []string{"-d", "host=localhost user=" + started.Admin.URL.User() + " dbname=postgres sslmode=require", "-f", "{script}"},
		Env:  []string{"PGPASSWORD=" + started.Admin.URL.Password().Reveal()}, Files: map[string][]byte{"script": []byte("SELECT pg_sleep(600);")},
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("given up, it says %v", err)
	}
	var left bytes.Buffer
	shell := started.Tools.(containerTools)
	if err := shell.run(t.Context(), "sh", Invocation{Args: []string{"-c", "ps -eo args | grep -c '^psql' ; ls -d /tmp/tristore-* | wc -l"}, Out: &left}); err != nil {
		t.Fatal(err)
	}
	if fields := strings.Fields(left.String()); len(fields) != 2 || fields[0] != "0" || fields[1] != "1" { // the one is of this very call
		t.Errorf("programs and folders left in the container: %q", fields)
	}
}
