package upgrade

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/traffic"
)

// fence keeps the application from writing to the old side, and takes the view of what it
// then is.
func (p *passage) fence(ctx context.Context) error {
	return p.step("stop writes on the old one: its sessions are ended and begin read-only", func(*result.Step) (err error) {
		if err := p.fenceAll(ctx, p.old); err != nil {
			return err
		}
		p.oldThen, err = held(ctx, p.old)
		return err
	})
}

func (p *passage) fenceAll(ctx context.Context, s *side) error {
	return s.each(func(_ int, blank *deployment.Blank) error { return postgres.Fence(ctx, blank.Admin, s.role.Name) })
}

// handOver switches the application to the new side, and shows the way back.
func (p *passage) handOver(ctx context.Context) error {
	if err := p.damage(ctx); err != nil {
		return err
	}
	if err := p.mover.reserve(ctx); err != nil {
		return err
	}
	return p.step("switch the application to the new one", func(s *result.Step) (err error) {
		if p.newThen, err = held(ctx, p.new); err != nil {
			return err
		}
		if p.new.opened == nil {
			if err := p.new.open(ctx); err != nil {
				return err
			}
		}
		p.traffic.SwitchTo(p.new.opened)
		if err := p.traffic.Await(ctx, 1, 5); err != nil {
			return err
		}
		took, err := p.traffic.Downtime(0)
		s.Said = fmt.Sprintf("nobody could write for %s", took.Round(time.Millisecond))
		return err
	})
}

// cutOver asks what the application went through.
//
// Facts: acknowledged: writes by the old one, at least 15; lost = 0: of those, on the new
// one; acknowledged_after: by the new one, at least 15; refused, unknown: writes tried
// meanwhile; downtime_ms; not_carried = 0: what the method leaves behind and nobody saw to;
// back_refused = 0: writes that the old one refused on the way back; back_lost = 0: writes
// that the new one acknowledged and the way back promises, and are not there;
// stays_behind: writes that the way back by this method leaves on the new one.
func (p *passage) cutOver(ctx context.Context, saw *result.Observation) error {
	record(saw, "acknowledged", "lost", "acknowledged_after", "not_carried", "back_writes", "back_refused", "back_lost", "stays_behind")
	for fact, value := range p.cut.Facts {
		saw.Set(fact, value)
	}
	for _, line := range p.cut.Witness {
		saw.See("%s", line)
	}
	took, err := p.traffic.Downtime(0)
	if err != nil {
		return err
	}
	saw.Set("downtime_ms", float64(took.Microseconds())/1000)
	saw.See("nobody could write for %s, from the last write that the old one acknowledged to the first of the new one, in the worst of three stores", took.Round(time.Millisecond))
	if err := p.mover.back(ctx, saw); err != nil {
		return err
	}
	p.traffic.Stop()
	refused, unknown := p.traffic.Unanswered()
	saw.Set("refused", float64(refused))
	saw.Set("unknown", float64(unknown))
	for _, name := range store.Names() {
		before, after := p.traffic.Acknowledged(name, 0), p.traffic.Acknowledged(name, 1)
		saw.Add("acknowledged", float64(len(before)))
		saw.Add("acknowledged_after", float64(len(after)))
		lost, err := traffic.Missing(ctx, p.new.opened, append(before, after...))
		if err != nil {
			return err
		}
		saw.Add("lost", float64(len(lost)))
		if len(lost) > 0 {
			saw.See("store %s: %d acknowledged writes are not on the new one, first row %d", name, len(lost), lost[0].Row)
		}
	}
	return ctx.Err()
}

// oldWrites lets the application write to the old side again, one row a store that is
// stays, and counts what the new one has beyond it.
func (p *passage) oldWrites(ctx context.Context, saw *result.Observation) (stays int, err error) {
	if err := p.unfence(ctx, p.old); err != nil {
		return 0, err
	}
	for _, name := range store.Names() {
		stays += len(p.traffic.Acknowledged(name, 1))
		outcome := traffic.Write(ctx, p.old.opened, name, p.traffic.Next())
		saw.Add("back_writes", 1)
		if !outcome.OK() {
			saw.Add("back_refused", 1)
			saw.See("store %s: on the way back the old one did not take a write: %s", name, outcome.Detail())
		}
	}
	saw.Set("stays_behind", float64(stays))
	return stays, p.fenceAll(ctx, p.old)
}

// unfence lets the application write to a side again.
func (p *passage) unfence(ctx context.Context, s *side) error {
	err := s.each(func(_ int, blank *deployment.Blank) error { return postgres.Unfence(ctx, blank.Admin, s.role.Name) })
	return errors.Join(err, s.reopen(ctx))
}

// reopen opens the stores again, after a fence ended their sessions.
func (s *side) reopen(ctx context.Context) error {
	if err := s.shut(ctx); err != nil {
		return err
	}
	return s.open(ctx)
}
