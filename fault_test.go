package main

import (
	"slices"
	"testing"

	"tristore/drivers/faults"
	"tristore/reports/result"
)

// Each deliberate damage makes exactly the claims that it names FAIL, with exit code 1,
// and every other claim still passes: a check can fail, and only the right one does.
func TestEveryFaultFailsItsClaims(t *testing.T) {
	for _, fault := range faults.All() {
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			args := []string{"--engines", "postgres:16", "--reach", "embedded", "--fault", fault.Name, "--claims", "security,migrations,conformance,backup"}
			if slices.Contains(fault.Claims, "PAGE-1") { // no smoke run looks at pages
				args = append(args, "--depth", "nightly")
			}
			got, run, _ := certified(t, args...)
			if got.code != 1 {
				t.Errorf("exit %d, wanted 1\n%s\n%s", got.code, got.out, got.err)
			}
			failed, wanted := statuses(run, result.Fail), slices.Clone(fault.Claims)
			slices.Sort(failed)
			slices.Sort(wanted)
			if !slices.Equal(failed, wanted) {
				t.Errorf("failed %v, wanted %v", failed, wanted)
			}
			for _, finding := range run.Findings {
				if finding.Status != result.Pass && finding.Status != result.Fail {
					t.Errorf("%s: %s: %s", finding.Claim, finding.Status, finding.Reason)
				}
			}
		})
	}
}
