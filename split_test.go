package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"tristore/reports/result"
)

// interruptedSplit starts the split measurement, stops it by Ctrl-C once it has printed
// the words, and returns its folder when nothing of it is left.
func interruptedSplit(t *testing.T, words *regexp.Regexp) string {
	t.Helper()
	out := t.TempDir()
	run := begin(t, "capacity", "--out", out, "--engine", "postgres:16", "--reach", "embedded")
	run.until(t, words.String(), func() bool { return words.MatchString(run.said.String()) })
	if code := run.stop(t, syscall.SIGINT); code != exitInconclusive {
		t.Errorf("exit %d, wanted %d: %s", code, exitInconclusive, run.said)
	}
	return filepath.Join(out, "latest")
}

// A split measurement that was stopped keeps what it measured, advises nothing, and is
// judged and rendered again like any other.
func TestInterruptedSplit(t *testing.T) {
	for name, test := range map[string]struct {
		words    string
		measured bool
	}{
		"while the clusters start": {"starting a cluster", false},
		"after the first window":   {`window ([2-9]|[12][0-9]) of 24`, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := interruptedSplit(t, regexp.MustCompile(test.words))
			run, err := result.Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			if run.Interrupted == "" || run.Verdict.Status != result.Inconclusive || !strings.HasPrefix(run.Verdict.Sentence, "INCONCLUSIVE: not finished ("+run.Interrupted+")") {
				t.Errorf("interrupted %q, verdict %v", run.Interrupted, run.Verdict)
			}
			if test.measured {
				keepsWindows(t, run.Split)
			} else if run.Split != nil || len(run.NotRun) != 1 || run.NotRun[0].What != "split measurement" || run.NotRun[0].Why == "" {
				t.Errorf("a split of %v; not run: %v", run.Split, run.NotRun)
			}
			isJudgedAgain(t, run, dir)
		})
	}
}

// keepsWindows: at least one whole window, and the one that was cut short is marked.
func keepsWindows(t *testing.T, split *result.Split) {
	t.Helper()
	if split == nil || split.Trouble == "" || len(split.Windows) < 2 {
		t.Fatalf("kept %+v", split)
	}
	last := len(split.Windows) - 1
	for i, window := range split.Windows {
		if cut := strings.HasPrefix(window.Invalid, "cut short: "); cut != (i == last) {
			t.Errorf("window %d of %d: %q", i, last, window.Invalid)
		}
	}
}

// isJudgedAgain: judge says the same and changes nothing; report writes the pages again.
func isJudgedAgain(t *testing.T, run *result.Run, dir string) {
	t.Helper()
	pages := []string{"report.html", "junit.xml", "summary.md"}
	remove := func() {
		for _, page := range pages {
			if err := os.Remove(filepath.Join(dir, page)); err != nil {
				t.Error(err)
			}
		}
	}
	remove()
	sentence := strings.Join(strings.Fields(run.Verdict.Sentence), " ")
	if got := tristore(t, "judge", dir); got.code != exitInconclusive || !strings.Contains(got.out, sentence) {
		t.Errorf("judged again: exit %d: %s %s", got.code, got.out, got.err)
	}
	remove() // judge wrote them
	if got := tristore(t, "report", dir); got.code != 0 || !strings.Contains(got.out, sentence) {
		t.Errorf("rendered again: exit %d: %s %s", got.code, got.out, got.err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(dir, page))
		if err != nil || !strings.Contains(string(text), run.Interrupted) {
			t.Errorf("%s does not say that the run was %s: %v", page, run.Interrupted, err)
		}
	}
	if again, err := result.Read(dir); err != nil || !reflect.DeepEqual(again, run) {
		t.Errorf("the saved run has changed: %v\n%+v\n%+v", err, run, again)
	}
}
