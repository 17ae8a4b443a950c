package suites

import (
	"strings"
	"testing"

	"tristore/reports/result"
)

// kept is what a store without a fault shows of every claim that a remedy must not break.
func kept() (all []result.Observation) {
	for _, row := range Remedied() {
		all = append(all, sound(row))
	}
	return all
}

// A remedy is used only when every claim was tried with it on and passed.
func TestARemedyThatBreaksAClaimIsRefused(t *testing.T) {
	if n := len(Remedied()); n < 9 {
		t.Fatalf("only %d claims guard a remedy", n)
	}
	for name, c := range map[string]struct {
		change func([]result.Observation) []result.Observation
		says   string
	}{
		"all kept":       {func(all []result.Observation) []result.Observation { return all }, ""},
		"none was tried": {func([]result.Observation) []result.Observation { return nil }, "was not tried with it on"},
		"one is missing": {func(all []result.Observation) []result.Observation { return all[1:] }, "MIG-1 was not tried with it on"},
		"one breaks": {func(all []result.Observation) []result.Observation {
			all[3].Set("extra_winners", 1)
			all[3].See("two of them won")
			return all
		}, "UNIQ-1 is FAIL while it is on: "},
		"with its witness": {func(all []result.Observation) []result.Observation {
			all[3].Set("extra_winners", 1)
			all[3].See("two of them won")
			return all
		}, "(two of them won)"},
		"one could not be tried": {func(all []result.Observation) []result.Observation { all[4].Trouble = "no server"; return all }, "is INCONCLUSIVE while it is on"},
		"one saw nothing":        {func(all []result.Observation) []result.Observation { all[5].Facts = nil; return all }, "is INCONCLUSIVE while it is on"},
	} {
		if got := RefusesRemedy(c.change(kept())); got != "" && c.says == "" || !strings.Contains(got, c.says) {
			t.Errorf("%s: %q, want %q", name, got, c.says)
		}
	}
}

// A saved run is judged by what was seen, whatever it says of itself, and stays as it was.
func TestJudgeRemedies(t *testing.T) {
	bad := kept()
	bad[3].Set("extra_winners", 1)
	split := &result.Split{Remedies: []result.Remedy{
		{Names: []string{"sound"}, Tried: kept(), Refused: "x"}, {Names: []string{"broken"}, Tried: bad, Conforms: true},
		{Names: []string{"untried"}, Conforms: true}, {Names: []string{"absent"}, Absent: "no cores"},
	}}
	judged := JudgeRemedies(split).Remedies
	if !judged[0].Conforms || judged[0].Refused != "" {
		t.Errorf("sound: %+v", judged[0].Refused)
	}
	if judged[1].Conforms || !strings.Contains(judged[1].Refused, "UNIQ-1") || judged[2].Conforms || judged[3].Conforms || judged[3].Refused != "" {
		t.Errorf("%q, %t, %t", judged[1].Refused, judged[2].Conforms, judged[3].Conforms)
	}
	if !split.Remedies[1].Conforms || JudgeRemedies(nil) != nil {
		t.Error("what was given was changed")
	}
}
