package judge

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"tristore/reports/result"
)

func rules() Rules { return Rules{"X-1": exemplar()} }

// tried is a run of one claim on the engines, with the observation changed per engine.
func tried(changes map[string]func(*result.Observation), engines ...string) *result.Run {
	run := &result.Run{Schema: result.Schema, Claims: []result.Claim{{ID: "X-1"}}}
	for _, name := range engines {
		run.Engines = append(run.Engines, result.Engine{Engine: name, Title: "Title of " + name, StandIn: strings.HasPrefix(name, "ferretdb")})
		o := sound()
		o.Engine = name
		change, is := changes[name]
		if is && change == nil {
			continue // never observed
		}
		if is {
			change(&o)
		}
		run.Observations = append(run.Observations, o)
	}
	return run
}

func TestVerdictOfARun(t *testing.T) {
	type changes = map[string]func(*result.Observation)
	fail, thin := set("lost", 1), set("tries", 1)
	probe := func(o *result.Observation) { o.Probe = "no" }
	const a, b, stand, mongo = "postgres:12", "postgres:16", "ferretdb:1", "mongo:7"
	for _, c := range []struct {
		name        string
		run         *result.Run
		gate        Gate
		interrupted string
		want        result.Status
		code        int
		says        string
	}{
		{"all pass", tried(nil, a, b), GateSupported, "", result.Pass, 0, "PASS: certified on Title of postgres:12, Title of postgres:16; MongoDB: not certified here"},
		{"one fails", tried(changes{b: fail}, a, b), GateSupported, "", result.Fail, 1, "FAIL: Title of postgres:16 broke X-1; judged on Title of postgres:12, Title of postgres:16; MongoDB: not certified here"},
		{"one undecided", tried(changes{a: thin}, a, b), GateSupported, "", result.Inconclusive, 3, "INCONCLUSIVE: Title of postgres:12 could not be decided; judged on"},
		{"invalid is no pass", tried(changes{a: set("clock_steps", 1)}, a), GateSupported, "", result.Inconclusive, 3, "could not be decided"},
		{"fail outweighs undecided", tried(changes{a: thin, b: fail}, a, b), GateSupported, "", result.Fail, 1, "FAIL: Title of postgres:16 broke X-1"},
		{"not observed", tried(changes{a: nil}, a, b), GateSupported, "", result.Inconclusive, 3, "could not be decided"},
		{"nothing but not applicable", tried(changes{a: probe}, a), GateSupported, "", result.Inconclusive, 3, "could not be decided"},
		{"not applicable beside a pass elsewhere", tried(changes{a: probe}, a, b), GateSupported, "", result.Inconclusive, 3, "Title of postgres:12 could not be decided"},

		{"stand-in fails", tried(changes{stand: fail}, a, stand), GateSupported, "", result.Pass, 0, "MongoDB: not certified here; stand-ins, printed and not gating: Title of ferretdb:1 FAIL"},
		{"stand-in gates when asked", tried(changes{stand: fail}, a, stand), GateAll, "", result.Fail, 1, "FAIL: Title of ferretdb:1 broke X-1"},
		{"only a stand-in", tried(nil, stand), GateSupported, "", result.Inconclusive, 3, "INCONCLUSIVE: no engine that the platform supports was judged; MongoDB: not certified here"},
		{"only a stand-in, gating", tried(nil, stand), GateAll, "", result.Pass, 0, "MongoDB: not certified here"},
		{"none ran", &result.Run{}, GateSupported, "", result.Inconclusive, 3, "no engine that the platform supports was judged"},

		{"interrupted", tried(nil, a), GateSupported, "stopped by a signal", result.Inconclusive, 3, "INCONCLUSIVE: not finished; judged on Title of postgres:12; the run was interrupted: stopped by a signal"},
		{"interrupted after a failure", tried(changes{a: fail}, a), GateSupported, "stopped by a signal", result.Fail, 1, "the run was interrupted: stopped by a signal"},
	} {
		c.run.Interrupted = c.interrupted
		Run(c.run, rules(), c.gate)
		got := c.run.Verdict
		if got.Status != c.want || got.ExitCode() != c.code || !strings.Contains(got.Sentence, c.says) {
			t.Errorf("%s: %s, exit %d, %q; wanted %s, exit %d, %q", c.name, got.Status, got.ExitCode(), got.Sentence, c.want, c.code, c.says)
		}
	}
	ways := changes{"decided": func(*result.Observation) {}, "failed": fail}
	for name, change := range ways {
		run := tried(changes{mongo: change}, mongo)
		if Run(run, rules(), GateSupported); strings.Contains(run.Verdict.Sentence, "not certified here") {
			t.Errorf("a %s MongoDB is said not to have run: %s", name, run.Verdict.Sentence)
		}
	}
	run := tried(changes{mongo: nil}, a, mongo)
	if Run(run, rules(), GateSupported); !strings.Contains(run.Verdict.Sentence, "MongoDB: not certified here") {
		t.Errorf("a MongoDB that was not observed: %s", run.Verdict.Sentence)
	}
}

func TestVerdictOfAnEngine(t *testing.T) {
	for _, c := range []struct {
		name, trouble string
		change        func(*result.Observation)
		want          result.Status
		says          string
	}{
		{"passed", "", func(*result.Observation) {}, result.Pass, "kept every promise that was tried: 1 passed, 0 failed, 0 inconclusive, 0 invalid, 0 not applicable"},
		{"failed", "", set("lost", 1), result.Fail, "broke a promise: 0 passed, 1 failed"},
		{"thin", "", set("tries", 1), result.Inconclusive, "could not be decided"},
		{"passed, then lane lost", "killed", func(*result.Observation) {}, result.Inconclusive, "was not finished (killed)"},
		{"failed, then lane lost", "killed", set("lost", 1), result.Fail, "broke a promise"},
	} {
		run := tried(map[string]func(*result.Observation){"postgres:16": c.change}, "postgres:16")
		run.Engines[0].Trouble = c.trouble
		Run(run, rules(), GateSupported)
		if got := run.Engines[0].Verdict; got.Status != c.want || !strings.Contains(got.Sentence, c.says) {
			t.Errorf("%s: %s %q", c.name, got.Status, got.Sentence)
		}
	}
}

func TestClaimsWithoutRuleOrObservation(t *testing.T) {
	run := tried(map[string]func(*result.Observation){"postgres:12": nil}, "postgres:12", "postgres:16")
	run.Claims = append(run.Claims, result.Claim{ID: "OLD-1"})
	run.Engines[0].Trouble = "the server never answered"
	Run(run, rules(), GateSupported)
	want := []struct {
		status result.Status
		reason string
	}{
		{result.Inconclusive, "not observed: the server never answered"}, {result.Inconclusive, "this tristore has no rule for the claim"},
		{result.Pass, ""}, {result.Inconclusive, "this tristore has no rule for the claim"},
	}
	for i, f := range run.Findings {
		if f.Status != want[i].status || f.Reason != want[i].reason {
			t.Errorf("%s on %s: %s %q", f.Claim, f.Engine, f.Status, f.Reason)
		}
	}
	if len(run.Findings) != len(want) {
		t.Errorf("%d findings, one per claim and engine wanted: %d", len(run.Findings), len(want))
	}
}

// What a file lost of its lists takes no failure with it, and what it has twice makes no
// certificate.
func TestListsThatDoNotFitTheFacts(t *testing.T) {
	const a, b = "postgres:12", "postgres:16"
	two := func() Rules { return Rules{"X-1": exemplar(), "Y-1": exemplar()} }
	failsOnB := map[string]func(*result.Observation){b: set("lost", 1)}
	for name, c := range map[string]struct {
		run    *result.Run
		change func(*result.Run)
		rules  Rules
		want   result.Status
		says   string
	}{
		"a failing engine is not listed":  {tried(failsOnB, a, b), func(r *result.Run) { r.Engines = r.Engines[:1] }, rules(), result.Fail, "postgres:16 broke X-1"},
		"a passing engine is not listed":  {tried(nil, a, b), func(r *result.Run) { r.Engines = r.Engines[:1] }, rules(), result.Inconclusive, "postgres:16 could not be decided"},
		"a failing claim is not listed":   {tried(failsOnB, a, b), func(r *result.Run) { r.Claims = []result.Claim{{ID: "Y-1"}} }, two(), result.Fail, "Title of postgres:16 broke X-1"},
		"no claim is listed":              {tried(nil, a), func(r *result.Run) { r.Claims = nil }, rules(), result.Inconclusive, "could not be decided"},
		"a claim twice, another left out": {tried(nil, a), func(r *result.Run) { r.Claims = append(r.Claims, r.Claims[0]) }, two(), result.Pass, "1 of the catalogue's 2 claims were left out"},
		"an engine listed twice":          {tried(failsOnB, b), func(r *result.Run) { r.Engines = append(r.Engines, r.Engines[0]) }, rules(), result.Fail, "broke X-1"},
		"an observation of no known claim": {tried(nil, a), func(r *result.Run) {
			r.Observations = append(r.Observations, result.Observation{Claim: "Z-9", Engine: a})
		}, rules(), result.Inconclusive, "could not be decided"},
	} {
		c.change(c.run)
		Run(c.run, c.rules, GateSupported)
		if got := c.run.Verdict; got.Status != c.want || !strings.Contains(got.Sentence, c.says) || strings.Contains(got.Sentence, "PASS: certified") {
			t.Errorf("%s: %s, wanted %s, %q", name, got.Sentence, c.want, c.says)
		}
		at := map[place]bool{}
		for _, f := range c.run.Findings {
			if at[place{f.Claim, f.Engine}] {
				t.Errorf("%s: two findings of %s on %s", name, f.Claim, f.Engine)
			}
			at[place{f.Claim, f.Engine}] = true
		}
	}
}

// A run on stores that were damaged on purpose certifies nothing, also when no claim saw it.
func TestADamagedStoreIsNeverCertified(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*result.Observation)
		want   result.Status
		says   string
	}{
		"unseen": {func(*result.Observation) {}, result.Inconclusive, "INCONCLUSIVE: no claim that was tried saw fault share-unguarded"},
		"seen":   {set("lost", 1), result.Fail, "FAIL: Title of postgres:16 broke X-1"},
	} {
		run := tried(map[string]func(*result.Observation){"postgres:16": c.change}, "postgres:16")
		run.Fault = "share-unguarded"
		Run(run, rules(), GateSupported)
		if got := run.Verdict; got.Status != c.want || !strings.HasPrefix(got.Sentence, c.says) || !strings.Contains(got.Sentence, "fault share-unguarded was injected on purpose") {
			t.Errorf("%s: %s", name, got.Sentence)
		}
	}
}

// A status that is none of ours decides nothing.
func TestAStatusOfNoMeaningIsUndecided(t *testing.T) {
	if got := weigh("it", map[result.Status]int{result.Pass: 3, result.Status(99): 1}, ""); got.Status != result.Inconclusive {
		t.Errorf("%s", got.Sentence)
	}
}

func TestASecondTryNeverCoversAFirst(t *testing.T) {
	for _, order := range [][]float64{{0, 1}, {1, 0}} {
		run := tried(nil, "postgres:16")
		again := sound()
		run.Observations[0].Facts["lost"], again.Facts["lost"] = order[0], order[1]
		run.Observations = append(run.Observations, again)
		if Run(run, rules(), GateSupported); run.Verdict.Status != result.Fail || len(run.Findings) != 1 {
			t.Errorf("%v: %s", order, run.Verdict.Sentence)
		}
	}
}

func TestJudgingAgainGivesTheSameAndLeavesTheFacts(t *testing.T) {
	run := tried(map[string]func(*result.Observation){"postgres:12": set("lost", 1)}, "postgres:12", "postgres:16", "ferretdb:1")
	facts, _ := json.Marshal(run.Observations)
	Run(run, rules(), GateSupported)
	findings, verdict := run.Findings, run.Verdict
	Run(run, rules(), GateSupported)
	if !reflect.DeepEqual(findings, run.Findings) || verdict != run.Verdict {
		t.Error("judged twice, two answers")
	}
	if after, _ := json.Marshal(run.Observations); string(facts) != string(after) {
		t.Error("judging changed the facts")
	}
}

// TestSavedRuns judges files as the judge command does; each folder below testdata
// breaks one criterion, and the first breaks none.
func TestSavedRuns(t *testing.T) {
	for name, want := range map[string]result.Status{
		"passes": result.Pass, "promise-broken": result.Fail, "case-broken": result.Fail, "assumption-broken": result.Invalid,
		"below-the-floor": result.Inconclusive, "fact-missing": result.Inconclusive, "too-few-cases": result.Inconclusive,
		"trouble": result.Inconclusive, "probed": result.NotApplicable,
	} {
		run, err := result.Read("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		Run(run, rules(), GateSupported)
		if len(run.Findings) != 1 || run.Findings[0].Status != want {
			t.Errorf("%s: %+v, wanted %s", name, run.Findings, want)
		}
	}
}
