package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/mongo"
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
			t.Log(started.Version, started.Ready)
			encrypted, err := postgres.Dial(t.Context(), started.Admin)
			if err != nil || !encrypted {
				t.Fatalf("encrypted %t: %v", encrypted, err)
			}
			other := started.Admin
			other.CAFile = started.OtherCAFile
			if _, err := postgres.Dial(t.Context(), other); err == nil {
				t.Error("a CA that did not sign its certificate is believed")
			}
			plain := started.Admin
			plain.URL = plain.URL.WithOption("sslmode", "disable")
			if _, err := postgres.Dial(t.Context(), plain); err == nil {
				t.Error("it answers without TLS")
			}
			for name, asked := range started.Asked {
				if got := started.InForce[name]; got != asked {
					t.Errorf("%s: asked %q, in force %q", name, asked, got)
				}
			}
		})
	}
}

// TestEmbeddedFerretDB: it answers over TLS, and to nobody without the run's account.
func TestEmbeddedFerretDB(t *testing.T) {
	spec := embeddedSpec(t, drivers.Engine{Product: drivers.FerretDB, Major: 1})
	started := startTest(t, spec)
	if !strings.HasPrefix(started.Version, "1.") || started.InForce["seen.auth_required"] != "true" {
		t.Errorf("version %q, in force %v", started.Version, started.InForce)
	}
	target := started.Admin
	target.URL = target.URL.WithUser(superuser, drivers.NewSecret("wrong"))
	if err := mongo.Dial(t.Context(), target); err == nil {
		t.Error("a wrong password opens it")
	}
	target = started.Admin
	target.CAFile = started.OtherCAFile
	if err := mongo.Dial(t.Context(), target); err == nil {
		t.Error("a CA that did not sign its certificate is believed")
	}
	if err := started.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if log, err := os.Stat(filepath.Join(spec.Dir, "server.log")); err != nil || !log.Mode().IsRegular() {
		t.Errorf("its log is not kept: %v", err)
	}
}
