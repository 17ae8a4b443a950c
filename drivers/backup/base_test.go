package backup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGapsNameWhatIsNotThere(t *testing.T) {
	const first, second, last = "000000010000000000000001", "000000010000000000000002", "000000010000000000000003"
	note := first + ".00000028.backup"
	for name, test := range map[string]struct {
		files map[string]int
		last  string
		want  []string // words of each gap
	}{
		"whole":           {map[string]int{note: 10, first: 1024, second: 1024, last: 1024}, last, nil},
		"more than asked": {map[string]int{note: 10, first: 1024, second: 1024, last: 3}, second, nil},
		"one missing":     {map[string]int{note: 10, first: 1024, last: 1024}, last, []string{second + " is not"}},
		"one cut":         {map[string]int{note: 10, first: 1024, second: 600, last: 1024}, last, []string{second + " has 600 bytes, not 1024"}},
		"the last two":    {map[string]int{note: 10, first: 1024}, last, []string{second, last}},
		"no base":         {map[string]int{first: 1024, second: 1024, last: 1024}, last, []string{"no note"}},
		"nothing":         {nil, last, []string{"no note"}},
		"half a name":     {map[string]int{note: 10, first: 1024, second + ".part": 1024, last: 1024}, last, []string{second + " is not"}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for file, length := range test.files {
				if err := os.WriteFile(filepath.Join(folder, file), make([]byte, length), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, gaps, err := Gaps(folder, test.last, 1024)
			if err != nil || len(gaps) != len(test.want) {
				t.Fatalf("%q, %v", gaps, err)
			}
			for i, words := range test.want {
				if !strings.Contains(gaps[i], words) {
					t.Errorf("%q does not say %q", gaps[i], words)
				}
			}
		})
	}
}

func TestSegmentsFollowOneAnother(t *testing.T) {
	for _, test := range []struct {
		segment string
		bytes   int64
		want    string
	}{
		{"000000010000000000000001", 16 << 20, "000000010000000000000002"},
		{"0000000200000000000000FF", 16 << 20, "000000020000000100000000"},
		{"000000010000000000000FFF", 1 << 20, "000000010000000100000000"},
		{"00000001000000000000FFFE", 1 << 16, "00000001000000000000FFFF"},
	} {
		if got, err := following(test.segment, test.bytes); err != nil || got != test.want {
			t.Errorf("after %s of %d bytes comes %s, %v; wanted %s", test.segment, test.bytes, got, err, test.want)
		}
	}
	for _, name := range []string{"", "00000001", "00000001000000000000000G", "000000010000000000000001.part"} {
		if IsSegment(name) {
			t.Errorf("%q is taken for a segment", name)
		}
	}
}
