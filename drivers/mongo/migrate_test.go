package mongo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/store"
)

func TestMigrationsConvergeAndAreComplete(t *testing.T) {
	for _, name := range store.Names() {
		target := emptyDatabase(t)
		var busy sync.WaitGroup
		starts := make([]store.Migration, 4)
		for i := range starts {
			busy.Go(func() {
				var err error
				if starts[i], err = mongo.Migrate(t.Context(), target, name, mongo.Migrations(name)); err != nil {
					t.Error(err)
				}
			})
		}
		busy.Wait()
		applied := 0
		for _, start := range starts {
			applied += len(start.Applied)
			if start.Version != starts[0].Version {
				t.Errorf("%s: versions %d and %d", name, start.Version, starts[0].Version)
			}
		}
		if int64(applied) != starts[0].Version {
			t.Errorf("%s: %d versions applied by %d starts, want %d", name, applied, len(starts), starts[0].Version)
		}
		again, err := mongo.Migrate(t.Context(), target, name, mongo.Migrations(name))
		if err != nil || len(again.Applied) > 0 {
			t.Errorf("%s: a second start applied %v: %v", name, again.Applied, err)
		}
		checkIndexes(t, target, name)
	}
}

// checkIndexes wants every promised index, except of a kind that this server lacks.
func checkIndexes(t *testing.T, target drivers.Target, name store.Name) {
	t.Helper()
	found, err := mongo.Indexes(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	for _, expected := range mongo.ExpectedIndexes(name) {
		there := slices.ContainsFunc(found, func(i store.IndexInfo) bool {
			return i.Table == expected.Table && slices.Equal(i.Fields, expected.Fields) && i.Unique == expected.Unique && i.Valid
		})
		if !there && expected.Needs == "" {
			t.Errorf("%s: no index %+v among %+v", name, expected, found)
		}
	}
}

func files(contents ...string) fstest.MapFS {
	all := fstest.MapFS{}
	for i, content := range contents {
		all[fmt.Sprintf("%04d_step.up.json", i+1)] = &fstest.MapFile{Data: []byte(content)}
	}
	return all
}

const (
	makeOne = `[{"create": "one"}, {"createIndexes": "one", "indexes": [{"name": "x_1", "key": {"x": 1}}]}]`
	fill    = `[{"insert": "one", "documents": [{"x": 1}]}]`
	broken  = `[{"create": "two"}, {"noSuchCommand": 1}]`
)

func TestHalfAppliedIsCompletedOrRefusedByName(t *testing.T) {
	for _, c := range []struct {
		name, second string
		completed    bool
	}{{"may be repeated", makeOne, true}, {"may not be repeated", fill, false}, {"fails again", broken, false}} {
		target, all := emptyDatabase(t), files(makeOne, c.second)
		if _, err := mongo.Migrate(t.Context(), target, store.UsersStore, files(makeOne)); err != nil {
			t.Fatal(err)
		}
		if err := mongo.Exec(t.Context(), target, `{"update": "schema_migrations", "updates": [{"q": {}, "u": {"$set": {"version": {"$numberLong": "2"}, "dirty": true}}}]}`); err != nil {
			t.Fatal(err)
		}
		done, err := mongo.Migrate(t.Context(), target, store.UsersStore, all)
		var half *mongo.HalfApplied
		switch {
		case c.completed && (err != nil || done.Repaired != "0002_step" || done.Version != 2):
			t.Errorf("%s: %+v, %v", c.name, done, err)
		case !c.completed && (!errors.As(err, &half) || half.Version != 2):
			t.Errorf("%s: %v", c.name, err)
		}
	}
	target := emptyDatabase(t)
	if _, err := mongo.Migrate(t.Context(), target, store.UsersStore, files(broken)); err == nil {
		t.Fatal("a broken file was applied")
	}
	var half *mongo.HalfApplied
	if _, err := mongo.Migrate(t.Context(), target, store.UsersStore, files(broken)); !errors.As(err, &half) || half.Version != 1 {
		t.Errorf("the start after a broken one: %v", err)
	}
	newer := emptyDatabase(t)
	if _, err := mongo.Migrate(t.Context(), newer, store.UsersStore, files(makeOne, makeOne)); err != nil {
		t.Fatal(err)
	}
	if _, err := mongo.Migrate(t.Context(), newer, store.UsersStore, files(makeOne)); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("older files on a newer database: %v", err)
	}
}

// A starter that dies leaves a lease that runs out; one that holds it is waited for.
func TestALeaseOfADeadStarterRunsOut(t *testing.T) {
	target := emptyDatabase(t)
	dead := `{"insert": "schema_migrations_lock", "documents": [{"_id": {"$numberLong": "7"}, "expires": {"$date": "2020-01-01T00:00:00Z"}, "released": false}]}`
	if err := mongo.Exec(t.Context(), target, dead); err != nil {
		t.Fatal(err)
	}
	if _, err := mongo.Migrate(t.Context(), target, store.UsersStore, files(makeOne)); err != nil {
		t.Errorf("after a dead starter: %v", err)
	}
	living := emptyDatabase(t)
	if err := mongo.Exec(t.Context(), living, strings.Replace(dead, "2020", "2120", 1)); err != nil {
		t.Fatal(err)
	}
	waiting, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := mongo.Migrate(waiting, living, store.UsersStore, files(makeOne))
		ended <- err
	}()
	cancel()
	if err := <-ended; err == nil {
		t.Error("a lease that somebody holds was taken")
	}
}
