package deployment

import (
	"context"
	"time"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// Held is one store's database as it stood at one moment, kept so that a dump and a
// fingerprint can be taken of the same content while others write. Where an engine has no
// such view, Name is empty, and what is read is whatever stands there by then.
type Held struct {
	Name string // of the snapshot, for a dump
	// Asked and Taken enclose the moment of the view, by this process's clock.
	Asked, Taken time.Time

	target drivers.Target
	view   *postgres.Held
}

// Hold takes a view. The caller must Close it.
func Hold(ctx context.Context, target drivers.Target) (*Held, error) {
	held := &Held{Asked: time.Now(), target: target}
	if target.Engine.Family() == drivers.FamilyPostgres {
		view, err := postgres.Hold(ctx, target)
		if err != nil {
			return nil, err
		}
		held.view, held.Name = view, view.Name
	}
	held.Taken = time.Now()
	return held, nil
}

// Fingerprint digests the view.
func (h *Held) Fingerprint(ctx context.Context) (store.Fingerprint, error) {
	if h.view == nil {
		return Fingerprint(ctx, h.target)
	}
	return h.view.Fingerprint(ctx)
}

// Close lets the view go.
func (h *Held) Close(ctx context.Context) error {
	if h.view == nil {
		return nil
	}
	return h.view.Close(ctx)
}

// Size is how many bytes a database takes, as its server says.
func Size(ctx context.Context, target drivers.Target) (int64, error) {
	if target.Engine.Family() == drivers.FamilyPostgres {
		return postgres.Size(ctx, target)
	}
	return mongo.Size(ctx, target)
}

// Analyze lets the planner look at what a restore brought back; asked is false on an
// engine whose planner keeps no statistics.
func Analyze(ctx context.Context, target drivers.Target) (asked bool, err error) {
	if target.Engine.Family() != drivers.FamilyPostgres {
		return false, nil
	}
	return true, postgres.Exec(ctx, target, "ANALYZE")
}

// WithoutStatistics names the tables with rows of which the planner knows nothing, and
// counts those with rows; an engine without such statistics has none.
func WithoutStatistics(ctx context.Context, target drivers.Target) (without []string, tables int, err error) {
	if target.Engine.Family() != drivers.FamilyPostgres {
		return nil, 0, nil
	}
	return postgres.WithoutStatistics(ctx, target)
}
