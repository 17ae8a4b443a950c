package deployment

import (
	"context"
	"flag"
	"os"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
)

// One server serves the tests of this package; it is started when first needed.
var shared struct {
	*cluster.Cluster
	err error
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if shared.Cluster != nil {
		if err := shared.Close(context.Background()); err != nil && code == 0 {
			code = 1
		}
		_ = os.RemoveAll(shared.Dir)
	}
	os.Exit(code)
}

// server is a real PostgreSQL 16 on loopback.
func server(t *testing.T) *cluster.Cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a server")
	}
	if shared.Cluster == nil && shared.err == nil {
		dir, err := os.MkdirTemp("", "tristore-deployment-")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		shared.Cluster, shared.err = cluster.Start(ctx, cluster.Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Embedded,
			Durability: cluster.Relaxed, Dir: dir, Cache: programs.DefaultDir(), RunID: "deployment-test"})
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.Cluster
}
