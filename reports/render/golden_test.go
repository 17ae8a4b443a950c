package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"tristore/reports/result"
)

var update = flag.Bool("update", false, "write the golden pages anew")

// saved reads a run of testdata. every-status holds every status, a load window with a
// stall, a split and settings that are not in force; interrupted was stopped after three
// claims of its first engine; empty has nothing at all.
func saved(t *testing.T, name string) *result.Run {
	t.Helper()
	run, err := result.Read(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestPagesMatchGolden(t *testing.T) {
	pages := map[string]func(io.Writer, *result.Run) error{JUnitName: JUnit, MarkdownName: Markdown, HTMLName: HTML}
	for _, name := range []string{"every-status", "interrupted", "empty"} {
		for file, draw := range pages {
			t.Run(name+"/"+file, func(t *testing.T) {
				run := saved(t, name)
				before, _ := json.Marshal(run)
				var page bytes.Buffer
				if err := draw(&page, run); err != nil {
					t.Fatal(err)
				}
				if after, _ := json.Marshal(run); !bytes.Equal(before, after) {
					t.Error("drawing changed the run")
				}
				compare(t, filepath.Join("testdata", name, file), page.Bytes())
			})
		}
	}
}

// compare keeps the wrong page beside the golden one, to be looked at.
func compare(t *testing.T, golden string, got []byte) {
	t.Helper()
	wrong := golden + ".got"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(want, got) {
		_ = os.Remove(wrong) // of an earlier failure
		return
	}
	if err := os.WriteFile(wrong, got, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Errorf("%s differs from %s: look at both, then run with -update", wrong, golden)
}
