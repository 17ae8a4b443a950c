package backup

import (
	"context"
	"flag"
	"os"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/deployment"
	"tristore/drivers/faults"
	"tristore/scenarios"
)

var engineWord = flag.String("engine", "postgres:16", "the engine under test")

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

// stage is a host on a real server, damaged by a fault if there is a name.
func stage(t *testing.T, fault string) scenarios.Stage {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a server")
	}
	if shared.Cluster == nil && shared.err == nil {
		dir, err := os.MkdirTemp("", "tristore-backup-")
		if err != nil {
			t.Fatal(err)
		}
		engine, err := drivers.ParseEngine(*engineWord)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		shared.Cluster, shared.err = cluster.Start(ctx, cluster.Spec{Engine: engine, Reach: drivers.Embedded,
			Durability: cluster.Relaxed, Dir: dir, Cache: programs.DefaultDir(), RunID: "backup-test"})
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	host, err := deployment.Prepare(t.Context(), shared.Cluster, deployment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	on := scenarios.Stage{Engine: shared.Engine, Host: host, Seed: 1, Depth: scenarios.Smoke}
	if fault != "" {
		if on.Fault, err = faults.ByName(fault); err != nil {
			t.Fatal(err)
		}
		if err := on.Fault.AfterMigrate(t.Context(), host); err != nil {
			t.Fatal(err)
		}
	}
	return on
}
