package security

import (
	"testing"

	"tristore/reports/result"
	"tristore/scenarios"
)

func TestConfigurationTableIsSound(t *testing.T) {
	var saw result.Observation
	Configuration(t.Context(), scenarios.Stage{}, &saw)
	if saw.Trouble != "" || saw.Facts["unsound_accepted"] != 0 || saw.Facts["sound_refused"] != 0 || saw.Facts["configurations"] < 12 {
		t.Errorf("facts %v, trouble %q", saw.Facts, saw.Trouble)
	}
	for _, c := range saw.Cases {
		if c.Want != c.Got {
			t.Errorf("%s: promised %s, got %s", c.Name, c.Want, c.Got)
		}
	}
}
