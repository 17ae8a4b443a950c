package conformance

import (
	"context"
	"fmt"
	"strings"

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
// A stand-in whose explain command tells nothing about indexes cannot be asked; the
// probe is what it said.
func Plans(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
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
		if deployment.TellsNoPlan(err) && on.Engine.Support().StandIn {
			saw.Probe = "no use of an index can be seen on " + on.Engine.Title() + ": " + clipped(err.Error())
			return
		}
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

// clipped keeps a server's words to a readable length.
func clipped(text string) string {
	const most = 200
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + " …"
	}
	return text
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
