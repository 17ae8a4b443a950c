package render

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tristore/reports/result"
)

func TestWriteLeavesEverythingAndPointsAtIt(t *testing.T) {
	out := t.TempDir()
	run := saved(t, "interrupted")
	if err := Write(filepath.Join(out, run.ID), run); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{result.FileName, JUnitName, MarkdownName, HTMLName} {
		if info, err := os.Stat(filepath.Join(out, LatestName, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s by way of latest: %v", name, err)
		}
	}
	if target, err := os.Readlink(filepath.Join(out, LatestName)); err != nil || target != run.ID {
		t.Errorf("latest points at %q (%v), wanted a link relative to its folder", target, err)
	}
	entries, _ := os.ReadDir(filepath.Join(out, run.ID))
	if len(entries) != 4 {
		t.Errorf("%d files are left, 4 wanted: %v", len(entries), entries)
	}
}

func TestWriteThroughTheLinkKeepsIt(t *testing.T) {
	out := t.TempDir()
	run := saved(t, "empty")
	for _, dir := range []string{filepath.Join(out, "one"), filepath.Join(out, LatestName)} {
		if err := Write(dir, run); err != nil {
			t.Fatal(err)
		}
	}
	if target, _ := os.Readlink(filepath.Join(out, LatestName)); target != "one" {
		t.Errorf("latest points at %q", target)
	}
}

func TestLatestIsTheRunThatBeganLast(t *testing.T) {
	out := t.TempDir()
	for _, c := range []struct {
		id    string
		began int64
		want  string
	}{{"b", 20, "b"}, {"a", 10, "b"}, {"c", 30, "c"}} {
		run := saved(t, "empty")
		run.Began = time.Unix(c.began, 0)
		if err := Write(filepath.Join(out, c.id), run); err != nil {
			t.Fatal(err)
		}
		if target, _ := os.Readlink(filepath.Join(out, LatestName)); target != c.want {
			t.Errorf("after %s latest points at %s, wanted %s", c.id, target, c.want)
		}
	}
}

func TestWriteLeavesWhatIsNotOurs(t *testing.T) {
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, LatestName), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(out, "run"), saved(t, "empty")); err == nil {
		t.Error("nothing was said about a file in the place of the link")
	}
	if kept, _ := os.ReadFile(filepath.Join(out, LatestName)); string(kept) != "mine" {
		t.Error("a user's file was replaced")
	}
	if _, err := result.Read(filepath.Join(out, "run")); err != nil {
		t.Errorf("the facts were lost with the link: %v", err)
	}
}

func TestRunsAtOnceAreSafe(t *testing.T) {
	out := t.TempDir()
	var all sync.WaitGroup
	failed := make(chan error, 16)
	for i := range 16 {
		run := saved(t, "empty")
		all.Go(func() { failed <- Write(filepath.Join(out, string(rune('a'+i))), run) })
	}
	all.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := result.Read(filepath.Join(out, LatestName)); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(out, ".latest-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
