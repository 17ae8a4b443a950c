package conformance

import (
	"context"
	"os"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
)

// server is a PostgreSQL of the test's own.
func server(t *testing.T) *cluster.Cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "tristore-conformance-")
	if err != nil {
		t.Fatal(err)
	}
	running, err := cluster.Start(ctx, cluster.Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Embedded,
		Durability: cluster.Relaxed, Dir: dir, Cache: programs.DefaultDir(), RunID: "conformance-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Close(context.Background()); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	return running
}
