package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tristore/reports/result"
)

// However a certification ends, no lane and no server of it survives. A signal leaves a
// valid saved run that is judged INCONCLUSIVE; a killed parent cannot.
func TestNothingSurvives(t *testing.T) {
	for name, test := range map[string]struct {
		signal syscall.Signal
		code   int // -1: ended by the signal itself
	}{
		"Ctrl-C":  {syscall.SIGINT, exitInconclusive},
		"SIGTERM": {syscall.SIGTERM, exitInconclusive},
		"SIGKILL": {syscall.SIGKILL, -1},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			run := begin(t, "certify", "--out", out, "--engines", "postgres:16", "--claims", "conformance", "--reach", "embedded")
			run.untilServed(t)
			if code := run.stop(t, test.signal); code != test.code {
				t.Errorf("exit %d, wanted %d: %s", code, test.code, run.said)
			}
			if test.code != exitInconclusive {
				return
			}
			saved, err := result.Read(filepath.Join(out, "latest"))
			if err != nil {
				t.Fatal(err)
			}
			if saved.Interrupted == "" || saved.Verdict.Status != result.Inconclusive {
				t.Errorf("interrupted %q, verdict %v", saved.Interrupted, saved.Verdict)
			}
		})
	}
}

// process is one process for good: its id and when it started, which no other has.
type process struct {
	pid     int
	started string
	name    string
}

// patience bounds every wait for a condition here; a slow machine may take most of it.
const patience = 3 * time.Minute

func awaitGone(t *testing.T, family []process) {
	t.Helper()
	await(t, fmt.Sprintf("the end of %v", family), func() bool {
		for _, p := range family {
			if now, alive := look(p.pid); alive && now.started == p.started {
				return false
			}
		}
		return true
	})
}

func awaitEnd(t *testing.T, ended <-chan struct{}) {
	t.Helper()
	await(t, "the command's end", func() bool {
		select {
		case <-ended:
			return true
		default:
			return false
		}
	})
}

func await(t *testing.T, what string, met func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// descendants reads the process table once; a process that ends meanwhile is left out.
func descendants(ancestor int) []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	children := map[int][]process{}
	for _, entry := range entries {
		var pid int
		if _, err := fmt.Sscan(entry.Name(), &pid); err != nil {
			continue
		}
		if p, alive := look(pid); alive {
			parent := parentOf(pid)
			children[parent] = append(children[parent], p)
		}
	}
	var all []process
	for next := []int{ancestor}; len(next) > 0; next = next[1:] {
		for _, child := range children[next[0]] {
			all = append(all, child)
			next = append(next, child.pid)
		}
	}
	return all
}

// stat splits /proc/PID/stat after the name, which may hold spaces.
func stat(pid int) (name string, fields []string) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", nil
	}
	text := string(data)
	open, shut := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || shut < open {
		return "", nil
	}
	return text[open+1 : shut], strings.Fields(text[shut+1:])
}

// look finds a living process; a zombie has ended.
func look(pid int) (process, bool) {
	name, fields := stat(pid)
	if len(fields) < 20 || fields[0] == "Z" {
		return process{}, false
	}
	return process{pid: pid, started: fields[19], name: name}, true
}

func parentOf(pid int) int {
	_, fields := stat(pid)
	parent := -1
	if len(fields) > 1 {
		_, _ = fmt.Sscan(fields[1], &parent) // stays -1
	}
	return parent
}
