package main

import (
	"slices"
	"strings"
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
			got, run, _ := certified(t, "--engines", "postgres:16", "--reach", "embedded", "--fault", fault.Name, "--claims", reachedBy(fault))
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

// reachedBy are the areas and claims that a fault could reach. What is done to a copy happens
// after everything else was tried, and a recovery begins with a cluster of its own.
func reachedBy(fault faults.Fault) string {
	const copies = "BACKUP-1,BACKUP-2,BACKUP-3"
	if slices.ContainsFunc(fault.Claims, func(claim string) bool { return !strings.HasPrefix(claim, "BACKUP-") && claim != "PITR-1" }) {
		return "security,migrations,conformance," + copies
	}
	return copies + ",PITR-1"
}
