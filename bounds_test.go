package main

import (
	"encoding/json"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity"
)

// A run whose boundary cannot be looked at again is refused before anything is started.
func TestBoundsBadInput(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	unsearched := saved(t, &result.Run{Schema: result.Schema, ID: "unsearched", Kind: kindCapacity, Split: &result.Split{}})
	for says, args := range map[string][]string{
		"no saved run at":    {"--bounds", "/nowhere"},
		"no finished search": {"--bounds", unsearched, "--depth", "nightly"},
	} {
		refused(t, says, append([]string{"certify", "--out", out}, args...)...)
	}
	found := saved(t, searchedRun(t))
	for says, args := range map[string][]string{
		"from --depth nightly on": {},
		"is of postgres:16":       {"--depth", "nightly", "--engines", "postgres:12"},
		"--reach embedded":        {"--depth", "nightly", "--reach", "container"},
		"drop --fault":            {"--depth", "nightly", "--fault", "bulk-not-atomic"},
		`claim or area "BOUND-3"`: {"--depth", "nightly", "--claims", "BOUND-3"},
		"no claim of BOUND-2 is":  {"--depth", "nightly", "--claims", "BOUND-2"},
	} {
		refused(t, says, append([]string{"certify", "--out", out, "--bounds", found}, args...)...)
	}
	refused(t, `claim or area "BOUND-1" is not known`, "certify", "--out", out, "--depth", "nightly", "--claims", "BOUND-1")
}

// searchedRun is a saved run whose search found a boundary.
func searchedRun(t *testing.T) *result.Run {
	t.Helper()
	engine := drivers.Engine{Product: drivers.Postgres, Major: 16}
	plan := capacity.For(scenarios.Smoke, engine, drivers.Embedded)
	plan.Search = &capacity.Search{Budget: time.Hour, Quantile: "p95", LimitMs: 20}
	raw, err := json.Marshal(map[string]any{capacity.PlanName: plan})
	if err != nil {
		t.Fatal(err)
	}
	return &result.Run{Schema: result.Schema, ID: "searched", Kind: kindCapacity, Plan: raw, Split: &result.Split{Ground: plan.Ground("16.4"),
		Boundary: &result.Boundary{Quantile: "p95", LimitMs: 20, Low: 3, High: 3.3, Regular: true, Windows: []result.BoundaryWindow{{Scale: 3}}}}}
}
