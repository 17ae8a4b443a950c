package drill

import (
	"context"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
)

// ownOn is a drill of databases on a server as if they were somebody's.
func ownOn(t *testing.T, from *source, plan Plan, databases map[store.Name]string) (*drill, *round) {
	t.Helper()
	plan.Reach, plan.Under, plan.Dir = drivers.External, Theirs, t.TempDir()
	plan.Own = &Own{Databases: databases, At: from.Cluster.Admin.URL.HostPort(), Into: plan.Engine, Reach: drivers.Embedded}
	if err := plan.Check(); err != nil {
		t.Fatal(err)
	}
	d := &drill{plan: plan, address: cluster.External{URL: from.Cluster.Admin.URL, CAFile: from.Cluster.CAFile}, facts: Facts(plan), durability: cluster.Relaxed}
	d.meter.say = plan.Say
	met, err := d.meet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ended(t, met.Close) })
	r := d.begin(met)
	t.Cleanup(func() { ended(t, r.ends.Close) })
	for _, step := range []func(context.Context) error{r.prepare, r.takeOwn, r.restore} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return d, r
}

// What is lost of somebody's databases after the restore is seen by the claim about it.
func ownLost(t *testing.T, r *round) {
	plan := r.plan
	plan.Format = backup.Plain
	_, own := ownOn(t, r.from, plan, map[store.Name]string{store.UsersStore: r.from.at(store.UsersStore).URL.Database(),
		store.PermissionsStore: r.from.at(store.PermissionsStore).URL.Database(), store.CollectionsStore: r.from.at(store.CollectionsStore).URL.Database()})
	for i, name := range store.Names() {
		if name == store.UsersStore {
			if err := postgres.Exec(t.Context(), own.copy.Copies[i].Admin, `DELETE FROM "Users" WHERE _id = '`+r.from.identity().UserID(1)+`'`); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := own.lookOwn(t.Context()); err != nil {
		t.Fatal(err)
	}
	for claim, facts := range map[string]map[string]float64{
		ClaimCopy:  {"stores": 3, "tools_failed": 0, "rows_missing": 1, "rows_extra": 0, "catalogue_differences": 0, "without_statistics": 0},
		ClaimLive:  {"starts": 6, "start_errors": 0, "next_releases": 3, "refused": 0, "wrong": 0, "writes": 3, "writes_refused": 0},
		ClaimServe: {"served": 1},
	} {
		for fact, want := range facts {
			if got, is := own.saw[claim].Facts[fact]; !is || got != want {
				t.Errorf("%s: %s is %v (%t), wanted %v\n%q", claim, fact, got, is, want, own.saw[claim].Witness)
			}
		}
	}
	if own.saw[ClaimAcross].Facts["dangling"] == 0 || own.saw[ClaimLive].Facts["reads"] < 50 || !strings.Contains(own.saw[ClaimLedger].Probe, "only read") {
		t.Errorf("%v\n%v\n%q", own.saw[ClaimAcross], own.saw[ClaimLive], own.saw[ClaimLedger].Probe)
	}
}

// Databases of no platform come back and are compared; what an application would do on
// them is not known.
func ownForeign(t *testing.T, r *round) {
	admin := r.from.Cluster.Admin
	databases := map[store.Name]string{}
	for _, statement := range []string{`CREATE ROLE clerk`, `CREATE ROLE "The Boss"`} {
		if err := postgres.Exec(t.Context(), admin, statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range store.Names() {
		databases[name] = "shop_" + string(name)
		if err := postgres.Exec(t.Context(), admin, `CREATE DATABASE shop_`+string(name)+` TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' OWNER clerk`); err != nil {
			t.Fatal(err)
		}
		if err := postgres.Exec(t.Context(), admin.WithDatabase(databases[name]), `SET ROLE clerk; CREATE SCHEMA back; CREATE TYPE back.state AS ENUM ('new', 'old');
			CREATE TABLE back.orders (id serial PRIMARY KEY, "What?" text, state back.state DEFAULT 'new'); INSERT INTO back.orders ("What?") SELECT 'order ' || n FROM generate_series(1, 50) n;
			GRANT SELECT ON back.orders TO "The Boss"; CREATE VIEW back.olds AS SELECT * FROM back.orders WHERE state = 'old'; ALTER TABLE back.orders ADD CHECK (id > 9) NOT VALID`); err != nil {
			t.Fatal(err)
		}
	}
	plan := r.plan
	plan.Format, plan.Jobs = backup.Directory, 2
	d, own := ownOn(t, r.from, plan, databases)
	if d.facts.Drill.Format != "directory" || d.facts.Drill.Jobs != 2 || !slices.ContainsFunc(d.facts.Steps, func(s result.Step) bool {
		return strings.Contains(strings.Join(s.Commands, " "), "--format=directory --snapshot=") || strings.Contains(strings.Join(s.Commands, " "), "--jobs=2")
	}) {
		t.Errorf("%+v\n%+v", d.facts.Drill, d.facts.Steps)
	}
	if err := own.lookOwn(t.Context()); err != nil {
		t.Fatal(err)
	}
	saw := own.saw[ClaimCopy]
	for fact, want := range map[string]float64{"rows": 150, "tables": 3, "rows_missing": 0, "tables_changed": 0, "catalogue_differences": 0, "sequences_behind": 0, "without_statistics": 0} {
		if got := saw.Facts[fact]; got != want {
			t.Errorf("%s is %v, wanted %v\n%q", fact, got, want, saw.Witness)
		}
	}
	if own.saw[ClaimLive].Probe == "" || own.saw[ClaimAcross].Probe == "" || own.saw[ClaimServe].Facts["served"] != 1 {
		t.Errorf("%+v\n%+v\n%+v", own.saw[ClaimLive], own.saw[ClaimAcross], own.saw[ClaimServe])
	}
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"schema public owner rdsadmin", "owner public.t rdsadmin"}, "owner public.t rdsadmin, schema public owner the-first-superuser"},
	} {
		if got := strings.Join(named(test.lines, "rdsadmin"), ", "); got != test.want {
			t.Errorf("%q became %s", test.lines, got)
		}
	}
}
