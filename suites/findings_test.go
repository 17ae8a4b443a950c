package suites

import (
	"log/slog"
	"testing"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/road"
)

// A spec that never ended leaves no observation, and its claim is no pass for that.
func TestASpecThatNeverEndedIsNoPass(t *testing.T) {
	lane, err := NewLane(LanePlan{Head: road.Head{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Dir: t.TempDir()}, Depth: scenarios.Smoke, Claims: []string{"CONF-1", "UNIQ-1"}},
		Hooks{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	lane.specs = lane.Rows("") // as Specs declares them
	if finding := lane.Try(t.Context(), lane.specs[0]); finding.Claim != "CONF-1" || finding.Status != result.Pass {
		t.Fatalf("%+v", finding)
	}
	findings := lane.Findings()
	if len(findings) != 2 || findings[0].Status != result.Pass || findings[1].Claim != "UNIQ-1" || findings[1].Status != result.Inconclusive {
		t.Errorf("%+v", findings)
	}
}
