package campaign

import (
	"context"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/scenarios/auth"
	"tristore/scenarios/dataset"
	"tristore/scenarios/road"
)

// A data set that is kept is there at the second start, whole, and what a load leaves in
// one deployment is not in the next.
func TestAKeptDataSetIsLoadedOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	plan := For(postgres(), auth.Name)
	plan.Reach, plan.Seed, plan.Cache, plan.RunID, plan.Keep = drivers.Embedded, 4713, programs.DefaultDir(), "campaign-test", true
	plan.Identity = dataset.Small()
	for start := range 2 {
		var told []string
		plan.Dir, plan.Tell = t.TempDir(), func(p road.Progress) { told = append(told, p.Current) }
		started, err := plan.start(t.Context(), cluster.External{})
		if err != nil {
			t.Fatal(err)
		}
		deployed, err := started.Host.Deploy(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plan.fill(t.Context(), deployed); err != nil {
			t.Fatal(err)
		}
		found, err := dataset.NewVerification(plan.set(), deployed, 1).Run(t.Context())
		if err != nil || !found.OK() {
			t.Errorf("start %d: %v, %+v", start, err, found)
		}
		if loaded := strings.Contains(strings.Join(told, "\n"), "loading"); loaded && start > 0 {
			t.Errorf("the second start loaded again: %q", told)
		}
		// What a load does must not reach the kept folder.
		if outcome := deployed.Permissions.DeleteWorkspace(t.Context(), plan.identity().WorkspaceID(0)); !outcome.OK() {
			t.Error(outcome.Detail())
		}
		for _, end := range []func(context.Context) error{deployed.Close, started.Close} {
			if err := end(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}
