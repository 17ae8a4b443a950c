package judge

import (
	"fmt"
	"slices"

	"tristore/reports/result"
)

// Rules are the rules of the catalogue by claim id.
type Rules map[string]Rule

// Gate says whose findings decide the exit code.
type Gate string

// The gates: engines the platform supports, or stand-ins as well.
const (
	GateSupported Gate = "supported"
	GateAll       Gate = "all"
)

// Run judges a saved run again: findings for every claim on every engine, the
// verdict of each engine, and the verdict of the run. The run's facts are not touched.
func Run(run *result.Run, rules Rules, gate Gate) {
	run.Findings = findings(run, rules)
	for i := range run.Engines {
		run.Engines[i].Verdict = engineVerdict(run.Engines[i], run.Findings)
	}
	run.Verdict = runVerdict(run, rules, gate)
}

// place is one claim on one engine.
type place struct{ claim, engine string }

// findings gives one finding per claim of the run and engine; a claim nobody
// observed there is INCONCLUSIVE, and one that the catalogue no longer knows too. Of a
// claim observed twice the worse finding stays: a second try never covers a first. What
// was observed and is in no list is judged all the same, and does not pass: a file that
// lost a line of its lists must not lose a failure with it.
func findings(run *result.Run, rules Rules) []result.Finding {
	seen := map[place][]result.Observation{}
	for _, o := range run.Observations {
		at := place{o.Claim, o.Engine}
		seen[at] = append(seen[at], o)
	}
	var all []result.Finding
	judged := map[place]bool{}
	add := func(at place, trouble string, listed bool) {
		if judged[at] {
			return
		}
		judged[at] = true
		rule, known := rules[at.claim]
		finding := result.Finding{Claim: at.claim, Engine: at.engine}
		switch {
		case !known:
			finding.Reason = "this tristore has no rule for the claim"
		case len(seen[at]) == 0:
			finding.Reason = "not observed" + because(trouble, run.Interrupted)
		default:
			finding = worst(rule, seen[at])
		}
		if !listed && finding.Status != result.Fail {
			finding.Status, finding.Reason = result.Inconclusive, "observed, but the run does not list it"
		}
		all = append(all, finding)
	}
	for _, engine := range run.Engines {
		for _, claim := range run.Claims {
			add(place{claim.ID, engine.Engine}, engine.Trouble, true)
		}
	}
	for _, o := range run.Observations {
		add(place{o.Claim, o.Engine}, "", false)
	}
	return all
}

func worst(rule Rule, observed []result.Observation) result.Finding {
	gravity := []result.Status{result.Pass, result.NotApplicable, result.Inconclusive, result.Invalid, result.Fail}
	finding := rule.Judge(observed[0])
	for _, o := range observed[1:] {
		if other := rule.Judge(o); slices.Index(gravity, other.Status) > slices.Index(gravity, finding.Status) {
			finding = other
		}
	}
	return finding
}

func because(reasons ...string) string {
	for _, reason := range reasons {
		if reason != "" {
			return ": " + reason
		}
	}
	return ": the run did not reach it"
}

func engineVerdict(engine result.Engine, all []result.Finding) result.Verdict {
	tally := map[result.Status]int{}
	for _, f := range all {
		if f.Engine == engine.Engine {
			tally[f.Status]++
		}
	}
	return weigh(engine.Title, tally, engine.Trouble)
}

// weigh: any FAIL fails; otherwise anything undecided is inconclusive; a pass needs a pass.
func weigh(what string, tally map[result.Status]int, trouble string) result.Verdict {
	counts := fmt.Sprintf("%d passed, %d failed, %d inconclusive, %d invalid, %d not applicable",
		tally[result.Pass], tally[result.Fail], tally[result.Inconclusive], tally[result.Invalid], tally[result.NotApplicable])
	findings := 0
	for _, n := range tally {
		findings += n
	}
	undecided := findings - tally[result.Pass] - tally[result.Fail] - tally[result.NotApplicable]
	switch {
	case tally[result.Fail] > 0:
		return result.Verdict{Status: result.Fail, Sentence: what + " broke a promise: " + counts}
	case trouble != "":
		return result.Verdict{Sentence: what + " was not finished (" + trouble + "): " + counts}
	case undecided > 0 || tally[result.Pass] == 0:
		return result.Verdict{Sentence: what + " could not be decided: " + counts}
	default:
		return result.Verdict{Status: result.Pass, Sentence: what + " kept every promise that was tried: " + counts}
	}
}
