package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"tristore/reports/result"
	"tristore/suites"
)

// Whoever decides by a report looks up there what a claim says: each stands in the README.
func TestReadmeHasEveryClaim(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	own := &result.Drill{Own: &result.DrillOwn{}}
	for _, row := range slices.Concat(suites.Catalogue(), suites.Bounds(nil), suites.Beside(), suites.Drills(own)) {
		if !strings.Contains(string(text), "\n| `"+row.ID+"` | ") {
			t.Errorf("%s is not in the README's tables of claims", row.ID)
		}
	}
}
