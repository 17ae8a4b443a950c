package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// laneProcess is the parent's end of one lane: the child, its pipe and its log.
type laneProcess struct {
	name  string // as shown: an engine word, or "split"
	dir   string // the lane's folder
	order laneOrder
	last  bool // starts when every other lane has ended

	command *exec.Cmd
	stdin   io.WriteCloser
	log     *os.File
}

// laneSaid is one event of one lane, or its end.
type laneSaid struct {
	lane  *laneProcess
	event laneEvent
	ended bool
	err   error // how it ended; nil when it did its work
}

// How long a lane may take to remove what it started, once asked to stop.
const laneStopMax = 90 * time.Second

// start starts the child and passes its events to said until it ends. The child has a
// process group of its own, so that the terminal's Ctrl-C reaches the parent alone, and
// ends in order when this process does: the pipe breaks.
func (l *laneProcess) start(ctx context.Context, said chan<- laneSaid) error {
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return fmt.Errorf("making the lane's folder: %w", err)
	}
	log, err := os.Create(filepath.Join(l.dir, "lane.log"))
	if err != nil {
		return fmt.Errorf("making the lane's log: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return errors.Join(fmt.Errorf("finding this program: %w", err), log.Close())
	}
	events, childEvents, err := os.Pipe()
	if err != nil {
		return errors.Join(fmt.Errorf("making a pipe: %w", err), log.Close())
	}
	l.command, l.log = exec.Command(self, "lane"), log //nolint:noctx // stopped by its pipe first, so that it can clean up
	l.command.Stdout, l.command.Stderr, l.command.ExtraFiles = log, log, []*os.File{childEvents}
	l.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if l.stdin, err = l.command.StdinPipe(); err == nil {
		err = l.command.Start()
	}
	closeErr := childEvents.Close()
	if err != nil {
		return errors.Join(fmt.Errorf("starting lane %s: %w", l.name, err), closeErr, events.Close(), log.Close())
	}
	go l.follow(ctx, events, said)
	if json.NewEncoder(l.stdin).Encode(l.order) != nil {
		_ = l.stdin.Close() // a child without an order ends, and follow tells how
	}
	return nil
}

// follow reads events until the child's end closes, then waits for it.
func (l *laneProcess) follow(ctx context.Context, events *os.File, said chan<- laneSaid) {
	var stop sync.Once
	ended := make(chan struct{})
	context.AfterFunc(ctx, func() { stop.Do(func() { l.stop(ended) }) })
	lines := bufio.NewScanner(events)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event laneEvent
		if json.Unmarshal(lines.Bytes(), &event) == nil {
			said <- laneSaid{lane: l, event: event}
		}
	}
	err := l.command.Wait()
	close(ended)
	_ = errors.Join(events.Close(), l.log.Close()) // read to their ends
	said <- laneSaid{lane: l, ended: true, err: l.why(err)}
}

// stop closes the pipe, which asks the lane to stop, and kills it when it does not.
func (l *laneProcess) stop(ended <-chan struct{}) {
	_ = l.stdin.Close() // it may be closed already
	timer := time.NewTimer(laneStopMax)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		_ = l.command.Process.Kill() // its servers go with it
	}
}

// quiet lets the lane measure. A lane that is gone does not hear it: its end is an event.
func (l *laneProcess) quiet() { _, _ = io.WriteString(l.stdin, quietLine+"\n") }

// why turns a child's end into an error with the last words of its log.
func (l *laneProcess) why(err error) error {
	if err == nil {
		return nil
	}
	last := lastWords(l.log.Name())
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitUsage {
		return unmetError{last}
	}
	return fmt.Errorf("lane %s ended (%w): %s", l.name, err, last)
}

// unmetError is a lane's sentence about something that the user can mend.
type unmetError struct{ sentence string }

func (e unmetError) Error() string { return e.sentence }

// lastWords is the last line of a lane's log that tristore itself wrote, or its last line.
func lastWords(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "its log cannot be read"
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if sentence, is := strings.CutPrefix(lines[i], "tristore: "); is {
			return sentence
		}
	}
	return lines[len(lines)-1]
}
