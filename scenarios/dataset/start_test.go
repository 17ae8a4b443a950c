package dataset

import (
	"context"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
)

func TestAKeptSetIsLoadedOnceAndWholeInEveryDeployment(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	for _, engine := range []drivers.Engine{{Product: drivers.Postgres, Major: 16}, {Product: drivers.FerretDB, Major: 1}} {
		t.Run(engine.String(), func(t *testing.T) { keptSet(t, engine) })
	}
}

func keptSet(t *testing.T, engine drivers.Engine) {
	set := wholeSet()
	set.Of.Seed = 4711 // of no other test, so that the usual cache does
	spec := cluster.Spec{Engine: engine, Reach: drivers.Embedded, Durability: cluster.Relaxed,
		Dir: t.TempDir(), Cache: programs.DefaultDir(), RunID: "dataset-test"}
	loads := 0
	for range 2 {
		started, err := Start(t.Context(), spec, set, func(*Loading) { loads++ })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := started.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		deployments := 2 // what one deployment loses, the next has
		if engine.Family() == drivers.FamilyMongo {
			deployments = 1 // and what one cluster loses, the next has
		}
		for range deployments {
			deployed := deployOn(t, started.Host)
			mustBeWhole(t, set, deployed)
			if outcome := deployed.Permissions.DeleteWorkspace(t.Context(), set.Of.WorkspaceID(1)); !outcome.OK() {
				t.Error(outcome.Detail())
			}
			if found := mustVerify(t, set, deployed); found.OK() {
				t.Error("a deleted workspace was not missed")
			}
		}
		if engine.Family() == drivers.FamilyMongo {
			if _, err := started.Host.Deploy(t.Context()); err == nil {
				t.Error("content that cannot be copied was given away twice")
			}
		}
		t.Log("ready after", started.Cluster.Ready, "with", Total(set), "rows")
	}
	if loads > 1 {
		t.Errorf("loaded %d times", loads)
	}
}

func TestAKeyChangesWithWhatItNames(t *testing.T) {
	spec := cluster.Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}}
	keys := map[string]string{}
	for name, change := range map[string]func(*Whole){
		"nothing": func(*Whole) {}, "seed": func(w *Whole) { w.Of.Seed++ }, "users": func(w *Whole) { w.Of.Sizes.Users++ },
		"bytes": func(w *Whole) { w.Sizes.MessageBytes++ }, "members": func(w *Whole) { w.Of.Sizes.HugeMembers++ },
	} {
		set := wholeSet()
		change(&set)
		for range 2 {
			key, err := keyOf(set, spec)
			if err != nil {
				t.Fatal(err)
			}
			if other, is := keys[key]; is && other != name {
				t.Errorf("%s and %s share a key", name, other)
			}
			keys[key] = name
		}
	}
	if len(keys) != 5 {
		t.Errorf("5 sets have %d keys", len(keys))
	}
	if _, err := keyOf(Whole{}, spec); err == nil {
		t.Error("a set of nothing has a key")
	}
}
