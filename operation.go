package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tristore/reports/result"
	"tristore/scenarios/judge"
	"tristore/scenarios/road"
	"tristore/suites"
)

// operation is a kind of run that is one piece of work, such as the restore of a dump. Its
// claims are no rows of the catalogue, and its verdict speaks of what was worked on where
// judge.Run speaks of an engine.
type operation struct {
	kind string
	rows []suites.Row
	// kept says what a PASS means; findings are by claim.
	kept func(run *result.Run, findings map[string]result.Finding) string
	// broken begins what a FAIL says.
	broken string
	// derived are observations that follow from the run's other facts; nil is none.
	derived func(run *result.Run) []result.Observation
	// engines is how many columns the run must have; nil is one.
	engines func(run *result.Run) int
}

// operationOf finds the operation of a run by its kind.
func operationOf(run *result.Run) (operation, bool) {
	for _, o := range []operation{restoring(), importing(), drilling(run.Drill), upgrading(), failingOver()} {
		if o.kind == run.Kind {
			return o, true
		}
	}
	return operation{}, false
}

func (o operation) claims() (all []result.Claim) {
	for _, row := range o.rows {
		all = append(all, row.Claim)
	}
	return all
}

// leave ends the child's half: the facts are saved with the claims that they are about.
func (o operation) leave(dir string, facts *result.Run, came error) error {
	facts.Claims = o.claims()
	return leave(dir, facts, came)
}

// gather adds a lane's facts to the run; where it left none, the claims stand there
// unobserved, on the engine that was asked for.
func (o operation) gather(on EnginePlan) func(*result.Run, *laneProcess, error) {
	return func(run *result.Run, lane *laneProcess, end error) {
		facts, err := result.Read(lane.dir)
		if err != nil || len(facts.Engines) == 0 {
			facts = road.Head{Engine: on.Engine, Reach: on.Reach, Why: on.Why}.Facts()
			facts.Claims, facts.Engines[0].Trouble = o.claims(), "it left no facts"
		}
		if end != nil && !slices.ContainsFunc(facts.Engines, func(e result.Engine) bool { return e.Trouble != "" }) {
			facts.Engines[0].Trouble = end.Error()
		}
		run.Engines, run.Claims, run.Observations, run.Steps, run.Measurements = facts.Engines, facts.Claims, facts.Observations, facts.Steps, facts.Measurements
		run.Environment.Asked, run.Environment.InForce = facts.Environment.Asked, facts.Environment.InForce
		if facts.Drill != nil {
			run.Drill = facts.Drill
		}
		_ = os.Remove(filepath.Join(lane.dir, result.FileName)) // merged
	}
}

// judge gives findings and verdict. A run that lost a claim or its engine says nothing of
// what was worked on. The engine is the one that was asked for by name, so it decides,
// stand-in or not.
func (o operation) judge(run *result.Run) {
	whole := *run // the facts stay as they were saved
	if o.derived != nil {
		whole.Observations = slices.Concat(run.Observations, o.derived(run))
	}
	judge.Run(&whole, suites.RulesOf(o.rows), judge.GateAll)
	run.Findings, run.Engines, run.Verdict = whole.Findings, whole.Engines, whole.Verdict
	findings := map[string]result.Finding{}
	for _, f := range run.Findings {
		findings[f.Claim] = f
	}
	wanted := 1
	if o.engines != nil {
		wanted = o.engines(run)
	}
	broken, open := o.undone(run, wanted)
	if run.Verdict.Status == result.Pass && (len(open)+len(broken) > 0 || len(run.Engines) != wanted) {
		run.Verdict.Status = result.Inconclusive
	}
	switch {
	case run.Verdict.Status == result.Fail:
		run.Verdict.Sentence = "FAIL: " + o.broken + ": " + strings.Join(broken, "; ")
	case run.Verdict.Status == result.Pass:
		run.Verdict.Sentence = "PASS: " + o.kept(run, findings)
	case run.Interrupted != "":
		run.Verdict.Sentence = "INCONCLUSIVE: not finished: " + run.Interrupted
	case len(run.Engines) == 1 && run.Engines[0].Trouble != "":
		run.Verdict.Sentence = "INCONCLUSIVE: not finished: " + run.Engines[0].Trouble
	case len(open) == 0 && run.Fault != "":
		run.Verdict.Sentence = "INCONCLUSIVE: no claim that was tried saw fault " + run.Fault
	case len(open) == 0 && len(run.Findings) > 0: // nothing could be asked
		run.Verdict.Sentence = "INCONCLUSIVE: " + run.Findings[0].Reason
	default:
		run.Verdict.Sentence = "INCONCLUSIVE: " + strings.Join(open, "; ")
	}
}

// undone lists the findings that are a FAIL and those that are open, row by row; a row
// without a finding for each column is open.
func (o operation) undone(run *result.Run, wanted int) (broken, open []string) {
	for _, row := range o.rows {
		there := 0
		for _, f := range run.Findings {
			if f.Claim != row.ID {
				continue
			}
			there++
			said := f.Claim + ", " + f.Reason
			if wanted > 1 {
				said = f.Claim + " of " + f.Engine + ", " + f.Reason
			}
			switch f.Status {
			case result.Pass, result.NotApplicable:
			case result.Fail:
				broken = append(broken, said)
			default:
				open = append(open, said)
			}
		}
		if there < wanted {
			open = append(open, row.ID+", which was not tried everywhere")
		}
	}
	return broken, open
}
