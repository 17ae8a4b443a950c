package drill

import (
	"slices"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/dataset"
)

// second is a moment of the test's one clock.
func second(n float64) time.Time {
	return time.Unix(1_000_000, 0).Add(time.Duration(n * float64(time.Second)))
}

func written(id string, began, ended float64, status store.Status) entry {
	return entry{store.UsersStore, id, second(began), second(ended), status}
}

// The dump's moment lies between 10 and 11, the loss at 30.
func TestAccountTellsLostFromMissingFromUnknown(t *testing.T) {
	at := watermark{second(10), second(11), second(30)}
	entries := []entry{
		written("older", 1, 2, store.Committed), written("oldest gone", 0, 1, store.Committed), written("at its edge", 9, 10, store.Committed),
		written("meanwhile back", 10.2, 10.4, store.Committed), written("meanwhile gone", 10.3, 10.6, store.Committed),
		written("later", 12, 13, store.Committed), written("later and back", 14, 15, store.Committed),
		written("unknown gone", 3, 4, store.Unknown), written("unknown back", 5, 6, store.Unknown),
		written("unanswered at the loss", 29, 31, store.Committed), written("after the loss", 31, 32, store.Committed),
		{store.PermissionsStore, "another store's", second(1), second(2), store.Committed},
	}
	found := map[string]bool{"older": true, "at its edge": true, "meanwhile back": true, "later and back": true, "unknown back": true}
	want := result.DrillLedger{Store: "users", Acknowledged: 7, Older: 2, OlderMissing: 1, Between: 3, Later: 2, LaterFound: 1, Lost: 3, LostSeconds: 15, Unknown: 3, UnknownFound: 1}
	if got := account(entries, store.UsersStore, at, found); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	want = result.DrillLedger{Store: "users", Acknowledged: 7, Older: 2, OlderMissing: 2, Between: 3, Later: 2, Lost: 7, LostSeconds: 30, Unknown: 3}
	if got := account(entries, store.UsersStore, at, nil); got != want {
		t.Errorf("nothing came back: got %+v\nwant %+v", got, want)
	}
	if got := account(nil, store.UsersStore, at, found); got != (result.DrillLedger{Store: "users"}) {
		t.Errorf("an empty ledger: %+v", got)
	}
}

// Only who is in the source and not in the copy dangles; guests are strangers in both.
func TestLookupTellsDanglingFromStrangers(t *testing.T) {
	var facts result.DrillDumps
	look := lookup{copied: map[string]bool{"here": true}, source: map[string]bool{"here": true, "lost": true}, facts: &facts}
	map1 := map[string]store.Grant{"here": {}, "lost": {}, "guest": {}, store.Everybody: {}, store.RolePrefix + "staff": {}}
	for _, row := range []store.Record{
		store.Workspace{Subject: store.Subject{ID: "w", CreatedBy: "lost", UpdatedBy: "here", Permissions: map1}},
		store.Page{Subject: store.Subject{CreatedBy: "here"}}, store.File{Subject: store.Subject{CreatedBy: "lost"}}, store.AppSecret{}, store.Role{Subject: store.Subject{UpdatedBy: "guest"}},
		store.Binding{BindingKey: store.BindingKey{PrincipalType: "user", PrincipalID: "lost"}, GrantedBy: "here"}, store.Binding{BindingKey: store.BindingKey{PrincipalType: "org", PrincipalID: "lost"}},
	} {
		look.record(row)
	}
	if facts.References != 10 || facts.Dangling != 4 || facts.Strangers != 2 || len(facts.Shown) != 4 || !slices.Contains(facts.Shown, "workspaces w: createdBy names user lost") {
		t.Errorf("%+v", facts)
	}
	for range 3 * result.DanglingShown {
		look.see("lost", "again")
	}
	if len(facts.Shown) != result.DanglingShown || facts.Dangling != 4+3*result.DanglingShown {
		t.Errorf("%d shown of %d", len(facts.Shown), facts.Dangling)
	}
}

func TestSkewIsFromTheFirstMomentToTheLast(t *testing.T) {
	of := map[store.Name]*taken{store.UsersStore: {mark: watermark{taken: second(5)}}, store.PermissionsStore: {mark: watermark{taken: second(2)}}, store.CollectionsStore: {mark: watermark{taken: second(4)}}}
	if got := skew(of); got != 3 {
		t.Errorf("%g", got)
	}
}

func TestSetsCanBeLoaded(t *testing.T) {
	for _, word := range []string{"postgres:16", "ferretdb:1"} {
		engine, err := drivers.ParseEngine(word)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for _, size := range []int64{smallest, 64 << 20, 1 << 30} {
			set := SetFor(engine, 1, size)
			if err := dataset.Check(set); err != nil || dataset.Total(set) <= rows {
				t.Errorf("%s, %d bytes: %d rows, %v", word, size, dataset.Total(set), err)
			}
			rows = dataset.Total(set)
		}
	}
}
