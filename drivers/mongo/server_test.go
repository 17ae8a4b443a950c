package mongo_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/mongo"
	"tristore/drivers/store"
)

// The server that every test of this package runs on: started once, by TestMain.
var (
	engine  = flag.String("engine", "ferretdb:1", "the engine to test on")
	reach   = flag.String("reach", string(drivers.Embedded), "how to reach it: embedded or container")
	started *cluster.Cluster
	serial  atomic.Int64
)

func TestMain(m *testing.M) {
	flag.Parse()
	folder, err := os.MkdirTemp("", "tristore-mongo-")
	if err != nil {
		panic(err)
	}
	asked, err := drivers.ParseEngine(*engine)
	if err != nil {
		panic(err)
	}
	started, err = cluster.Start(context.Background(), cluster.Spec{Engine: asked, Reach: drivers.Reach(*reach), Durability: cluster.Relaxed,
		Dir: folder, Cache: programs.DefaultDir(), RunID: "mongo-test"})
	if err != nil {
		panic(err)
	}
	m.Run()
	if err := errors.Join(started.Close(context.Background()), os.RemoveAll(folder)); err != nil {
		panic(err)
	}
}

// emptyDatabase is a database of this test's own, dropped when it is over.
func emptyDatabase(t testing.TB) drivers.Target {
	t.Helper()
	admin, err := mongo.OpenAdmin(t.Context(), started.Admin)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("mongotest_%d_%d", os.Getpid(), serial.Add(1))
	t.Cleanup(func() {
		if err := errors.Join(admin.DropDatabase(context.Background(), name), admin.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})
	return started.Admin.WithDatabase(name).WithApplication("tristore")
}

// migrated is a database of this test's own with the schema of one store.
func migrated(t testing.TB, name store.Name) drivers.Target {
	t.Helper()
	target := emptyDatabase(t)
	if _, err := mongo.Migrate(t.Context(), target, name, mongo.Migrations(name)); err != nil {
		t.Fatal(err)
	}
	return target
}

// want fails the test unless the outcome is the one written, such as "refused(unique)".
func want(t testing.TB, what, wanted string, got store.Outcome) {
	t.Helper()
	if got.String() != wanted {
		t.Errorf("%s: %s, want %s", what, got.Detail(), wanted)
	}
}

func TestServerInfo(t *testing.T) {
	version, settings, err := mongo.ServerInfo(t.Context(), started.Admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(version, settings)
	if version == "" || !strings.HasPrefix(settings["seen.tls"], "TLS 1.") || settings["seen.auth_required"] != "true" || settings["maxWireVersion"] == "" {
		t.Errorf("version %q, settings %v", version, settings)
	}
	if _, _, err := mongo.ServerInfo(t.Context(), withPassword(started.Admin, "wrong")); err == nil {
		t.Error("a wrong password tells readiness")
	}
	other := started.Admin
	other.CAFile = started.OtherCAFile
	if _, _, err := mongo.ServerInfo(t.Context(), other); err == nil {
		t.Error("a certificate of another CA tells readiness")
	}
}

func withPassword(target drivers.Target, password string) drivers.Target {
	target.URL = target.URL.WithUser(target.URL.User(), drivers.NewSecret(password))
	return target
}

// closed ends a store; the test's own context is over by then.
func closed(t testing.TB, end func(context.Context) error) {
	t.Helper()
	if err := end(context.Background()); err != nil {
		t.Error(err)
	}
}
