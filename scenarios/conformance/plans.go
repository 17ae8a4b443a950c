package conformance

import (
	"context"
	"fmt"
	"strings"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// Plans asks the server how it would run the statements of a request path: whether each
// uses an index and reads no table from end to end.
//
// Cases: one per hot statement, "index"; a sound check compares at least 12.
// Facts:
//   - stores = 3
//   - statements: hot statements asked about; at least 12
//   - full_scans = 0: statements that read a whole table
//   - without_index = 0: statements that use no index at all
//
// An engine whose explain command tells nothing about indexes cannot be asked; the
// probe says so.
func Plans(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	if on.Engine.Product == drivers.FerretDB {
		saw.Probe = on.Engine.Title() + " explains the plan of the database below it, which knows neither winningPlan nor IXSCAN, so that no use of an index can be seen"
		return
	}
	deployed, err := on.Deploy(ctx)
	if err != nil {
		saw.Stop(err)
		return
	}
	defer func() { saw.Stop(deployed.Close(context.WithoutCancel(ctx))) }()
	for _, fact := range []string{"stores", "statements", "full_scans", "without_index"} {
		saw.Set(fact, 0)
	}
	for _, name := range store.Names() {
		plans, err := deployment.HotPlans(ctx, deployed.Target(name), name)
		if err != nil {
			saw.Stop(err)
			return
		}
		saw.Add("stores", 1)
		for _, hot := range plans {
			saw.Add("statements", 1)
			got := served(hot.Plan)
			saw.Compare(fmt.Sprintf("%s on %s", hot.Operation, hot.Table), "index", got)
			if hot.Plan.FullScan {
				saw.Add("full_scans", 1)
			}
			if len(hot.Plan.Indexes) == 0 {
				saw.Add("without_index", 1)
			}
			if got != "index" {
				saw.See("%s on %s: %s", hot.Operation, hot.Table, strings.Join(strings.Fields(hot.Plan.Text), " "))
			}
		}
	}
}

// served tells in a word how a statement would be run.
func served(plan store.PlanInfo) string {
	switch {
	case plan.FullScan:
		return "full scan"
	case len(plan.Indexes) == 0:
		return "no index"
	default:
		return "index"
	}
}
