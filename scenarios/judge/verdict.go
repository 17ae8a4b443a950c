package judge

import (
	"strings"

	"tristore/reports/result"
)

// runVerdict weighs the engines that gate. Stand-ins are named, never counted,
// unless gate says so; the sentence always says whether a MongoDB ran.
func runVerdict(run *result.Run, gate Gate) result.Verdict {
	worst, gated := result.Pass, []string{}
	var standIns []string
	for _, engine := range run.Engines {
		if engine.StandIn && gate != GateAll {
			standIns = append(standIns, engine.Title+" "+engine.Verdict.Status.String())
			continue
		}
		gated = append(gated, engine.Title)
		worst = worse(worst, engine.Verdict.Status)
	}
	if len(gated) == 0 || run.Interrupted != "" && worst == result.Pass {
		worst = result.Inconclusive
	}
	return result.Verdict{Status: worst, Sentence: sentence(run, worst, gated, standIns)}
}

// worse keeps FAIL over INCONCLUSIVE over PASS.
func worse(a, b result.Status) result.Status {
	if a == result.Fail || b == result.Fail {
		return result.Fail
	}
	if a == result.Pass && b == result.Pass {
		return result.Pass
	}
	return result.Inconclusive
}

func sentence(run *result.Run, status result.Status, gated, standIns []string) string {
	var said []string
	switch {
	case len(gated) == 0:
		said = append(said, "INCONCLUSIVE: no engine that the platform supports was judged")
	case status == result.Pass:
		said = append(said, "PASS: certified on "+strings.Join(gated, ", "))
	default:
		said = append(said, status.String()+": judged on "+strings.Join(gated, ", "))
	}
	if run.Interrupted != "" {
		said = append(said, "the run was interrupted: "+run.Interrupted)
	}
	if !ranMongoDB(run) {
		said = append(said, "MongoDB: not certified here")
	}
	if len(standIns) > 0 {
		said = append(said, "stand-ins, printed and not gating: "+strings.Join(standIns, ", "))
	}
	return strings.Join(said, "; ")
}

func ranMongoDB(run *result.Run) bool {
	for _, engine := range run.Engines {
		if strings.HasPrefix(engine.Engine, "mongo:") && engine.Verdict.Status != result.Inconclusive {
			return true
		}
	}
	return false
}
