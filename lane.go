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

	scenariobackup "tristore/scenarios/backup"
	"tristore/scenarios/backup/drill"
	"tristore/scenarios/campaign"
	"tristore/scenarios/capacity"
	"tristore/scenarios/capacity/arms"
	"tristore/scenarios/observe"
	"tristore/scenarios/replay"
	"tristore/scenarios/road"
	"tristore/scenarios/transfer"
	"tristore/scenarios/upgrade"
	"tristore/suites"
	"tristore/suites/availability"
	"tristore/suites/backup"
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

// laneOrder is what the parent asks of a lane. It passes the external cluster's URL in
// plain, over the pipe and nowhere else.
type laneOrder struct {
	Lane         *suites.LanePlan           `json:"lane,omitempty"`
	Split        *capacity.Plan             `json:"split,omitempty"`
	Load         *campaign.Plan             `json:"load,omitempty"`
	Replay       *replay.Plan               `json:"replay,omitempty"`
	Restore      *scenariobackup.VerifyPlan `json:"restore,omitempty"`
	Import       *transfer.Plan             `json:"import,omitempty"`
	Observe      *observe.Plan              `json:"observe,omitempty"`
	Interference *arms.Plan                 `json:"interference,omitempty"`
	Before       string                     `json:"before,omitempty"` // the saved facts that a split measurement goes on from
	Drill        *drill.Plan                `json:"drill,omitempty"`
	Upgrade      *upgrade.Plan              `json:"upgrade,omitempty"`
	URL          string                     `json:"url,omitempty"`
	// CAFile and SelfSigned go with the URL.
	CAFile     string `json:"ca_file,omitempty"`
	SelfSigned bool   `json:"self_signed,omitempty"`
}

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
	var order laneOrder
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &order) != nil || order.head() == nil {
		return errNotALane
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	line := &laneLine{events: json.NewEncoder(events), quiet: make(chan struct{})}
	go line.listen(ctx, lines, cancel) // ends with the process: reading a pipe cannot be interrupted
	log := slog.New(slog.NewMultiHandler(slog.NewTextHandler(to.err, nil), slog.NewTextHandler(line, &slog.HandlerOptions{ReplaceAttr: wordsOnly})))
	head := order.head()
	head.Log, head.Quiet = log, func() (func(), error) { return line.wait(ctx) }
	head.Tell = func(p road.Progress) {
		line.tell(suites.Progress{Done: p.Done, Total: p.Total, Current: p.Current, Live: p.Live, Bytes: p.Bytes})
	}
	switch {
	case order.Split != nil:
		return runSplit(ctx, order)
	case order.Load != nil:
		return runLoad(ctx, order)
	case order.Replay != nil:
		return runReplay(ctx, order)
	case order.Restore != nil:
		return runRestore(ctx, order)
	case order.Import != nil:
		return runImport(ctx, order)
	case order.Observe != nil:
		return runObserve(ctx, order)
	case order.Interference != nil:
		return runInterference(ctx, order)
	case order.Drill != nil:
		return runDrill(ctx, order)
	case order.Upgrade != nil:
		return runUpgrade(ctx, order)
	default:
		return runSpecs(ctx, order, suites.Hooks{Tell: line.tell, Quiet: head.Quiet})
	}
}

// head begins the plan that an order holds; nil where it holds none.
func (o laneOrder) head() *road.Head {
	switch {
	case o.Lane != nil:
		return &o.Lane.Head
	case o.Split != nil:
		return &o.Split.Head
	case o.Load != nil:
		return &o.Load.Head
	case o.Replay != nil:
		return &o.Replay.Head
	case o.Restore != nil:
		return &o.Restore.Head
	case o.Import != nil:
		return &o.Import.Head
	case o.Observe != nil:
		return &o.Observe.Head
	case o.Interference != nil:
		return &o.Interference.Head
	case o.Drill != nil:
		return &o.Drill.Head
	case o.Upgrade != nil:
		return &o.Upgrade.Head
	default:
		return nil
	}
}

func runSpecs(ctx context.Context, order laneOrder, hooks suites.Hooks) error {
	lane, err := suites.NewLane(*order.Lane, hooks, order.Lane.Log)
	if err != nil {
		return err
	}
	if order.URL != "" {
		if lane.Address, err = order.external(); err != nil {
			return err
		}
	}
	err = suites.Run(ctx, lane, security.Declare, migrations.Declare, conformance.Declare, backup.Declare, load.Declare, availability.Declare)
	if err != nil {
		return troubleError{err}
	}
	return nil
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
