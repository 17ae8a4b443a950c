package known

import (
	"strings"
	"testing"

	"tristore/reports/result"
)

// slotless is a deployment whose shared cluster ran out of slots, as the server says.
func slotless() *result.Split {
	split := &result.Split{SLO: result.SLO{AuthP99Ms: 200}, AgreedInterference: 2, Prepared: &result.Prepared{Name: "connection-bound", Verdict: "REMEDY_FIRST", Cause: "connections",
		Proof: []result.Shown{{Cell: result.SharedCluster, Reading: "connections_max", Of: "slots_max", Says: "connections", AtLeast: 0.95, AtMost: 1.1}}}}
	for block := range 6 {
		m := &result.Measurement{Counts: result.Counts{Due: 100, Committed: 90, Refused: 10}, Refused: []result.Refusal{{Reason: "exhausted", Count: 10}}}
		split.Windows = append(split.Windows, result.SplitWindow{Block: block, Cell: result.SharedCluster, Auth: m, Collections: m, Seen: map[string]float64{"connections_max": 57, "slots_max": 57}})
	}
	return split
}

// A right answer is right only where the bottleneck was there; each way not to be right is told apart.
func TestStandings(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*result.Split)
		want   Standing
		says   string
	}{
		"right":           {func(*result.Split) {}, Right, "slot"},
		"another verdict": {func(s *result.Split) { s.Prepared.Verdict = "ISOLATE" }, Wrong, "slot"},
		"another cause":   {func(s *result.Split) { s.Prepared.Cause = "CPU" }, Wrong, "slot"},
		"undecided": {func(s *result.Split) {
			for i := range s.Windows {
				s.Windows[i].Auth.Refused = nil
			}
		}, Open, "Not decided"},
		"stopped":       {func(s *result.Split) { s.Trouble = "stopped" }, Open, "stopped"},
		"not there":     {func(s *result.Split) { s.Prepared.Proof[0].AtLeast = 1.05 }, NotMade, "shows by"},
		"too much":      {func(s *result.Split) { s.Prepared.Proof[0].AtMost = 0.9 }, NotMade, "57"},
		"not read":      {func(s *result.Split) { s.Prepared.Proof[0].Reading = "other" }, NotMade, "could not be read"},
		"part not read": {func(s *result.Split) { s.Prepared.Proof[0].Of = "other" }, NotMade, "could not be read"},
		"no proof":      {func(s *result.Split) { s.Prepared.Proof = nil }, NotMade, "prove"},
		"no answer":     {func(s *result.Split) { s.Prepared = nil }, NotMade, "prepared"},
	} {
		split := slotless()
		test.change(split)
		if l := Of(split); l.Standing != test.want || !strings.Contains(l.Why, test.says) {
			t.Errorf("%s: %+v", name, l)
		}
	}
	if l := Of(nil); l.Standing != NotMade {
		t.Errorf("nothing: %+v", l)
	}
}
