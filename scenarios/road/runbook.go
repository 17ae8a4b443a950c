package road

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"tristore/reports/result"
)

// Runbook writes down an operation as it is done: its steps with their times, and what was
// seen of each claim.
type Runbook struct {
	Head  Head
	Facts *result.Run
	Steps int // planned, for the bar
	// About is what the observations are about; empty is the head's engine.
	About string
}

// Step does one step, tells of it and keeps its time. What it says of itself stays; an
// error speaks for it otherwise.
func (b Runbook) Step(what string, do func(*result.Step) error) error {
	b.Head.Say(Progress{Done: len(b.Facts.Steps), Total: b.Steps, Current: what})
	one := result.Step{What: what}
	began := time.Now()
	err := do(&one)
	one.Seconds = time.Since(began).Seconds()
	if err != nil && one.Said == "" {
		one.Said, _, _ = strings.Cut(err.Error(), "\n")
	}
	b.Facts.Steps = append(b.Facts.Steps, one)
	return err
}

// Try makes one observation of a claim, whatever the check does; its error says that it
// could not measure.
func (b Runbook) Try(ctx context.Context, claim string, check func(context.Context, *result.Observation) error) {
	saw := result.Observation{Claim: claim, Engine: cmp.Or(b.About, b.Head.Engine.String()), Began: time.Now().UTC()}
	defer func() {
		if panicked := recover(); panicked != nil {
			saw.Stop(fmt.Errorf("the check panicked: %v", panicked))
		}
		if ctx.Err() != nil {
			saw.Stop(fmt.Errorf("interrupted: %w", context.Cause(ctx)))
		}
		saw.Seconds = time.Since(saw.Began).Seconds()
		b.Facts.Observations = append(b.Facts.Observations, saw)
	}()
	saw.Stop(check(ctx, &saw))
}
