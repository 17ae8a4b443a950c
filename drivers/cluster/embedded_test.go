package cluster

import (
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/postgres"
)

// embeddedSpec is a cluster for one test.
func embeddedSpec(t *testing.T, engine drivers.Engine) Spec {
	t.Helper()
	return Spec{Engine: engine, Reach: drivers.Embedded, Durability: Relaxed, Dir: t.TempDir(), Cache: programs.DefaultDir(), RunID: "test"}
}

// startTest starts a cluster and ends it with the test.
func startTest(t *testing.T, spec Spec) *Cluster {
	t.Helper()
	started, err := Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return started
}

func TestEmbeddedPostgres(t *testing.T) {
	for major := 12; major <= 18; major++ {
		engine := drivers.Engine{Product: drivers.Postgres, Major: major}
		t.Run(engine.String(), func(t *testing.T) {
			started := startTest(t, embeddedSpec(t, engine))
			t.Log(started.Version, started.Ready, started.InForce)
			encrypted, err := postgres.Dial(t.Context(), started.Admin)
			if err != nil || !encrypted {
				t.Fatalf("encrypted %t: %v", encrypted, err)
			}
			for name, asked := range started.Asked {
				if got := started.InForce[name]; got != asked {
					t.Errorf("%s: asked %q, in force %q", name, asked, got)
				}
			}
		})
	}
}
