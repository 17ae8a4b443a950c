package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tristore/scenarios/capacity"
)

// Words for remedies and costs that mean nothing are refused in one sentence.
func TestRemedyWords(t *testing.T) {
	t.Parallel()
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "costs.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const unit = costsHead + "\nunit,200,1,60,0\n"
	for words, args := range map[string][]string{
		"did you mean settings?":                  {"--remedies", "setings"},
		"settings is given twice":                 {"--remedies", "settings,settings"},
		"names none: give all":                    {"--remedies", ""},
		"--costs goes with --remedies":            {"--costs", "x"},
		"cannot be read":                          {"--remedies", "settings", "--costs", "/no/such/file"},
		"the first line must be remedy,":          {"--remedies", "settings", "--costs", file("a,b\n1,2\n")},
		"no CSV":                                  {"--remedies", "settings", "--costs", file(costsHead + "\nsettings,1\n")},
		"a row called unit must say":              {"--remedies", "settings", "--costs", file(costsHead + "\nsettings,1,1,1,0\n")},
		"each above 0":                            {"--remedies", "settings", "--costs", file(costsHead + "\nunit,200,0,60,0\nsettings,1,1,1,0\n")},
		"has no row for settings":                 {"--remedies", "settings", "--costs", file(unit + "memory,1,1,1,0\n")},
		"settings is given twice: keep":           {"--remedies", "settings", "--costs", file(unit + "settings,1,1,1,0\nsettings,1,1,1,0\n")},
		`"setting" is no remedy; did you mean`:    {"--remedies", "settings", "--costs", file(unit + "setting,1,1,1,0\n")},
		"costs nothing at all":                    {"--remedies", "settings", "--costs", file(unit + "settings,0,0,0,0\n")},
		`work_days of settings is a plain number`: {"--remedies", "settings", "--costs", file(unit + "settings,1,two,0,0\n")},
		"money_per_month of settings is":          {"--remedies", "settings", "--costs", file(unit + "settings,-1,1,0,0\n")},
		"below 1: it cannot be 1":                 {"--remedies", "settings", "--costs", file(unit + "settings,1,1,0,1\n")},
		"give at least":                           {"--remedies", "all", "--budget", "6m", "--reach", "embedded", "--cpus", "2"},
		"drop --out, --remedies":                  {"--simulated", "capacity=1,slo=20ms", "--remedies", "all"},
	} {
		refused(t, words, append([]string{"capacity", "--out", t.TempDir()}, args...)...)
	}
}

// The table that is shipped has a row for every remedy, each with a cost.
func TestShippedCosts(t *testing.T) {
	t.Parallel()
	costs, err := parseCosts(strings.NewReader(shippedCosts), capacity.Remedies())
	if err != nil || costs.Said != "" || len(costs.Of) != len(capacity.Remedies()) {
		t.Errorf("%v: %+v", err, costs)
	}
}

// A dry run shows what each remedy adds in windows and time, and which cannot be tried here.
func TestRemediesInADryRun(t *testing.T) {
	t.Parallel()
	got := tristore(t, "capacity", "--reach", "embedded", "--cpus", "2", "--auth-rate", "300", "--remedies", "settings,pool-caps", "--slo", "auth.p95=20ms", "--budget", "45m", "--dry-run", "--seed", "7", "--out", t.TempDir())
	for _, words := range []string{"remedy settings: make it, try the claims, load", "remedy settings: both boundaries in turns, about 90", "remedy pool-caps: both", "the best of them together, if two help", "--remedies settings,pool-caps"} {
		if got.code != 0 || !strings.Contains(strings.Join(strings.Fields(got.out), " "), words) {
			t.Errorf("exit %d, %q is wanted:\n%s%s", got.code, words, got.out, got.err)
		}
	}
}
