package programs

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// One folder must have all: a pg_upgrade of one place and a postgres of another are no pair.
func TestLackingLooksAtOneFolder(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for path, mode := range map[string]os.FileMode{filepath.Join(first, "postgres"): 0o755, filepath.Join(first, "pg_ctl"): 0o755,
		filepath.Join(second, "pg_upgrade"): 0o755, filepath.Join(second, "pg_ctl"): 0o644} {
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	needs := []string{"postgres", "pg_ctl", "pg_upgrade"}
	if got := lacking([]string{first, second, "/nowhere"}, needs); !slices.Equal(got, []string{"pg_upgrade"}) {
		t.Errorf("lacks %v", got)
	}
	if got := lacking([]string{first}, needs[:2]); got != nil {
		t.Errorf("a whole folder lacks %v", got)
	}
	if got := lacking(nil, needs); !slices.Equal(got, needs) {
		t.Errorf("no folder lacks %v", got)
	}
}
