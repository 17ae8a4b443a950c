package main

import (
	"bytes"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// child is this program at a command of its own, as somebody starts it.
type child struct {
	command *exec.Cmd
	said    *growing
	ended   chan struct{}
}

func begin(t *testing.T, words ...string) child {
	t.Helper()
	c := child{exec.Command(os.Args[0], words...), &growing{}, make(chan struct{})}
	c.command.Stdout, c.command.Stderr = c.said, c.said
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = c.command.Wait(); close(c.ended) }()
	return c
}

// until waits for what must come before the command ends.
func (c child) until(t *testing.T, what string, met func() bool) {
	t.Helper()
	await(t, what, func() bool {
		select {
		case <-c.ended:
			t.Fatalf("it ended before %s:\n%s", what, c.said)
		default:
		}
		return met()
	})
}

// untilServed waits until one of its descendants is a server.
func (c child) untilServed(t *testing.T) {
	t.Helper()
	c.until(t, "a server of the run", func() bool {
		for _, p := range descendants(c.command.Process.Pid) {
			if p.name == "postgres" {
				return true
			}
		}
		return false
	})
}

// stop signals it, waits until nothing of it is left, and gives its exit code: -1 when the
// signal itself ended it.
func (c child) stop(t *testing.T, by syscall.Signal) int {
	t.Helper()
	family := descendants(c.command.Process.Pid)
	if err := c.command.Process.Signal(by); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, c.ended)
	awaitGone(t, family)
	if len(family) == 0 {
		t.Error("it had no lane when it was stopped")
	}
	return c.command.ProcessState.ExitCode()
}

// growing is text that somebody else is still writing.
type growing struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (g *growing) Write(data []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(data)
}

func (g *growing) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.String()
}
