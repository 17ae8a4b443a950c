package terminal

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tristore/reports/result"
)

func TestTable(t *testing.T) {
	run := &result.Run{
		Seed: 7, Command: "tristore certify --seed 7", Verdict: result.Verdict{Status: result.Fail, Sentence: "FAIL: PostgreSQL 16 broke A"},
		Engines: []result.Engine{{Engine: "postgres:16", Title: "PostgreSQL 16", Verdict: result.Verdict{Status: result.Fail}, Warning: "old"},
			{Engine: "ferretdb:1", Title: "FerretDB 1", StandIn: true}},
		NotRun: []result.NotRun{{What: "MongoDB 7", Why: "no image"}},
		Findings: []result.Finding{{Claim: "A", Engine: "postgres:16", Status: result.Fail, Reason: "two\nwinners\x1b[2J"},
			{Claim: "B", Engine: "postgres:16", Status: result.Pass}, {Claim: "A", Engine: "ferretdb:1", Status: result.Invalid, Reason: "clock"}},
		Split: &result.Split{},
	}
	var to strings.Builder
	if err := Table(&to, run, "reports/out/x"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"engine                 pass  FAIL  inconclusive  invalid  n/a  verdict\n",
		"PostgreSQL 16             1     1             0        0    0  FAIL\n",
		"FerretDB 1 (stand-in)     0     0             0        1    0  INCONCLUSIVE\n",
		"Failed: A on postgres:16: two winners[2J\n", "Undecided: A on ferretdb:1: clock\n",
		"Not run: MongoDB 7: no image\n", "Warning: old\n", "One cluster or two: INCONCLUSIVE.",
		"\nFAIL: PostgreSQL 16 broke A\n\nreport  reports/out/x/report.html\nseed    7\nrepeat  tristore certify --seed 7\n",
	} {
		if !strings.Contains(to.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, to.String())
		}
	}
}

func TestTableIsBoundedAndSaysWhatItLeftOut(t *testing.T) {
	run := &result.Run{}
	for i := range 100 {
		run.Findings = append(run.Findings, result.Finding{Claim: fmt.Sprint("C-", i), Engine: "e"})
	}
	var to strings.Builder
	if err := Table(&to, run, ""); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(to.String(), "\n"); lines > 25 || !strings.Contains(to.String(), "and 88 more in the report") {
		t.Errorf("%d lines:\n%s", lines, to.String())
	}
	if !strings.Contains(to.String(), "this run has not been judged") {
		t.Error("a run without a verdict does not say so")
	}
}

func TestTableReturnsTheWritersError(t *testing.T) {
	if err := Table(broken{}, &result.Run{}, ""); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

type broken struct{}

var errBroken = errors.New("broken pipe")

func (broken) Write([]byte) (int, error) { return 0, errBroken }
