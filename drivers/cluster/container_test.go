package cluster

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"tristore/drivers"
	"tristore/drivers/postgres"
)

// withImage skips where there is no daemon or no image of the engine, and says which.
func withImage(t *testing.T, engine drivers.Engine) {
	t.Helper()
	if err := daemonAnswers(t.Context()); err != nil {
		t.Skip(err)
	}
	if _, err := imageAvailable(t.Context(), engine, Images{}); err != nil {
		t.Skip(err)
	}
}

func startForTest(t *testing.T, spec Spec) *Cluster {
	t.Helper()
	withImage(t, spec.Engine)
	spec.Reach, spec.RunID, spec.Cache = drivers.Container, t.Name(), t.TempDir()
	if spec.Dir == "" {
		spec.Dir = t.TempDir()
	}
	started, err := Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return started
}

// containersOf lists the containers of one run, dead ones too.
func containersOf(t *testing.T, runID string) []string {
	t.Helper()
	daemon, err := openDaemon(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer daemon.Close()
	found, err := daemon.ContainerList(t.Context(), client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", labelRun+"="+runID),
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, container := range found.Items {
		all = append(all, container.ID)
	}
	return all
}

func TestContainerIsWhatWasAsked(t *testing.T) {
	for _, major := range []int{12, 16} {
		t.Run(drivers.Engine{Product: drivers.Postgres, Major: major}.String(), func(t *testing.T) {
			started := startForTest(t, Spec{
				Engine: drivers.Engine{Product: drivers.Postgres, Major: major},
				Limits: Limits{CPUs: 0.5, CPUSet: []int{0}, MemoryBytes: 512 << 20},
			})
			if !strings.HasPrefix(started.Version, started.Engine.String()[len("postgres:"):]+".") {
				t.Errorf("the server says it is %s", started.Version)
			}
			for name, want := range map[string]string{
				"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "shared_buffers": "128MB",
				"password_encryption": "scram-sha-256", "shared_preload_libraries": "pg_stat_statements",
				"limit.cpus": "0.5", "limit.cpuset": "0", "limit.memory_bytes": "536870912",
			} {
				if got := started.InForce[name]; got != want {
					t.Errorf("%s is %q in force, asked for %q", name, got, want)
				}
			}
			if started.Admin.URL.Host() != loopback {
				t.Errorf("published at %s, not on loopback only", started.Admin.URL.Host())
			}
			if encrypted, err := postgres.Dial(t.Context(), started.Admin); err != nil || !encrypted {
				t.Errorf("encrypted %t: %v", encrypted, err)
			}
			plain := started.Admin
			plain.URL = plain.URL.WithOption("sslmode", "disable")
			if _, err := postgres.Dial(t.Context(), plain); err == nil {
				t.Error("a session without TLS was let in")
			}
			stranger := started.Admin
			stranger.CAFile = started.OtherCAFile
			if _, err := postgres.Dial(t.Context(), stranger); err == nil {
				t.Error("a certificate was trusted that the CA did not sign")
			}
		})
	}
}

func TestContainerDurabilityIsAsAsked(t *testing.T) {
	started := startForTest(t, Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Durability: Relaxed})
	if started.Asked["fsync"] != "off" || started.InForce["fsync"] != "off" {
		t.Errorf("fsync asked %q, in force %q", started.Asked["fsync"], started.InForce["fsync"])
	}
}

func TestContainerEndKeepsLogAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	started := startForTest(t, Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Dir: dir})
	if len(containersOf(t, t.Name())) != 1 {
		t.Fatal("the run's container is not there")
	}
	if err := started.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := containersOf(t, t.Name()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	log, err := os.ReadFile(filepath.Join(dir, "server.log"))
	if err != nil || !bytes.Contains(log, []byte("ready to accept connections")) {
		t.Errorf("the log holds %d bytes and not the server's words: %v", len(log), err)
	}
	if bytes.Contains(log, []byte(started.Admin.URL.Password().Reveal())) {
		t.Error("the log holds the password")
	}
}

func TestContainerFailedStartLeavesNothing(t *testing.T) {
	withImage(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
	dir := t.TempDir()
	_, err := Start(t.Context(), Spec{
		Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Container, RunID: t.Name(), Dir: dir, Cache: t.TempDir(),
		Settings: map[string]string{"shared_preload_libraries": "no_such_library"},
	})
	if err == nil || !strings.Contains(err.Error(), "no_such_library") {
		t.Errorf("the error does not name the cause: %v", err)
	}
	if left := containersOf(t, t.Name()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if log, err := os.ReadFile(filepath.Join(dir, "server.log")); err != nil || len(log) == 0 {
		t.Errorf("the log of the failed server was not kept: %v", err)
	}
}

func TestContainerCancelledStartLeavesNothing(t *testing.T) {
	withImage(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := Start(ctx, Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Container, RunID: t.Name(), Dir: t.TempDir(), Cache: t.TempDir()})
		ended <- err
	}()
	for len(ended) == 0 && len(containersOf(t, t.Name())) == 0 {
		_ = drivers.Pause(t.Context(), 5*time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled start says %v", err)
	}
	if left := containersOf(t, t.Name()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
