package main

import (
	"strings"
	"testing"

	"tristore/reports/result"
	"tristore/scenarios/capacity/prepared"
)

func TestPreparedBadInput(t *testing.T) {
	for words, args := range map[string][]string{
		"did you mean connection-bound?": {"--prepared", "connection-bond"},
		"idle twice":                     {"--prepared", "idle,idle"},
		"drop --auth-rate, --slo":        {"--prepared", "idle", "--auth-rate", "5", "--slo", "auth.p95=20ms"},
		"above 0":                        {"--prepared", "all", "--budget", "0s"},
		"FerretDB 1 was asked for":       {"--prepared", "all", "--engine", "ferretdb:1"},
		"from 1: it cannot be 0.5":       {"--up-to", "0.5"},
	} {
		refused(t, words, append([]string{"capacity", "--out", t.TempDir()}, args...)...)
	}
}

// answered is a run in which so many deployments got the right advice, a wrong one and none.
func answered(right, wrong, open int) *result.Run {
	run := &result.Run{Schema: result.Schema, Kind: kindPrepared}
	for at := range right + wrong + open {
		split := result.Split{SLO: result.SLO{AuthP99Ms: 200}, AgreedInterference: 2, Prepared: &result.Prepared{Name: "slots", Verdict: "REMEDY_FIRST", Cause: "connections",
			Proof: []result.Shown{{Cell: result.SharedCluster, Reading: "connections_max", Says: "connections", AtLeast: 50}}}}
		if at >= right {
			split.Prepared.Verdict = "ISOLATE"
		}
		if at >= right+wrong {
			split.Trouble = "stopped"
		}
		for block := range 6 {
			m := &result.Measurement{Counts: result.Counts{Due: 100, Committed: 90, Refused: 10}, Refused: []result.Refusal{{Reason: "exhausted", Count: 10}}}
			split.Windows = append(split.Windows, result.SplitWindow{Block: block, Cell: result.SharedCluster, Auth: m, Collections: m, Seen: map[string]float64{"connections_max": 57, "slots_max": 57}})
		}
		run.Prepared = append(run.Prepared, split)
	}
	return run
}

// Nine of ten right pass; what is not decided is not right; nothing measured is no pass.
func TestPreparedVerdict(t *testing.T) {
	for _, c := range []struct {
		right, wrong, open int
		interrupted        string
		want               result.Status
	}{
		{10, 0, 0, "", result.Pass}, {9, 1, 0, "", result.Pass}, {9, 0, 1, "", result.Pass}, {8, 2, 0, "", result.Fail}, {8, 1, 1, "", result.Inconclusive},
		{1, 0, 0, "", result.Pass}, {0, 1, 0, "", result.Fail}, {0, 0, 1, "", result.Inconclusive}, {0, 0, 0, "", result.Inconclusive}, {10, 0, 0, "stopped by a signal", result.Inconclusive},
	} {
		run := answered(c.right, c.wrong, c.open)
		run.Interrupted = c.interrupted
		if judgeRun(run, ""); run.Verdict.Status != c.want {
			t.Errorf("%+v: %s: %s", c, run.Verdict.Status, run.Verdict.Sentence)
		}
	}
}

// What was not begun is in the table all the same.
func TestPreparedThatWereNotBegun(t *testing.T) {
	plan, run := &preparedPlan{Names: prepared.Names()}, &result.Run{}
	plan.gather(run, &laneProcess{dir: t.TempDir()}, nil)
	if len(run.Prepared) != len(plan.Names) || !strings.Contains(run.Prepared[0].Trouble, "not begun") {
		t.Errorf("%d of %d: %+v", len(run.Prepared), len(plan.Names), run.Prepared)
	}
	if judgeRun(run, ""); run.Verdict.Status == result.Pass {
		t.Errorf("%+v", run.Verdict)
	}
}
