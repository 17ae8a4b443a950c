package availability

import (
	"context"
	"testing"

	"tristore/drivers"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/stagetest"
)

func facts(t *testing.T, saw result.Observation, want map[string]float64) {
	t.Helper()
	if saw.Trouble != "" {
		t.Fatalf("%s; %v", saw.Trouble, saw.Witness)
	}
	for fact, value := range want {
		if got, there := saw.Facts[fact]; !there || got != value {
			t.Errorf("%s is %v, wanted %v; %v", fact, got, value, saw.Witness)
		}
	}
}

func TestSignInsNeedNoCollections(t *testing.T) {
	on := stagetest.On(t, "postgres:16", "")
	var saw result.Observation
	SignIns(t.Context(), on, &saw)
	facts(t, saw, map[string]float64{"injections": 2, "recovered": 2, "failed": 0, "wrong": 0, "answered_away": 0})
	if saw.Facts["before"] < 100 || saw.Facts["asked"] != 2*saw.Facts["before"] || saw.Facts["asked_away"] < 2*askers {
		t.Errorf("%v", saw.Facts)
	}
	saw = result.Observation{}
	on.Spec.Reach = drivers.External
	if SignIns(t.Context(), on, &saw); saw.Probe == "" || len(saw.Facts) > 0 {
		t.Errorf("an external cluster: %+v", saw)
	}
}

// One shared cluster behind the wire: what takes the collections away takes sign-ins too,
// and a store that remembers what it was told goes on letting people in.
func TestWhatMustNotPass(t *testing.T) {
	a := shared(t)
	t.Run("sign-ins on the same cluster", func(t *testing.T) {
		saw := new(result.Observation)
		a.identity.Sizes.Users = 2 // one of them signs in: each of its questions ends with patience
		if err := a.during(t.Context(), saw, func(way string) { a.signIns(t.Context(), tally{saw, "asked", way}) }); err != nil {
			t.Fatal(err)
		}
		facts(t, *saw, map[string]float64{"injections": 2, "recovered": 2, "asked": 8, "failed": 8, "answered_away": 0})
	})
	t.Run("bindings that fail open", func(t *testing.T) {
		saw := new(result.Observation)
		a.deployed.Collections = remembering{a.deployed.Collections}
		if err := a.during(t.Context(), saw, func(string) {}); err != nil {
			t.Fatal(err)
		}
		facts(t, *saw, map[string]float64{"injections": 2})
		if saw.Facts["answered_away"] == 0 || saw.Facts["answered_away"] != saw.Facts["asked_away"] {
			t.Errorf("%v", saw.Facts)
		}
	})
}

type remembering struct{ store.Collections }

func (r remembering) BindingOf(context.Context, store.BindingKey) (store.Binding, store.Outcome) {
	return store.Binding{}, store.Done()
}

// shared is all three stores on one cluster, behind a wire.
func shared(t *testing.T) *apart {
	a, behind, err := wired(t.Context(), stagetest.On(t, "postgres:16", ""))
	t.Cleanup(func() {
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err == nil {
		err = a.open(t.Context(), behind, behind)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}
