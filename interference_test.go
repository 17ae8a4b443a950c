package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tristore/reports/render"
	"tristore/reports/result"
)

// dosed is a saved dose test whose auth p95 is so many times slower at the full dose.
func dosed(times float64) *result.Run {
	facts := &result.Interference{Engine: "postgres:16", Reach: "embedded", Test: result.DoseTest, AuthRate: 100, CollectionsRate: 30, Cores: 2,
		Arms: []result.Arm{{Name: "0 %"}, {Name: "100 %", Dose: 1}}}
	for block := range 6 {
		for i, arm := range facts.Arms {
			auth := result.Measurement{Offered: 100, Counts: result.Counts{Due: 250, Committed: 250}, Latency: result.Histogram{Count: 250, P95: []float64{10, 10 * times}[i] + float64(block)/10}}
			w := result.ArmWindow{Block: block, Order: i, Arm: arm.Name, Auth: &auth}
			if arm.Dose > 0 {
				others := auth
				others.Offered = 30
				w.Collections = &others
			}
			facts.Windows = append(facts.Windows, w)
		}
	}
	return &result.Run{Schema: result.Schema, ID: "dose", Kind: kindInterference, Interference: facts}
}

// A saved test is answered again from its facts; what was not finished, or lost a block, is no pass.
func TestInterferenceIsJudgedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		run  *result.Run
		code int
		says string
	}{
		"rises":    {dosed(2), 0, "INTERFERENCE: auth p95 rises"},
		"flat":     {dosed(1), 0, "NO_INTERFERENCE"},
		"cut":      {func() *result.Run { r := dosed(2); r.Interference.Trouble = "the disk is full"; return r }(), 3, "not finished (the disk is full)"},
		"stopped":  {func() *result.Run { r := dosed(2); r.Interrupted = "stopped by a signal"; return r }(), 3, "stopped by a signal"},
		"a block":  {func() *result.Run { r := dosed(2); r.Interference.Windows = r.Interference.Windows[2:]; return r }(), 3, "5 blocks, and 6 are needed"},
		"no facts": {&result.Run{Schema: result.Schema, ID: "dose", Kind: kindInterference}, 3, "no two arms"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := render.Save(dir, test.run); err != nil {
				t.Fatal(err)
			}
			got := tristore(t, "judge", dir)
			if got.code != test.code || !strings.Contains(got.out, test.says) {
				t.Errorf("exit %d, wanted %d and %q\n%s", got.code, test.code, test.says, got.out)
			}
			page, err := os.ReadFile(filepath.Join(dir, render.HTMLName))
			if err != nil || test.run.Interference != nil && !strings.Contains(string(page), "The dose test") {
				t.Errorf("the page does not show the test: %v", err)
			}
		})
	}
}

func TestInterferenceBadInput(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"no test":         {nil, []string{"dose, growth or causes"}},
		"two tests":       {[]string{"dose", "growth"}, []string{"dose, growth or causes"}},
		"an unknown test": {[]string{"dosis"}, []string{`"dosis"`, "dose, growth or causes"}},
		"of MongoDB":      {[]string{"dose", "--engine", "mongo:7"}, []string{"PostgreSQL", "postgres:16"}},
		"of a stranger":   {[]string{"dose", "--reach", "external"}, []string{"embedded or container"}},
		"not prepared":    {[]string{"causes", "--prepared", "missing-indx"}, []string{"did you mean missing-index?"}},
		"prepared dose":   {[]string{"dose", "--prepared", "missing-index"}, []string{"causes"}},
		"no blocks":       {[]string{"dose", "--blocks", "0"}, []string{"blocks"}},
		"unknown depth":   {[]string{"dose", "--depth", "deep"}, []string{"smoke, nightly or release"}},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			args := append([]string{"interference", "--out", out, "--reach", "embedded"}, test.args...)
			if slices.Contains(test.args, "--reach") {
				args = append([]string{"interference", "--out", out}, test.args...)
			}
			mends(t, tristore(t, args...), out, test.says...)
		})
	}
}
