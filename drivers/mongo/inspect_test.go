package mongo_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/store"
)

func TestFingerprintSeesEveryChange(t *testing.T) {
	target := emptyDatabase(t)
	run := func(command string) {
		t.Helper()
		if err := mongo.Exec(t.Context(), target, command); err != nil {
			t.Fatal(err)
		}
	}
	print := func() store.Fingerprint {
		t.Helper()
		got, err := mongo.Fingerprint(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	run(`{"create": "c"}`)
	run(`{"insert": "c", "documents": [{"_id": 1, "x": "a"}, {"_id": 2, "x": "b"}]}`)
	first := print()
	if d := first.Tables["c"]; d.Rows != 2 || d.Bytes == 0 || len(d.Hash) != 32 {
		t.Errorf("digest %+v", d)
	}
	if !reflect.DeepEqual(first, print()) {
		t.Error("reading twice gives two fingerprints")
	}
	run(`{"delete": "c", "deletes": [{"q": {"_id": 1}, "limit": 1}]}`)
	if print().Tables["c"] == first.Tables["c"] {
		t.Error("a row is missing and nothing is seen")
	}
	run(`{"insert": "c", "documents": [{"_id": 1, "x": "a"}]}`)
	if print().Tables["c"] != first.Tables["c"] {
		t.Error("another order of the same rows is seen")
	}
	run(`{"update": "c", "updates": [{"q": {"_id": 1}, "u": {"$set": {"x": "A"}}}]}`)
	if print().Tables["c"].Hash == first.Tables["c"].Hash {
		t.Error("a changed value is not seen")
	}
	run(`{"createIndexes": "c", "indexes": [{"name": "x_1", "key": {"x": 1}}]}`)
	plain := print().Objects
	run(`{"dropIndexes": "c", "index": "x_1"}`)
	run(`{"createIndexes": "c", "indexes": [{"name": "x_1", "key": {"x": 1}, "unique": true}]}`)
	if reflect.DeepEqual(plain, print().Objects) || reflect.DeepEqual(plain, first.Objects) {
		t.Errorf("an index and its uniqueness are not seen: %v", plain)
	}
}

func TestHotPlansAreToldOrSaidToBeUntold(t *testing.T) {
	for _, name := range store.Names() {
		plans, err := mongo.HotPlans(t.Context(), migrated(t, name), name)
		if started.Engine.Product == drivers.FerretDB {
			if !errors.Is(err, mongo.ErrNoPlan) {
				t.Errorf("%s: %v, %+v", name, err, plans)
			}
			continue
		}
		for _, hot := range plans {
			if hot.Plan.FullScan || len(hot.Plan.Indexes) == 0 {
				t.Errorf("%s on %s: %s", hot.Operation, hot.Table, hot.Plan.Text)
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
}

func TestAdminKnowsWhetherRolesHold(t *testing.T) {
	admin, err := mongo.OpenAdmin(t.Context(), started.Admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, admin.Close) })
	password := drivers.GenerateSecret()
	restricted, why, err := admin.CreateRole(t.Context(), "mongotest_role", password)
	if err != nil || why == "" {
		t.Fatal(restricted, why, err)
	}
	t.Log(restricted, why)
	as := started.Admin
	as.URL = as.URL.WithUser("mongotest_role", password)
	signedIn := mongo.Dial(t.Context(), as) == nil
	if !restricted && signedIn {
		t.Error("an account that is not restricted was left")
	}
	if restricted {
		t.Cleanup(func() { closed(t, dropUser) })
	}
	if err := admin.CreateDatabase(t.Context(), "mongotest_granted", "mongotest_role"); err != nil {
		t.Fatal(err)
	}
	target := started.Admin.WithDatabase("mongotest_granted")
	if restricted {
		target.URL = target.URL.WithUser("mongotest_role", password)
	}
	if _, err := mongo.Migrate(t.Context(), target, store.UsersStore, mongo.Migrations(store.UsersStore)); err != nil {
		t.Error(err)
	}
	one, err := mongo.Identity(t.Context(), target)
	if err != nil || one == "" {
		t.Error(one, err)
	}
	if err := admin.CreateDatabase(t.Context(), "mongotest_granted", "mongotest_role"); err == nil {
		t.Error("a database that holds something was taken for empty")
	}
	for range 2 {
		if err := admin.DropDatabase(t.Context(), "mongotest_granted"); err != nil {
			t.Error(err)
		}
	}
	if _, err := mongo.Identity(t.Context(), target); err == nil {
		t.Error("a dropped database has an identity")
	}
}

func dropUser(ctx context.Context) error {
	return mongo.Exec(ctx, started.Admin, `{"dropUser": "mongotest_role"}`)
}

// The faults that break a schema on purpose name these indexes by their keys.
func TestPromisedIndexesCanBeDroppedByKey(t *testing.T) {
	targets := map[store.Name]drivers.Target{store.PermissionsStore: migrated(t, store.PermissionsStore), store.UsersStore: migrated(t, store.UsersStore)}
	for command, name := range map[string]store.Name{
		`{"dropIndexes": "workspaces", "index": {"slug": 1}}`:                store.PermissionsStore,
		`{"dropIndexes": "pages", "index": {"workspaceSlug": 1, "slug": 1}}`: store.PermissionsStore,
		`{"dropIndexes": "Users", "index": {"email": 1}}`:                    store.UsersStore,
	} {
		if err := mongo.Exec(t.Context(), targets[name], command); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		if err := mongo.Exec(t.Context(), targets[name], command); err == nil {
			t.Errorf("%s: twice", command)
		}
	}
}
