package advice

import (
	"strings"
	"testing"

	"tristore/reports/result"
)

// refusing is a shared cluster that refused arrivals for want of a slot in every block.
func refusing() *result.Split {
	split := &result.Split{AuthRate: 100, CollectionsRate: 30, SLO: result.SLO{AuthP99Ms: 200}, AgreedInterference: 2}
	for block := range 6 {
		m := &result.Measurement{Counts: result.Counts{Due: 100, Committed: 95, Refused: 5}, Refused: []result.Refusal{{Reason: "exhausted", Count: 5}}}
		split.Windows = append(split.Windows, result.SplitWindow{Block: block, Cell: result.SharedCluster, Auth: m, Collections: m, Seen: map[string]float64{"connections_max": 55, "slots_max": 57}})
	}
	return split
}

// Refusals call for a pooler only where they are for want of a slot, and no accident.
func TestSlotsThatRanOut(t *testing.T) {
	if a := Of(refusing()); a.Verdict != RemedyFirst || a.Cause != "connections" || !strings.Contains(a.Sentence, "PgBouncer") || !strings.Contains(a.Sentence, "55 connections on its 57 slots") {
		t.Errorf("%s: %s", a.Verdict, a.Sentence)
	}
	for name, change := range map[string]func(*result.SplitWindow){
		"slots free":    func(w *result.SplitWindow) { w.Seen["connections_max"] = 40 },
		"nobody looked": func(w *result.SplitWindow) { w.Seen = nil },
		"another reason": func(w *result.SplitWindow) {
			w.Auth.Refused, w.Collections.Refused = []result.Refusal{{Reason: "unique", Count: 5}}, nil
		},
		"two clusters":    func(w *result.SplitWindow) { w.Cell = result.SplitClusters },
		"invalid windows": func(w *result.SplitWindow) { w.Invalid = "late" },
		"a few in 10,000": func(w *result.SplitWindow) { w.Auth.Counts.Due = 100_000 },
		"in some blocks only": func(w *result.SplitWindow) {
			if w.Block > 2 {
				w.Auth.Refused, w.Collections.Refused = nil, nil
			}
		},
	} {
		split := refusing()
		for i := range split.Windows {
			one := *split.Windows[i].Auth
			split.Windows[i].Auth, split.Windows[i].Collections = &one, &one
			change(&split.Windows[i])
		}
		if a := Of(split); a.Verdict != Inconclusive {
			t.Errorf("%s: %s: %s", name, a.Verdict, a.Sentence)
		}
	}
}
