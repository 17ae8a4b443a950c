package drill

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/road"
)

// A drill on one server, stopped between its steps.
func TestDrillOnAServer(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a server")
	}
	engine := drivers.Engine{Product: drivers.Postgres, Major: 16}
	plan := Plan{Head: road.Head{RunID: "drill-test", Engine: engine, Reach: drivers.Embedded, Dir: t.TempDir(), Cache: programs.DefaultDir()},
		Seed: 1, Sizes: []int64{smallest}, Rounds: 1, Under: Idle, Rate: 1, Writes: 1, Order: Orders(engine)[0], Keep: true}
	if err := plan.Check(); err != nil {
		t.Fatal(err)
	}
	d := &drill{plan: plan, facts: Facts(plan), durability: cluster.Relaxed}
	d.meter.say = plan.Say
	from, err := d.fill(t.Context(), smallest)
	if err != nil {
		t.Fatal(err)
	}
	defer ended(t, from.Close)
	for name, test := range map[string]func(*testing.T, *round){"lost on the way": lostOnTheWay, "a cut dump": cutDump, "together": together, "of somebody's": ownLost, "of no platform": ownForeign} {
		t.Run(name, func(t *testing.T) {
			r := d.begin(from)
			defer ended(t, r.ends.Close)
			test(t, r)
			from.rounds++
		})
	}
}

func ended(t *testing.T, end func(context.Context) error) {
	t.Helper()
	if err := end(context.Background()); err != nil {
		t.Error(err)
	}
}

// What is lost on the way, after the restore said that all was well, is seen by the claim
// that is about it.
func lostOnTheWay(t *testing.T, r *round) {
	for _, step := range []func(context.Context) error{r.prepare, r.take, r.restore} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	gone := r.ledger.entries[0].id // acknowledged before the dump
	for i, name := range store.Names() {
		if name == store.UsersStore {
			at := r.copy.Copies[i].Admin
			for _, statement := range []string{`DELETE FROM "Users" WHERE _id = '` + gone + `'`, `DELETE FROM pg_statistic`} {
				if err := postgres.Exec(t.Context(), at, statement); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := r.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	for claim, facts := range map[string]map[string]float64{
		ClaimCopy:   {"stores": 3, "tools_failed": 0, "rows_missing": 1, "rows_extra": 0, "starts": 6, "start_errors": 0, "refused": 0, "wrong": 0, "writes": 8, "writes_refused": 0},
		ClaimLedger: {"older_missing": 1, "later_found": 0, "lost_rows": 3*tail + 1, "least_older": lead, "least_later": tail},
		ClaimAcross: {"dangling": 5},
		ClaimServe:  {"served": 1},
	} {
		for fact, want := range facts {
			if got, is := r.saw[claim].Facts[fact]; !is || got != want {
				t.Errorf("%s: %s is %v, wanted %v\n%q", claim, fact, got, want, r.saw[claim].Witness)
			}
		}
	}
	if saw := r.saw[ClaimCopy].Facts; saw["without_statistics"] < 5 || saw["rows"] < 500 || saw["reads"] < 300 {
		t.Errorf("%v", saw)
	}
	if parts := r.facts.Parts; len(parts) != 6 || r.facts.RTOSeconds <= 0 || r.facts.FingerprintSeconds <= 0 {
		t.Errorf("%+v", r.facts)
	}
}

// A dump that is cut after it was taken is a fact of DRILL-1; the others are not observed.
func cutDump(t *testing.T, r *round) {
	for _, step := range []func(context.Context) error{r.prepare, r.take} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	archive := r.main.of[store.CollectionsStore].archive
	if err := os.Truncate(archive.Path, archive.Bytes-1); err != nil {
		t.Fatal(err)
	}
	err := r.restore(t.Context())
	r.keep(t.Context(), err)
	saw := map[string]result.Observation{}
	for _, one := range r.drill.facts.Observations {
		saw[one.Claim] = one
	}
	if saw[ClaimCopy].Facts["tools_failed"] != 1 || saw[ClaimCopy].Trouble != "" || saw[ClaimLedger].Trouble == "" || saw[ClaimServe].Trouble == "" || saw[ClaimAcross].Trouble == "" {
		t.Errorf("%v\n%+v", err, saw)
	}
	if r.facts.RTOSeconds != 0 {
		t.Errorf("served after %g s", r.facts.RTOSeconds)
	}
}

// Orders are moments: together, the three are taken before the first dump begins.
func together(t *testing.T, r *round) {
	r.folder = t.TempDir()
	r.saw[ClaimCopy] = &result.Observation{}
	all, err := r.dump(t.Context(), Together, true)
	if err != nil {
		t.Fatal(err)
	}
	began := all.of[store.UsersStore].ended.Add(-1)
	for name, one := range all.of {
		if one.mark.taken.After(began) || one.promised.Tables == nil || one.archive.From != r.from.deployed.Target(name).URL.Database() {
			t.Errorf("%s: %+v", name, one)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(all.folder, "*.unfinished")); len(left) != 0 || !all.exact {
		t.Errorf("left %v, exact %t", left, all.exact)
	}
	if err := backup.Unaltered(all.of[store.UsersStore].archive); err != nil {
		t.Error(err)
	}
}
