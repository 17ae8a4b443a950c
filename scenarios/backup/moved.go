package backup

import (
	"context"

	"tristore/drivers/deployment"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
)

// Moved is the content of these checks for an experiment that brings it elsewhere by other
// means than a dump: it is filled in, and lived on, as a restored copy is.
type Moved struct{ c *copied }

// NewMoved is the content that a check on this stage would have.
func NewMoved(on scenarios.Stage) Moved {
	identity, collections := contentOf(on)
	return Moved{&copied{Restored: Restored{Identity: identity, Collections: collections}, on: on}}
}

// Identity and Collections are what it holds.
func (m Moved) Identity() dataset.Identity { return m.c.Identity }

// Collections are those of its workspaces.
func (m Moved) Collections() dataset.Collections { return m.c.Collections }

// Fill loads it, and the corpus, into three empty stores.
func (m Moved) Fill(ctx context.Context, into *deployment.Deployment) error {
	m.c.source = into
	return m.c.fill(ctx)
}

// Live does on filled databases what Serve does on restored ones, and records the same
// facts but for those of the copying: starts to sequences_behind.
func (m Moved) Live(ctx context.Context, on *deployment.Host, filled []*deployment.Blank, saw *result.Observation) error {
	record(saw, livedFacts()...)
	there := Restored{Host: on, Identity: m.c.Identity, Collections: m.c.Collections, Copies: filled, Saw: saw}
	if err := there.Start(ctx); err != nil {
		return err
	}
	return there.Live(ctx)
}

// livedFacts are those that Start and Live count.
func livedFacts() []string {
	return []string{"starts", "start_errors", "applied_again", "next_releases", "reads", "refused", "wrong", "writes", "writes_refused", "unknown",
		"sequences", "sequences_behind"}
}
