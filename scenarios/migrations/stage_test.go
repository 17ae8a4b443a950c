package migrations

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

// stage is a host on a real server of its own, damaged by a fault if there is a name.
func stage(t *testing.T, fault string) scenarios.Stage {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a server")
	}
	engine, err := drivers.ParseEngine(*engineWord)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "tristore-migrations-")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	running, err := cluster.Start(ctx, cluster.Spec{Engine: engine, Reach: drivers.Embedded, Durability: cluster.Relaxed,
		Dir: dir, Cache: programs.DefaultDir(), RunID: "migrations-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Close(context.Background()); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	on := scenarios.Stage{Engine: engine, Seed: 1, Depth: scenarios.Smoke}
	if on.Host, err = deployment.Prepare(ctx, running, deployment.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := on.Host.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if fault != "" {
		if on.Fault, err = faults.ByName(fault); err != nil {
			t.Fatal(err)
		}
		if err := on.Fault.AfterMigrate(ctx, on.Host); err != nil {
			t.Fatal(err)
		}
	}
	return on
}
