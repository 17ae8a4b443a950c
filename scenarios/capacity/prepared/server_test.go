package prepared

import (
	"flag"
	"runtime"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/reports/known"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity"
)

// everyOne tries those as well that load much data, or that want an idle machine.
var everyOne = flag.Bool("every", false, "make every prepared deployment, not only those that show on a busy machine as well")

// alwaysTried is how many of the first are tried without it.
const alwaysTried = 3

// glance makes a deployment on a real server and looks at its statistics.
func glance(t *testing.T, d Deployment) *result.Split {
	t.Helper()
	plan := capacity.For(scenarios.Smoke, drivers.Engine{Product: drivers.Postgres, Major: 16}, drivers.Embedded)
	plan.RunID, plan.Seed, plan.Dir, plan.Cache, plan.CPUs = "prepared-test", 11, t.TempDir(), programs.DefaultDir(), 2
	if err := d.Into(&plan); err != nil {
		t.Fatal(err)
	}
	plan.Search, plan.Window = nil, time.Second
	split, err := capacity.Glance(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	return split
}

// Each bottleneck is really there, as the server's own statistics say; and on the idle
// deployment none of the others is.
func TestEachBottleneckIsThere(t *testing.T) {
	if testing.Short() || runtime.NumCPU() < 2 {
		t.Skip("needs servers and two cores")
	}
	quiet := glance(t, idle())
	for at, d := range All() {
		t.Run(d.Name, func(t *testing.T) {
			if at >= alwaysTried && !*everyOne {
				t.Skip("it loads much data, or says little on a busy machine: go test ./scenarios/capacity/prepared -every")
			}
			split := quiet
			if d.Name != "idle" {
				split = glance(t, d)
			}
			if missing := known.Missing(split); missing != "" {
				t.Errorf("%s\nalone %v\nbeside %v", missing, split.Windows[0].Seen, split.Windows[1].Seen)
			}
			for _, w := range split.Windows {
				if w.Auth == nil || w.Auth.Counts.Committed == 0 {
					t.Errorf("%s: no auth request was served: %+v", w.Cell, w.Auth)
				}
			}
			other := *quiet
			other.Prepared = split.Prepared
			if d.Name != "idle" && known.Missing(&other) == "" {
				t.Error("the idle deployment shows it too")
			}
		})
	}
}

// The names are unique, each says how it was made and how that shows, and one that its
// engine cannot make is refused.
func TestNames(t *testing.T) {
	met := map[string]bool{}
	for _, d := range All() {
		if met[d.Name] || d.Made == "" || len(d.Proof) == 0 || d.Verdict == "" {
			t.Errorf("%+v", d.Prepared)
		}
		met[d.Name] = true
		plan := capacity.For(scenarios.Smoke, drivers.Engine{Product: drivers.Postgres, Major: d.Since - 1}, drivers.Embedded)
		if err := d.Into(&plan); d.Since > 0 && err == nil {
			t.Errorf("%s is made on %s", d.Name, plan.Engine)
		}
	}
}
