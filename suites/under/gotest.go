// Package under runs an area's specs under go test or the ginkgo command. It is
// imported by tests only, so that the testing package stays out of the binary.
package under

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity"
	"tristore/scenarios/road"
	"tristore/suites"
)

// Variables by which somebody at go test or ginkgo chooses the engine and the reach;
// tristore certify has flags instead.
const (
	engineVariable = "TRISTORE_ENGINE" // default postgres:16
	reachVariable  = "TRISTORE_REACH"  // default embedded
	boundsVariable = "TRISTORE_BOUNDS" // a saved run of tristore capacity; without it no boundary is looked at again
)

// GoTestOf is GoTestAt for claims about a saved run, on the engine that it is of.
func GoTestOf(t *testing.T, depth scenarios.Depth, declare func(*suites.Lane)) {
	path := variable(boundsVariable, "")
	if path == "" {
		t.Skipf("%s names no saved run of tristore capacity whose boundary could be looked at again", boundsVariable)
	}
	run, err := result.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	known, err := capacity.KnownOf(run)
	if err != nil {
		t.Fatal(err)
	}
	try(t, declare, suites.LanePlan{Depth: depth, Seed: known.Plan.Seed, Claims: []string{suites.Capacity}, Bounds: known,
		Head: road.Head{Engine: known.Plan.Engine, Reach: known.Plan.Reach, Why: "as the saved run", Images: known.Plan.Images}})
}

// GoTest runs the specs that declare adds, on one engine, and fails t unless every
// claim holds or is not applicable.
func GoTest(t *testing.T, declare func(*suites.Lane)) { GoTestAt(t, scenarios.Smoke, declare) }

// GoTestAt is GoTest for an area whose claims need a greater depth.
func GoTestAt(t *testing.T, depth scenarios.Depth, declare func(*suites.Lane)) {
	engine, err := drivers.ParseEngine(variable(engineVariable, "postgres:16"))
	if err != nil {
		t.Fatal(err)
	}
	reach, err := drivers.ParseReach(variable(reachVariable, string(drivers.Embedded)))
	if err != nil {
		t.Fatal(err)
	}
	reach, why, err := cluster.Choose(t.Context(), engine, reach, cluster.Images{})
	if err != nil {
		t.Fatal(err)
	}
	try(t, declare, suites.LanePlan{Depth: depth, Seed: 1, Head: road.Head{Engine: engine, Reach: reach, Why: why}})
}

// try runs the specs of a plan, in folders of the test.
func try(t *testing.T, declare func(*suites.Lane), plan suites.LanePlan) {
	plan.RunID, plan.Dir, plan.Cache = "gotest", t.TempDir(), programs.DefaultDir()
	plan.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	lane, err := suites.NewLane(plan, suites.Hooks{}, plan.Log)
	if err != nil {
		t.Fatal(err)
	}
	if err := suites.Run(context.Background(), lane, declare); err != nil {
		t.Fatal(err)
	}
	findings := lane.Findings()
	if len(findings) == 0 {
		t.Fatal("no claim was tried")
	}
	for _, finding := range findings {
		switch finding.Status {
		case result.Pass:
		case result.NotApplicable:
			t.Logf("%s: NOT_APPLICABLE: %s", finding.Claim, finding.Reason)
		default:
			t.Errorf("%s on %s: %s: %s", finding.Claim, finding.Engine, finding.Status, finding.Reason)
		}
	}
}

func variable(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
