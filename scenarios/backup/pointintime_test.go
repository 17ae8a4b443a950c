package backup

import (
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/scenarios"
)

// The cluster comes back as it was, and every recovery that went wrong is seen.
func TestClusterComesBackAsItWas(t *testing.T) {
	on := stage(t, "")
	on.Depth = scenarios.Nightly
	saw := run(t, PointInTime, on)
	if on.Engine.Family() == drivers.FamilyMongo {
		if !strings.Contains(saw.Probe, "oplog") || len(saw.Cases) > 0 {
			t.Errorf("probe %q", saw.Probe)
		}
		return
	}
	exactly(t, saw, map[string]float64{"recoveries": 8, "damages": 7, "twins": 1, "false_alarms": 0, "undetected": 0, "missed": 0, "unknown": 0, "acknowledged": 4})
	if saw.Facts["segments"] < 4 || saw.Facts["rows"] < 200 || broken(saw) != nil {
		t.Errorf("facts %v, broken %q", saw.Facts, broken(saw))
	}
}

func TestLastWordsSayWhyAServerEnded(t *testing.T) {
	for text, want := range map[string]string{
		"ended: LOG: x FATAL: the database system is starting up LOG: y FATAL: recovery ended before FATAL: the database system is starting up": "recovery ended before",
		"ended without a word": "ended without a word",
	} {
		if got := lastWords(text); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// Each damaged page is seen by who has to see it, and sound pages by nobody.
func TestDamagedPagesAreSeen(t *testing.T) {
	for fault, missed := range map[string]float64{"": 0, "checksum-failures-ignored": 2} {
		t.Run(fault, func(t *testing.T) {
			saw := run(t, Pages, stage(t, fault))
			if saw.Probe != "" {
				t.Skip(saw.Probe)
			}
			exactly(t, saw, map[string]float64{"damages": 4, "twins": 1, "undetected": 0, "false_alarms": 0, "missed": missed})
			if saw.Facts["btrees"] < 20 || saw.Facts["tables"] < 10 || saw.Facts["rows"] < 200 || float64(len(broken(saw))) != missed {
				t.Errorf("facts %v, broken %q", saw.Facts, broken(saw))
			}
		})
	}
}
