package suites

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/faults"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/road"
)

// Lane tries rows of the catalogue on one engine: it starts one cluster, migrates it
// once, lets each spec have its own databases, and keeps what was seen. Its facts grow
// by one observation at a time, and are saved after each.
type Lane struct {
	Plan LanePlan
	// Address is the external cluster's, with its password; unused for other reaches.
	Address cluster.External

	rows  []Row
	specs []Row // those that a spec was declared for
	hooks Hooks
	log   *slog.Logger
	stage scenarios.Stage
	ends  road.Ends       // of what Start opened
	until context.Context // ends the lane; set when its specs are declared
	fatal error           // why Start or Close did not do its work

	mu    sync.Mutex
	facts result.Run
}

// NewLane reads a plan; its errors are sentences for the user. Nothing is started.
func NewLane(plan LanePlan, hooks Hooks, log *slog.Logger) (*Lane, error) {
	rows, err := Select(plan.Depth, plan.Claims, plan.Beside()...)
	if err != nil {
		return nil, err
	}
	fault := faults.Fault{}
	if plan.Fault != "" {
		if fault, err = faults.ByName(plan.Fault); err != nil {
			return nil, err
		}
	}
	lane := &Lane{Plan: plan, rows: rows, hooks: hooks, log: log}
	lane.stage = scenarios.Stage{Engine: plan.Engine, Fault: fault, Seed: plan.Seed, Depth: plan.Depth, Dir: plan.Dir, Record: lane.record}
	lane.facts = *plan.Facts()
	lane.facts.Seed = plan.Seed
	for _, row := range rows {
		lane.facts.Claims = append(lane.facts.Claims, row.Claim)
	}
	return lane, nil
}

// Rows are the claims that this lane tries in one area; "" means all.
func (l *Lane) Rows(area string) []Row {
	var rows []Row
	for _, row := range l.rows {
		if area == "" || row.Area == area {
			rows = append(rows, row)
		}
	}
	return rows
}

// Start starts the cluster, migrates it and injects the plan's fault, if any. What it
// opened before an error is closed by Close all the same. An error that the user can
// mend wraps cluster.ErrUnreachable.
func (l *Lane) Start(ctx context.Context) error {
	l.tell(Progress{Total: len(l.rows), Current: "starting " + l.Plan.Engine.Title()})
	l.stage.Spec = l.Plan.Spec(cluster.Relaxed, l.Address)
	l.stage.Spec.Log = l.log
	started, err := cluster.Start(ctx, l.stage.Spec)
	if err != nil {
		return l.trouble(err)
	}
	l.ends.Add(started.Close)
	road.Met(started, &l.facts)

	options := deployment.Options{}
	if l.Plan.Migrations != "" {
		options.Migrations = os.DirFS(l.Plan.Migrations)
	}
	host, err := deployment.Prepare(ctx, started, options)
	if err != nil {
		return l.trouble(err)
	}
	l.ends.Add(host.Close)
	l.stage.Host = host
	if err := l.stage.Fault.AfterMigrate(ctx, host); err != nil {
		return l.trouble(err)
	}
	return l.save()
}

// Close ends what Start opened, last first, and saves the facts a last time.
func (l *Lane) Close(ctx context.Context) error {
	err := l.ends.Close(ctx)
	l.facts.Ended = time.Now().UTC()
	l.facts.Engines[0].Seconds = l.facts.Ended.Sub(l.facts.Began).Seconds()
	if err != nil {
		_ = l.trouble(fmt.Errorf("closing: %w", err)) // returned just below
	}
	return errors.Join(err, l.save())
}

// Try tries one claim and returns its finding. The observation is saved whatever
// happens, a panic of the check included.
func (l *Lane) Try(ctx context.Context, row Row) (finding result.Finding) {
	saw := result.Observation{Claim: row.ID, Engine: l.Plan.Engine.String(), Began: time.Now().UTC()}
	l.tell(Progress{Current: row.ID + " " + row.Sentence})
	defer func() {
		saw.Seconds = time.Since(saw.Began).Seconds()
		finding = row.Rule.Judge(saw)
		l.keep(saw)
	}()
	if row.Measures && l.hooks.Quiet != nil {
		l.tell(Progress{Current: row.ID + " waits for a quiet machine"})
		done, err := l.hooks.Quiet()
		if err != nil {
			saw.Stop(err)
			return
		}
		defer done()
		l.tell(Progress{Current: row.ID + " measures"})
		saw.Began = time.Now().UTC()
	}
	row.observe(ctx, l.stage, &saw)
	return
}

// Facts are what the lane saw so far.
func (l *Lane) Facts() result.Run {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.facts
}

func (l *Lane) keep(saw result.Observation) {
	l.mu.Lock()
	l.facts.Observations = append(l.facts.Observations, saw)
	done := len(l.facts.Observations)
	l.mu.Unlock()
	l.tell(Progress{Done: done})
	if err := l.save(); err != nil {
		l.log.Error("saving the lane's facts", "error", err)
	}
}

// record keeps a load measurement; checks call it from their own goroutine.
func (l *Lane) record(m result.Measurement) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.facts.Measurements = append(l.facts.Measurements, m)
}

// trouble marks the lane as unfinished; the first reason stays.
func (l *Lane) trouble(err error) error {
	if l.fatal == nil {
		l.fatal = err
		l.facts.Engines[0].Trouble = err.Error()
	}
	return errors.Join(err, l.save())
}

// save writes the facts so far into the lane's folder, where the parent finds them also
// when this process dies.
func (l *Lane) save() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := os.MkdirAll(l.Plan.Dir, 0o755); err != nil {
		return fmt.Errorf("saving the lane's facts: %w", err)
	}
	return result.Write(l.Plan.Dir, &l.facts)
}

func (l *Lane) tell(p Progress) {
	if l.hooks.Tell != nil {
		l.hooks.Tell(p)
	}
}

// Findings judges what the lane saw, one finding per claim that a spec was declared for:
// a spec that never came to its end tells nothing, and is not forgotten.
func (l *Lane) Findings() []result.Finding {
	facts := l.Facts()
	rules := Rules()
	var findings []result.Finding
	observed := map[string]bool{}
	for _, saw := range facts.Observations {
		observed[saw.Claim] = true
		findings = append(findings, rules[saw.Claim].Judge(saw))
	}
	for _, row := range l.specs {
		if !observed[row.ID] {
			findings = append(findings, result.Finding{Claim: row.ID, Engine: l.Plan.Engine.String(), Reason: "not observed: its spec did not end"})
		}
	}
	return findings
}
