package postgres_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// The server that every test of this package runs on: started once, by TestMain.
var (
	engine  = flag.String("engine", "postgres:16", "the engine to test on")
	reach   = flag.String("reach", string(drivers.Embedded), "how to reach it: embedded or container")
	started *cluster.Cluster
	serial  atomic.Int64
)

func TestMain(m *testing.M) {
	flag.Parse()
	folder, err := os.MkdirTemp("", "tristore-postgres-")
	if err != nil {
		panic(err)
	}
	asked, err := drivers.ParseEngine(*engine)
	if err != nil {
		panic(err)
	}
	started, err = cluster.Start(context.Background(), cluster.Spec{Engine: asked, Reach: drivers.Reach(*reach), Durability: cluster.Relaxed,
		Dir: folder, Cache: programs.DefaultDir(), RunID: "postgres-test"})
	if err != nil {
		panic(err)
	}
	m.Run()
	if err := errors.Join(started.Close(context.Background()), os.RemoveAll(folder)); err != nil {
		panic(err)
	}
}

const roleName = "tristore_app"

var rolePassword = drivers.GenerateSecret()

// admin reaches the maintenance database of the server under test.
func admin() drivers.Target { return started.Admin }

// emptyDatabase makes a database with the documented grants for this test, and drops it
// when the test is over. The target signs in as the application role.
func emptyDatabase(t *testing.T) drivers.Target {
	t.Helper()
	as := openAdmin(t)
	name := fmt.Sprintf("pgtest_%d_%d", os.Getpid(), serial.Add(1))
	if err := as.CreateDatabase(t.Context(), name, roleName); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := as.DropDatabase(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	target := admin().WithDatabase(name).WithApplication(t.Name())
	target.URL = target.URL.WithUser(roleName, rolePassword)
	return target
}

// openAdmin opens an administrator's session for this test and sees to the role.
func openAdmin(t *testing.T) *postgres.Admin {
	t.Helper()
	as, err := postgres.OpenAdmin(t.Context(), admin())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := as.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := as.CreateRole(t.Context(), roleName, rolePassword); err != nil {
		t.Fatal(err)
	}
	return as
}

// migrated is emptyDatabase with one store's schema.
func migrated(t *testing.T, name store.Name) drivers.Target {
	t.Helper()
	target := emptyDatabase(t)
	if _, err := postgres.Migrate(t.Context(), target, name, postgres.Migrations(name)); err != nil {
		t.Fatal(err)
	}
	return target
}

// must ends the test unless the store acknowledged.
func must(t *testing.T, outcome store.Outcome) {
	t.Helper()
	if !outcome.OK() {
		t.Fatal(outcome.Detail())
	}
}

// refused fails the test unless the store refused for that reason.
func refused(t *testing.T, outcome store.Outcome, reason store.Reason) {
	t.Helper()
	if !outcome.Is(reason) {
		t.Errorf("%s, wanted refused(%s)", outcome.Detail(), reason)
	}
}
