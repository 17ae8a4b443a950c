package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"tristore/scenarios/road"
	"tristore/suites"
	"tristore/suites/availability"
	"tristore/suites/backup"
	"tristore/suites/capacity"
	"tristore/suites/conformance"
	"tristore/suites/load"
	"tristore/suites/migrations"
	"tristore/suites/security"
)

// A lane is a child process of this binary. Between parent and child:
//
//	stdin   one laneOrder as a line of JSON, then a line quietLine for each load window
//	        that may begin; its end means that the parent is gone or wants the lane to stop
//	fd 3    laneEvents as lines of JSON
//	stdout  Ginkgo's own account, kept in the lane's log
//
// The lane's facts are in its folder, whole after every claim. Its exit code is 0 when
// it did its work, 2 when the user can mend what stopped it, 3 otherwise; no finding
// changes it.

// laneEvent is one thing that a lane tells its parent.
type laneEvent struct {
	suites.Progress
	WantsQuiet bool `json:"wants_quiet,omitempty"` // before a load window
	QuietOver  bool `json:"quiet_over,omitempty"`  // after it
}

const (
	quietLine = "quiet"
	eventsFD  = 3
)

var (
	errParentGone = errors.New("the parent ended the lane or is gone")
	errNotALane   = errors.New("lane is how tristore starts itself once per engine: use tristore certify")
)

func laneCommand(to streams) *cobra.Command {
	return &cobra.Command{Use: "lane", Hidden: true, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return runLane(c.Context(), to)
	}}
}

func runLane(ctx context.Context, to streams) error {
	events := os.NewFile(eventsFD, "events")
	lines := bufio.NewScanner(to.in)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		return errNotALane
	}
	order, work, err := readOrder(lines.Bytes())
	if err != nil {
		return errNotALane
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	order.line = &laneLine{events: json.NewEncoder(events), quiet: make(chan struct{})}
	go order.line.listen(ctx, lines, cancel) // ends with the process: reading a pipe cannot be interrupted
	log := slog.New(slog.NewMultiHandler(slog.NewTextHandler(to.err, nil), slog.NewTextHandler(order.line, &slog.HandlerOptions{ReplaceAttr: wordsOnly})))
	head := work.head
	head.Log, head.Quiet = log, func() (func(), error) { return order.line.wait(ctx) }
	head.Tell = func(p road.Progress) {
		order.line.tell(suites.Progress{Done: p.Done, Total: p.Total, Current: p.Current, Live: p.Live, Bytes: p.Bytes})
	}
	return work.run(ctx, order)
}

// specsJob tries the claims of one engine.
func specsJob(plan *suites.LanePlan) job {
	return job{"lane", plan, &plan.Head, func(ctx context.Context, order laneOrder) error {
		lane, err := suites.NewLane(*plan, suites.Hooks{Tell: order.line.tell, Quiet: plan.Quiet}, plan.Log)
		if err != nil {
			return err
		}
		if lane.Address, err = order.external(); err != nil {
			return err
		}
		err = suites.Run(ctx, lane, security.Declare, migrations.Declare, conformance.Declare, backup.Declare, load.Declare, availability.Declare, capacity.Declare)
		if err != nil {
			return troubleError{err}
		}
		return nil
	}}
}

// laneLine is the child's end of the line to its parent.
type laneLine struct {
	mu     sync.Mutex
	events *json.Encoder
	quiet  chan struct{}
}

// listen passes on leave to measure, and ends the lane when the parent's end closes.
func (l *laneLine) listen(ctx context.Context, lines *bufio.Scanner, cancel context.CancelCauseFunc) {
	for lines.Scan() {
		if lines.Text() == quietLine {
			select {
			case l.quiet <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}
	cancel(errParentGone)
}

// send may fail when the parent is gone; listen then ends the lane.
func (l *laneLine) send(event laneEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.events.Encode(event)
}

func (l *laneLine) tell(p suites.Progress) { l.send(laneEvent{Progress: p}) }

// Write passes log lines on as messages, such as "fetching what=postgres/16".
func (l *laneLine) Write(text []byte) (int, error) {
	words := strings.TrimPrefix(strings.TrimSpace(string(text)), slog.MessageKey+"=")
	l.send(laneEvent{Progress: suites.Progress{Message: words}})
	return len(text), nil
}

// wordsOnly leaves the time and the level out of what the board shows.
func wordsOnly(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
		return slog.Attr{}
	}
	return a
}

// wait returns when the parent says that nothing else of ours runs.
func (l *laneLine) wait(ctx context.Context) (done func(), err error) {
	l.send(laneEvent{WantsQuiet: true})
	select {
	case <-l.quiet:
		return func() { l.send(laneEvent{QuietOver: true}) }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for a quiet machine: %w", context.Cause(ctx))
	}
}
