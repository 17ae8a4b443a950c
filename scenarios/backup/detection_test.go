package backup

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/reports/result"
	"tristore/scenarios"
)

// Every damage is seen by its named check, and nobody sees anything in the sound twin.
func TestEveryDamageIsSeen(t *testing.T) {
	on := stage(t, "")
	for depth, want := range map[scenarios.Depth]map[string]float64{
		scenarios.Smoke:   {"formats": 1, "twins": 2, "damages": 10},
		scenarios.Nightly: {"formats": 3, "twins": 7, "damages": 53},
	} {
		if on.Engine.Family() == drivers.FamilyMongo {
			want = map[string]float64{"formats": 1, "twins": 1, "damages": 9}
			if depth == scenarios.Nightly {
				want["damages"] = 16
			}
		}
		t.Run(string(depth), func(t *testing.T) {
			on.Depth = depth
			saw := run(t, Detection, on)
			exactly(t, saw, want)
			exactly(t, saw, map[string]float64{"undetected": 0, "missed": 0, "false_alarms": 0, "unknown": 0})
			if saw.Facts["rows"] < 200 || saw.Facts["acknowledged"] < 2 || broken(saw) != nil {
				t.Errorf("facts %v, broken %q", saw.Facts, broken(saw))
			}
		})
	}
}

// Under tools that hide their failures the named check is blind, and that is seen.
func TestHiddenFailureIsMissed(t *testing.T) {
	saw := run(t, Detection, stage(t, "restore-errors-hidden"))
	if saw.Facts["missed"] == 0 || saw.Facts["false_alarms"] != 0 || len(broken(saw)) == 0 {
		t.Errorf("facts %v, broken %q", saw.Facts, broken(saw))
	}
	if !slices.ContainsFunc(broken(saw), func(name string) bool { return strings.HasSuffix(name, ": tool") }) {
		t.Errorf("broken %q", broken(saw))
	}
}

func TestNotesTellMissedFromFalseAlarm(t *testing.T) {
	sound, damaged := trial{name: "sound"}, trial{name: "cut at 60 %", must: []string{bySeal, byTool}, either: []string{byContent, byCatalogue}}
	for name, test := range map[string]struct {
		trial trial
		seen  map[string]string
		want  map[string]float64
	}{
		"clean twin":       {sound, nil, map[string]float64{"twins": 1}},
		"alarm on a twin":  {sound, map[string]string{byContent: "x"}, map[string]float64{"twins": 1, "false_alarms": 1}},
		"all that must":    {damaged, map[string]string{bySeal: "x", byTool: "x", byContent: "x"}, map[string]float64{"damages": 1}},
		"nobody":           {damaged, nil, map[string]float64{"damages": 1, "undetected": 1, "missed": 3}},
		"somebody else":    {damaged, map[string]string{byWatermark: "x"}, map[string]float64{"damages": 1, "missed": 3}},
		"one of those who": {damaged, map[string]string{bySeal: "x", byCatalogue: "x"}, map[string]float64{"damages": 1, "missed": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			var saw result.Observation
			record(&saw, "damages", "undetected", "missed", "twins", "false_alarms")
			(&detection{saw: &saw}).note(test.trial, test.seen)
			for fact, value := range saw.Facts {
				if value != test.want[fact] {
					t.Errorf("%s is %v, wanted %v", fact, value, test.want[fact])
				}
			}
			if wrong := test.want["missed"] + test.want["false_alarms"]; float64(len(broken(saw))) != wrong {
				t.Errorf("broken %q, wanted %v", broken(saw), wrong)
			}
		})
	}
}

// Writes were acknowledged in the order a, b, a, b.
func TestTornTellsTablesOfDifferentMoments(t *testing.T) {
	all := turns{written: []turn{{"a", "1"}, {"b", "1"}, {"a", "2"}, {"b", "2"}}}
	for name, test := range map[string]struct {
		there []int
		torn  bool
	}{
		"nothing": {nil, false}, "the first": {[]int{0}, false}, "in the middle of a turn": {[]int{0, 1, 2}, false}, "all": {[]int{0, 1, 2, 3}, false},
		"b later than a": {[]int{0, 1, 3}, true}, "a later than b": {[]int{0, 2}, true}, "only the last": {[]int{3}, true}, "a table missing": {[]int{1, 3}, true},
	} {
		there := map[turn]bool{{"a", "somebody's"}: true}
		for _, i := range test.there {
			there[all.written[i]] = true
		}
		if torn := all.torn(there); (torn != "") != test.torn {
			t.Errorf("%s: %q", name, torn)
		}
	}
}

func TestSpoilChangesWhatItSays(t *testing.T) {
	whole := bytes.Repeat([]byte("0123456789"), 100)
	for _, format := range []backup.Format{backup.Custom, backup.Directory, backup.Plain, backup.Stream} {
		for _, damage := range spoiled(format, scenarios.Release) {
			got, err := spoil(damage.name, whole)
			if err != nil || bytes.Equal(got, whole) || !slices.Contains(damage.must, bySeal) {
				t.Errorf("%s, %s: %d bytes, %v", format, damage.name, len(got), err)
			}
		}
	}
	for name, length := range map[string]int{"without its last byte": 999, "cut at 95 %": 950, "cut at 60 %": 600, flippedAt(75): 1000} {
		if got, err := spoil(name, whole); err != nil || len(got) != length {
			t.Errorf("%s left %d bytes: %v", name, len(got), err)
		}
	}
	for _, test := range []struct{ name, content string }{{"cut at 60 %", "short"}, {"burnt", string(whole)}} {
		if _, err := spoil(test.name, []byte(test.content)); err == nil {
			t.Errorf("%s of %d bytes was done", test.name, len(test.content))
		}
	}
}
