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
			args := append([]string{"--engines", "postgres:16", "--reach", "embedded", "--fault", fault.Name}, reachedBy(fault)...)
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

// reachedBy asks for the areas and claims that a fault could reach: what is done to a copy
// happens after everything else was tried, and who begins from a base backup is a cluster
// of its own.
func reachedBy(fault faults.Fault) []string {
	areas := map[string]string{"BACKUP": "BACKUP-1,BACKUP-2,BACKUP-3", "PITR": "PITR-1", "PAGE": "PAGE-1,PITR-1"}
	all := "security,migrations,conformance,BACKUP-1,BACKUP-2,BACKUP-3"
	area, _, _ := strings.Cut(fault.Claims[0], "-")
	same := !slices.ContainsFunc(fault.Claims, func(claim string) bool { return !strings.HasPrefix(claim, area+"-") })
	if copies, is := areas[area]; is && same {
		all = copies
	}
	if area == "PAGE" {
		return []string{"--claims", all, "--depth", "nightly"}
	}
	return []string{"--claims", all}
}
