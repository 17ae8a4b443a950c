package judge

import (
	"fmt"
	"strings"

	"tristore/reports/result"
)

// runVerdict weighs the engines that gate. Stand-ins are named, never counted,
// unless gate says so; the sentence always says whether a MongoDB ran, and a run of
// fewer claims than the catalogue has certifies nothing but those. A run on stores that
// were damaged on purpose never passes: either a claim saw the damage, or none did.
func runVerdict(run *result.Run, rules Rules, gate Gate) result.Verdict {
	worst := result.Pass
	var gated []result.Engine
	var standIns []string
	for _, engine := range run.Engines {
		if engine.StandIn && gate != GateAll {
			standIns = append(standIns, engine.Title+" "+engine.Verdict.Status.String())
			continue
		}
		gated = append(gated, engine)
	}
	gated = append(gated, unlisted(run)...)
	for _, engine := range gated {
		worst = worse(worst, engine.Verdict.Status)
	}
	if len(gated) == 0 || (run.Interrupted != "" || run.Fault != "") && worst == result.Pass {
		worst = result.Inconclusive
	}
	left := leftOut(run, rules)
	said := []string{worst.String() + ": " + blame(run, left, worst, gated)}
	if worst != result.Pass && len(gated) > 0 {
		said = append(said, "judged on "+titles(gated))
	}
	if run.Interrupted != "" {
		said = append(said, "the run was interrupted: "+run.Interrupted)
	}
	if run.Fault != "" {
		said = append(said, "fault "+run.Fault+" was injected on purpose, so this run certifies nothing")
	}
	if left > 0 {
		said = append(said, fmt.Sprintf("%d of the catalogue's %d claims were left out", left, len(rules)))
	}
	if !ranMongoDB(run) {
		said = append(said, "MongoDB: not certified here")
	}
	if len(standIns) > 0 {
		said = append(said, "stand-ins, printed and not gating: "+strings.Join(standIns, ", "))
	}
	return result.Verdict{Status: worst, Sentence: strings.Join(said, "; ")}
}

// unlisted are engines that only observations name. Nobody knows whether they gate, so
// they do, and they do not pass.
func unlisted(run *result.Run) []result.Engine {
	var all []result.Engine
	known := map[string]bool{}
	for _, engine := range run.Engines {
		known[engine.Engine] = true
	}
	for _, o := range run.Observations {
		if known[o.Engine] {
			continue
		}
		known[o.Engine] = true
		engine := result.Engine{Engine: o.Engine, Title: o.Engine, Trouble: "the run does not list it"}
		engine.Verdict = engineVerdict(engine, run.Findings)
		all = append(all, engine)
	}
	return all
}

// leftOut counts the catalogue's claims that the run was not about.
func leftOut(run *result.Run, rules Rules) int {
	asked := map[string]bool{}
	for _, claim := range run.Claims {
		asked[claim.ID] = true
	}
	left := 0
	for id := range rules {
		if !asked[id] {
			left++
		}
	}
	return left
}

// worse keeps FAIL over INCONCLUSIVE over PASS; whatever else is undecided.
func worse(a, b result.Status) result.Status {
	if a == result.Fail || b == result.Fail {
		return result.Fail
	}
	if a == result.Pass && b == result.Pass {
		return result.Pass
	}
	return result.Inconclusive
}

// blame is the first clause: what was certified, who broke what, or who stayed undecided.
func blame(run *result.Run, left int, status result.Status, gated []result.Engine) string {
	var guilty []result.Engine
	var broke []string
	for _, engine := range gated {
		if engine.Verdict.Status == status {
			guilty = append(guilty, engine)
			broke = append(broke, engine.Title+" broke "+strings.Join(failed(run, engine), " and "))
		}
	}
	switch {
	case len(gated) == 0:
		return "no engine that the platform supports was judged"
	case status == result.Pass:
		if left > 0 {
			return fmt.Sprintf("the %d claims asked for hold on %s", len(run.Claims), titles(gated))
		}
		return "certified on " + titles(gated)
	case status == result.Fail:
		return strings.Join(broke, ", ")
	case len(guilty) == 0 && run.Interrupted == "":
		return "no claim that was tried saw fault " + run.Fault
	case len(guilty) == 0:
		return "not finished"
	default:
		return titles(guilty) + " could not be decided"
	}
}

func failed(run *result.Run, engine result.Engine) []string {
	var claims []string
	for _, f := range run.Findings {
		if f.Engine == engine.Engine && f.Status == result.Fail {
			claims = append(claims, f.Claim)
		}
	}
	return claims
}

func titles(engines []result.Engine) string {
	var all []string
	for _, engine := range engines {
		all = append(all, engine.Title)
	}
	return strings.Join(all, ", ")
}

// ranMongoDB tells whether a server that is really MongoDB was decided upon.
func ranMongoDB(run *result.Run) bool {
	for _, engine := range run.Engines {
		if strings.HasPrefix(engine.Engine, "mongo:") && worse(result.Pass, engine.Verdict.Status) != result.Inconclusive {
			return true
		}
	}
	return false
}
