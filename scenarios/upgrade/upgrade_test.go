package upgrade_test

import (
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/reports/result"
	"tristore/scenarios/judge"
	"tristore/scenarios/road"
	"tristore/scenarios/upgrade"
	"tristore/suites"
)

func postgres(major int) drivers.Engine {
	return drivers.Engine{Product: drivers.Postgres, Major: major}
}

func TestPairs(t *testing.T) {
	for name, test := range map[string]struct {
		from, to drivers.Engine
		way      upgrade.Way
		want     string // words of the pairs, or of the refusal
	}{
		"direct":      {postgres(12), postgres(16), upgrade.Direct, "postgres:12-16"},
		"chain":       {postgres(12), postgres(15), upgrade.Chain, "postgres:12-13 postgres:13-14 postgres:14-15"},
		"all":         {postgres(14), postgres(16), upgrade.All, "postgres:14-15 postgres:14-16 postgres:15-16"},
		"downgrade":   {postgres(16), postgres(12), upgrade.Direct, "downgrade"},
		"same":        {postgres(16), postgres(16), upgrade.Chain, "no upgrade"},
		"of MongoDB":  {drivers.Engine{Product: drivers.Mongo, Major: 7}, postgres(16), upgrade.Direct, "mongo:7 is none of them"},
		"to FerretDB": {postgres(16), drivers.Engine{Product: drivers.FerretDB, Major: 1}, upgrade.Direct, "ferretdb:1 is none of them"},
	} {
		pairs, err := upgrade.Pairs(test.from, test.to, test.way)
		var got []string
		for _, pair := range pairs {
			got = append(got, pair.String())
		}
		if err != nil {
			got = append(got, err.Error())
		}
		if all := strings.Join(got, " "); !strings.Contains(all, test.want) || err == nil && all != test.want {
			t.Errorf("%s: %s, wanted %s", name, all, test.want)
		}
	}
}

// drilled does one drill on real servers and judges it.
func drilled(t *testing.T, by upgrade.Method, faults ...upgrade.Fault) (*result.Run, map[string]result.Finding) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	facts, err := upgrade.Drill(t.Context(), upgrade.Plan{
		Head:  road.Head{RunID: "upgrade-test", Engine: postgres(16), Reach: drivers.Embedded, Dir: t.TempDir(), Cache: programs.DefaultDir()},
		Pairs: []upgrade.Pair{{From: postgres(15), To: postgres(16)}}, Way: upgrade.Direct, By: by, Seed: 1, Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range suites.Upgrades() {
		facts.Claims = append(facts.Claims, row.Claim)
	}
	judge.Run(facts, suites.RulesOf(suites.Upgrades()), judge.GateSupported)
	findings := map[string]result.Finding{}
	for _, f := range facts.Findings {
		findings[f.Claim] = f
	}
	return facts, findings
}

// Whatever is done wrong on the way to a new major fails the claim that is about it, by a
// fact of its own. The faults do not hide each other, so they share one drill.
func TestEveryFaultIsSeen(t *testing.T) {
	var faults []upgrade.Fault
	for fault, claim := range upgrade.Faults() {
		if claim != upgrade.Snapshot { // without one nothing else happens: see below
			faults = append(faults, fault)
		}
	}
	facts, findings := drilled(t, upgrade.ByDump, faults...)
	for _, fault := range faults {
		if f := findings[upgrade.Faults()[fault]]; f.Status != result.Fail {
			t.Errorf("%s: %s is %s: %s", fault, f.Claim, f.Status, f.Reason)
		}
	}
	seen := map[string]float64{}
	for _, o := range facts.Observations {
		for fact, value := range o.Facts {
			seen[o.Claim+" "+fact] = value
		}
	}
	for fact, least := range map[string]float64{"UPGRADE-2 rows_missing": 2, "UPGRADE-2 catalogue_differences": 3, "UPGRADE-3 sequences_behind": 1, "UPGRADE-3 numbered_refused": 1,
		"UPGRADE-4 other_plans": 1, "UPGRADE-5 out_of_order": 2, "UPGRADE-6 without_statistics": 1, "UPGRADE-7 lost": 1} {
		if seen[fact] < least {
			t.Errorf("%s is %g, wanted at least %g", fact, seen[fact], least)
		}
	}
	if f := findings[upgrade.Snapshot]; f.Status != result.Pass {
		t.Errorf("the snapshot was sound and is %s: %s", f.Status, f.Reason)
	}
}

// One store without a snapshot, and another whose snapshot does not restore: no upgrade
// begins, and no other claim says anything.
func TestNoSnapshotNoUpgrade(t *testing.T) {
	facts, findings := drilled(t, upgrade.ByDump, upgrade.NoSnapshot, upgrade.BadSnapshot)
	for id, f := range findings {
		want := result.Inconclusive
		if id == upgrade.Snapshot {
			want = result.Fail
		}
		if f.Status != want {
			t.Errorf("%s is %s, wanted %s: %s", id, f.Status, want, f.Reason)
		}
	}
	if unproven := facts.Observations[0].Facts["unproven"]; unproven != 2 || len(facts.Observations) != 1 {
		t.Errorf("%g stores unproven, %d observations", unproven, len(facts.Observations))
	}
	if begun := slices.ContainsFunc(facts.Steps, func(s result.Step) bool { return strings.Contains(s.What, "PostgreSQL 16") }); begun {
		t.Errorf("the new major was started: %+v", facts.Steps)
	}
}
