package judge

import (
	"strings"
	"testing"

	"tristore/reports/result"
)

// A run of one claim certifies that claim, and says that the rest was left out.
func TestAPartOfTheCatalogueIsNoCertificate(t *testing.T) {
	rule := Rule{MinCases: 1}
	rules := Rules{"A-1": rule, "B-1": rule}
	saw := result.Observation{Claim: "A-1", Engine: "postgres:16"}
	saw.Compare("case", 1, 1)
	run := &result.Run{
		Engines: []result.Engine{{Engine: "postgres:16", Title: "PostgreSQL 16"}}, Claims: []result.Claim{{ID: "A-1"}},
		Observations: []result.Observation{saw},
	}
	Run(run, rules, GateSupported)
	if run.Verdict.Status != result.Pass || strings.Contains(run.Verdict.Sentence, "PASS: certified") || !strings.Contains(run.Verdict.Sentence, "1 of the catalogue's 2 claims were left out") {
		t.Errorf("half of the catalogue: %v", run.Verdict)
	}
	delete(rules, "B-1")
	Run(run, rules, GateSupported)
	if !strings.HasPrefix(run.Verdict.Sentence, "PASS: certified on PostgreSQL 16") {
		t.Errorf("all of the catalogue: %v", run.Verdict)
	}
}
