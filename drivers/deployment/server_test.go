package deployment

import (
	"context"
	"os"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
)

// server is a real server on loopback, which ends with the test.
func server(t testing.TB, engine drivers.Engine) *cluster.Cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	dir, err := os.MkdirTemp("", "tristore-deployment-")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	running, err := cluster.Start(ctx, cluster.Spec{Engine: engine, Reach: drivers.Embedded, Durability: cluster.Relaxed,
		Dir: dir, Cache: programs.DefaultDir(), RunID: "deployment-test"})
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

func postgres16(t testing.TB) *cluster.Cluster {
	t.Helper()
	return server(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
}
