package cluster

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"

	"tristore/drivers"
)

// TestContainerHolder is no test of its own: it is the program that the tests below end.
// It starts a cluster as the command line does, says so, and ends as it is told.
func TestContainerHolder(t *testing.T) {
	if flag.NArg() != 3 || flag.Arg(0) != "holder" {
		return // nobody asked
	}
	how, runID := flag.Arg(1), flag.Arg(2)
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	started, err := Start(ctx, Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Container, Durability: Relaxed,
		Dir: t.TempDir(), Cache: t.TempDir(), RunID: runID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(os.Stdout, "ready", runID); err != nil {
		t.Fatal(err)
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		_, _ = io.Copy(io.Discard, os.Stdin) // until it is closed
		if how == "panic" {
			panic("as told")
		}
	}()
	select {
	case <-told:
	case <-ctx.Done():
	}
	if err := started.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func startContainerHolder(t *testing.T, how, runID string) (command *exec.Cmd, say func()) {
	t.Helper()
	command = exec.Command(os.Args[0], "-test.run=^TestContainerHolder$", "-test.v", "holder", how, runID)
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	var said []string
	for lines := bufio.NewScanner(out); ; {
		if !lines.Scan() {
			t.Fatalf("the holder ended and said %q", said)
		}
		if said = append(said, lines.Text()); strings.HasSuffix(lines.Text(), "ready "+runID) {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the holder
	return command, func() { _ = in.Close() }
}

// TestContainerNothingSurvives ends a program that holds a container in each way a program
// can end. What it could not remove itself, the next start does, and no live run's.
func TestContainerNothingSurvives(t *testing.T) {
	withImage(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
	bystander, letGo := startContainerHolder(t, "normal", t.Name()+"-bystander")
	for _, test := range []struct {
		how   string
		end   func(command *exec.Cmd, say func())
		swept bool // its container is left to the next start
	}{
		{how: "normal", end: func(_ *exec.Cmd, say func()) { say() }},
		{how: "interrupt", end: func(command *exec.Cmd, _ func()) { _ = command.Process.Signal(syscall.SIGINT) }},
		{how: "terminate", end: func(command *exec.Cmd, _ func()) { _ = command.Process.Signal(syscall.SIGTERM) }},
		{how: "kill", end: func(command *exec.Cmd, _ func()) { _ = command.Process.Kill() }, swept: true},
		{how: "panic", end: func(_ *exec.Cmd, say func()) { say() }, swept: true},
	} {
		t.Run(test.how, func(t *testing.T) {
			command, say := startContainerHolder(t, test.how, t.Name())
			mine := containersOf(t, t.Name())
			if len(mine) != 1 {
				t.Fatalf("before the end: containers %v", mine)
			}
			test.end(command, say)
			_ = command.Wait() // its exit code is not what is tried here
			if test.swept {
				if len(containersOf(t, t.Name())) != 1 {
					t.Fatal("the container went by itself: this test shows nothing")
				}
				// Sweeps may overlap, so that it may be another's that removes it.
				removed, err := sweepContainers(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if !slices.ContainsFunc(removed, func(what string) bool { return strings.Contains(what, mine[0][:12]) }) {
					t.Logf("another sweep removed it; ours: %v", removed)
				}
			}
			if left := containersOf(t, t.Name()); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	if len(containersOf(t, t.Name()+"-bystander")) != 1 {
		t.Error("a sweep removed the container of a live run")
	}
	letGo()
	_ = bystander.Wait()
	if left := containersOf(t, t.Name()+"-bystander"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOwnerDeadOnlyWhenCertain(t *testing.T) {
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	ours := ownerLabels("run")
	with := func(name, value string) map[string]string {
		labels := ownerLabels("run")
		labels[name] = value
		return labels
	}
	boot, namespace, _ := strings.Cut(ours[labelKernel], "/")
	for name, test := range map[string]struct {
		labels map[string]string
		dead   bool
	}{
		"this process":                        {ours, false},
		"a process that ended":                {with(labelOwner, fmt.Sprint(gone.Process.Pid)), true},
		"our number, started at another time": {with(labelStarted, "1"), true},
		"before the machine was started anew": {with(labelKernel, "another/"+namespace), true},
		"numbers of another namespace":        {with(labelKernel, boot+"/pid:[1]"), false},
		"no readable number":                  {with(labelOwner, "me"), false},
		"number zero":                         {with(labelOwner, "0"), false},
		"no labels":                           {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if ownerDead(test.labels) != test.dead {
				t.Errorf("dead is %t", !test.dead)
			}
		})
	}
}
