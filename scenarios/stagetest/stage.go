// Package stagetest sets the stage of a lane for a check's own tests, on a real server.
// It is imported by tests only, so that the testing package stays out of the binary.
package stagetest

import (
	"context"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/deployment"
	"tristore/drivers/faults"
	"tristore/scenarios"
)

// On is a migrated host on a server of its own, damaged by a fault if there is a name;
// both are gone after the test.
func On(t *testing.T, engineWord, fault string) scenarios.Stage {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a server")
	}
	engine, err := drivers.ParseEngine(engineWord)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	spec := cluster.Spec{Engine: engine, Reach: drivers.Embedded, Durability: cluster.Relaxed, Dir: t.TempDir(), Cache: programs.DefaultDir(), RunID: "stagetest"}
	running, err := cluster.Start(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, running.Close)
	on := scenarios.Stage{Engine: engine, Spec: spec, Seed: 1, Depth: scenarios.Smoke}
	if on.Host, err = deployment.Prepare(ctx, running, deployment.Options{}); err != nil {
		t.Fatal(err)
	}
	closeAfter(t, on.Host.Close)
	if fault == "" {
		return on
	}
	if on.Fault, err = faults.ByName(fault); err != nil {
		t.Fatal(err)
	}
	if err := on.Fault.AfterMigrate(ctx, on.Host); err != nil {
		t.Fatal(err)
	}
	return on
}

func closeAfter(t *testing.T, end func(context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		if err := end(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
