package postgres_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

func TestTheRoleIsRestrictedAndSignsIn(t *testing.T) {
	as := openAdmin(t)
	name, password := fmt.Sprintf(`app "%d" o'role`, os.Getpid()), drivers.GenerateSecret()
	restricted, why, err := as.CreateRole(t.Context(), name, password)
	if err != nil || !restricted || why == "" {
		t.Fatalf("%t, %q, %v", restricted, why, err)
	}
	t.Cleanup(func() {
		if err := postgres.Exec(context.Background(), admin(), `DROP ROLE "`+strings.ReplaceAll(name, `"`, `""`)+`"`); err != nil {
			t.Error(err)
		}
	})
	again := drivers.GenerateSecret()
	if _, _, err := as.CreateRole(t.Context(), name, again); err != nil {
		t.Fatal(err)
	}
	in := admin()
	in.URL = in.URL.WithUser(name, password)
	if _, err := postgres.Dial(t.Context(), in); err == nil {
		t.Error("the old password still signs in")
	}
	in.URL = in.URL.WithUser(name, again)
	if encrypted, err := postgres.Dial(t.Context(), in); err != nil || !encrypted {
		t.Errorf("encrypted %t, %v", encrypted, err)
	}
	for _, forbidden := range []string{"CREATE DATABASE x", "CREATE ROLE x", "ALTER SYSTEM SET work_mem = '1MB'"} {
		if err := postgres.Exec(t.Context(), in, forbidden); err == nil {
			t.Errorf("the role may %s", forbidden)
		}
	}
	if err := postgres.Exec(t.Context(), admin(), `ALTER ROLE "`+strings.ReplaceAll(name, `"`, `""`)+`" SUPERUSER`); err != nil {
		t.Fatal(err)
	}
	if restricted, why, err := as.CreateRole(t.Context(), name, again); err != nil || restricted || !strings.Contains(why, "SUPERUSER") {
		t.Errorf("a superuser is called restricted: %t, %q, %v", restricted, why, err)
	}
}

func TestACloneIsTheRolesOwnAsItsSourceWas(t *testing.T) {
	source := migrated(t, store.PermissionsStore)
	copied := clone(t, source)
	if diff := fingerprint(t, source).Diff(fingerprint(t, copied)); diff != nil {
		t.Errorf("the clone differs: %q", diff)
	}
	if done, err := postgres.Migrate(t.Context(), copied, store.PermissionsStore, postgres.Migrations(store.PermissionsStore)); err != nil || len(done.Applied) != 0 {
		t.Errorf("starting on a clone: %+v, %v", done, err)
	}
	if err := postgres.Exec(t.Context(), copied, `ALTER TABLE pages ADD COLUMN later text`); err != nil {
		t.Errorf("the role does not own its table: %v", err)
	}
}

func TestOnlyTheRoleOfADatabaseMayConnect(t *testing.T) {
	target, as := emptyDatabase(t), openAdmin(t)
	stranger, password := fmt.Sprintf("stranger_%d", os.Getpid()), drivers.GenerateSecret()
	if _, _, err := as.CreateRole(t.Context(), stranger, password); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := postgres.Exec(context.Background(), admin(), `DROP ROLE `+stranger); err != nil {
			t.Error(err)
		}
	})
	other := target
	other.URL = other.URL.WithUser(stranger, password)
	if _, err := postgres.Dial(t.Context(), other); err == nil {
		t.Error("a stranger got in")
	}
	if _, err := postgres.Dial(t.Context(), target); err != nil {
		t.Error(err)
	}
}

func TestDroppingEndsSessions(t *testing.T) {
	as, name := openAdmin(t), fmt.Sprintf("pgtest_%d_%d", os.Getpid(), serial.Add(1))
	if err := as.CreateDatabase(t.Context(), name, roleName); err != nil {
		t.Fatal(err)
	}
	target := admin().WithDatabase(name)
	connect(t, target)
	for range 2 { // the second time there is nothing to drop
		if err := as.DropDatabase(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	if _, err := postgres.Dial(t.Context(), target); err == nil {
		t.Error("the database is still there")
	}
	if err := as.CloneDatabase(t.Context(), name, name+"_copy", roleName); err == nil {
		t.Error("a database that is not there was cloned")
	}
}
