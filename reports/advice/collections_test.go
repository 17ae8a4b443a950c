package advice

import (
	"testing"

	"tristore/reports/result"
)

// A cluster that was not loaded by collections says nothing about sharing it.
func TestWindowsWithoutTheCollectionsLoadAreUnusable(t *testing.T) {
	for name, spoil := range map[string]func(*result.Measurement){
		"no samples":   func(m *result.Measurement) { m.Latency.Count = 0 },
		"another rate": func(m *result.Measurement) { m.Offered = 3 },
	} {
		split := measured(6, 20, 60, 30)
		for i := range split.Windows {
			if split.Windows[i].Cell == result.SharedCluster {
				spoil(split.Windows[i].Collections)
			}
		}
		if a := Of(split); a.Verdict != Inconclusive || a.InvalidWindows != 6 {
			t.Errorf("%s: %s, %d windows invalid", name, a.Verdict, a.InvalidWindows)
		}
	}
}
