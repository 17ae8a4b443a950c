package auth

import (
	"slices"
	"testing"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
)

func TestWhichStoresAMixAsks(t *testing.T) {
	both := Stores()
	for _, c := range []struct {
		profile Profile
		mix     Mix
		want    []store.Name
	}{{V27, Everyday, both}, {Fork, Everyday, both}, {V27, Storm, both}, {Fork, Visitors, both}, {V27, APIKeys, both}} {
		if got := Asked(c.profile, c.mix); !slices.Equal(got, c.want) {
			t.Errorf("%s %s asks %v", c.profile, c.mix, got)
		}
	}
	w := New(nil, nil, Options{Data: dataset.Identity{Sizes: dataset.Small()}, Profile: V27})
	of := map[string]string{}
	for _, k := range w.kinds {
		_, r := w.ask(0)
		for at, name := range both {
			if w.stores(k, r).Has(at) {
				of[k.name] += string(name) + " "
			}
		}
	}
	for kind, want := range map[string]string{"workspace API key": "permissions ", "sign in": "users ", "single sign-on": "users ", "share": "users permissions "} {
		if of[kind] != want {
			t.Errorf("%s asks %q, want %q", kind, of[kind], want)
		}
	}
}

// toldOfEach: a load over real stores tells of exactly the operations that its arrivals have.
func toldOfEach(t *testing.T, deployed *deployment.Deployment, data dataset.Identity, profile Profile) {
	t.Helper()
	told := &load.Operations{Stores: Stores()}
	w := New(deployed.Users, deployed.Permissions, Options{Data: data, Profile: profile, Window: uint64(70 + len(profile)), Expires: time.Now().Add(visitorLife), Operations: told})
	told.Would = w.Would
	window, err := load.Closed{Workers: 3, Measure: 500 * time.Millisecond, Drain: 10 * time.Second, Operations: told}.Run(t.Context(), w.Step)
	if err != nil || window.Counts.Committed != window.Counts.Due || window.Counts.Due == 0 {
		t.Fatalf("%v: %+v", err, window.Counts)
	}
	var want [2]int64
	for arrival := range window.Counts.Due {
		k, r := w.ask(arrival)
		for _, one := range k.operations(w, r) {
			if of := one.place(); of != ofNone {
				want[of]++
			}
		}
	}
	for at, of := range window.Stores {
		if of.Committed != want[at] || of.Operations != want[at] || of.Store != string(Stores()[at]) || of.Latency.Count != want[at] {
			t.Errorf("%s: %+v, want %d operations", profile, of, want[at])
		}
	}
}
