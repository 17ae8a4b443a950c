package conformance

import (
	"context"
	"testing"

	"tristore/drivers/deployment"
	"tristore/drivers/faults"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// TestPlansOnPostgres looks at sound stores, and at those whose damage PLAN-1 must see
// or must not.
func TestPlansOnPostgres(t *testing.T) {
	running := server(t)
	for fault, scans := range map[string]float64{"": 0, "email-index-dropped": 1, "page-unique-dropped": 1, "unique-index-dropped": 0} {
		t.Run("fault "+fault, func(t *testing.T) {
			host, err := deployment.Prepare(t.Context(), running, deployment.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := host.Close(context.Background()); err != nil {
					t.Error(err)
				}
			}()
			on := scenarios.Stage{Engine: running.Engine, Host: host, Seed: 1, Depth: scenarios.Smoke}
			if fault != "" {
				if on.Fault, err = faults.ByName(fault); err != nil {
					t.Fatal(err)
				}
				if err := on.Fault.AfterMigrate(t.Context(), host); err != nil {
					t.Fatal(err)
				}
			}
			var saw result.Observation
			Plans(t.Context(), on, &saw)
			if saw.Facts["full_scans"] != scans || saw.Facts["stores"] != 3 || saw.Facts["statements"] < 12 || saw.Trouble != "" {
				t.Errorf("facts %v, wanted %v full scans; trouble %q, witness %q", saw.Facts, scans, saw.Trouble, saw.Witness)
			}
		})
	}
}

func TestServedTellsAnIndexFromAScan(t *testing.T) {
	for name, test := range map[string]struct {
		plan store.PlanInfo
		want string
	}{
		"index":            {store.PlanInfo{Indexes: []string{"a"}}, "index"},
		"scan":             {store.PlanInfo{FullScan: true}, "full scan"},
		"index and a scan": {store.PlanInfo{Indexes: []string{"a"}, FullScan: true}, "full scan"},
		"neither":          {store.PlanInfo{}, "no index"},
	} {
		if got := served(test.plan); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
