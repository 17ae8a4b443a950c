package failover

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/faults"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/traffic"
)

// loss is what one loss of a primary came to.
type loss struct {
	streaming, synchronous bool // the standby had everything before; commits waited for it when the primary was lost
	acknowledged, lost     int
	lostSpan               time.Duration // from the first lost write to the loss
	detect, promote, wait  time.Duration // until it was noticed; until the standby took writes; until the last store's first write
	silent                 []store.Name  // stores that acknowledged no write within patience
}

func (l loss) took() time.Duration { return l.detect + l.promote + l.wait }

// pair is a primary and its standby, which follows over a wire of its own.
type pair struct {
	standby *cluster.Cluster
	wire    *faults.Wire
	name    string
}

// lose loses the primary once.
func (d *drill) lose(ctx context.Context, n int) (err error) {
	one := loss{}
	pair, err := d.attach(ctx, n, &one)
	if pair.wire != nil {
		defer pair.wire.Close()
	}
	if err != nil {
		return err
	}
	if err := d.writers.Await(ctx, n, least); err != nil {
		return err
	}
	if d.plan.has(Detached) {
		if err := d.detach(ctx, n, pair); err != nil {
			return err
		}
	}
	one.synchronous = d.plan.Synchronous && !d.plan.has(Detached)
	what := fmt.Sprintf("loss %d: kill the primary, notice it, promote the standby, write", n+1)
	err = d.book.Step(what, func(s *result.Step) error {
		err := d.over(ctx, n, pair, &one)
		s.Said = one.String()
		return err
	})
	if err == nil {
		d.losses = append(d.losses, one)
	}
	return err
}

// attach makes a standby of the primary and waits until it has everything.
func (d *drill) attach(ctx context.Context, n int, one *loss) (p pair, err error) {
	p.name = fmt.Sprintf("standby_%d", n+1)
	folder, err := os.MkdirTemp(d.plan.Dir, "base-")
	if err != nil {
		return p, fmt.Errorf("making a folder for the base backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	admin := d.primary.Admin
	var base backup.Archive
	if err := d.book.Step("base backup of the primary", func(s *result.Step) error {
		if err := postgres.MakeSlot(ctx, admin, p.name); err != nil {
			return err
		}
		var report backup.Report
		base, report, err = backup.Base(ctx, d.primary, folder)
		s.Bytes, s.Said = base.Bytes, report.Version
		return err
	}); err != nil {
		return p, err
	}
	if p.wire, err = faults.NewWire(admin.URL.HostPort()); err != nil {
		return p, err
	}
	behind := admin
	behind.URL = p.wire.Through(admin.URL)
	if err := d.book.Step("start a standby of it", func(*result.Step) (err error) {
		p.standby, err = d.start(ctx, fmt.Sprintf("primary-%d", n+1), &cluster.Recovery{Base: base.Path, Of: d.primary, Follow: &cluster.Following{Primary: behind, Name: p.name}})
		return err
	}); err != nil {
		return p, err
	}
	return p, d.book.Step("wait until the standby has everything", func(s *result.Step) error {
		if d.plan.Synchronous {
			if err := postgres.Synchronise(ctx, admin, p.name, true); err != nil {
				return err
			}
		}
		state, err := postgres.Streaming(ctx, admin, p.name)
		one.streaming, s.Said = err == nil, state
		if err == nil && d.plan.Synchronous != (state == "sync" || state == "quorum") {
			err = fmt.Errorf("the standby is %s", state)
		}
		return err
	})
}

// detach cuts the standby off, and lets the application write on.
func (d *drill) detach(ctx context.Context, n int, p pair) error {
	return d.book.Step("fault "+string(Detached), func(*result.Step) error {
		if d.plan.Synchronous {
			if err := postgres.Synchronise(ctx, d.primary.Admin, p.name, false); err != nil {
				return err
			}
		}
		p.wire.Cut()
		before := len(d.writers.Acknowledged(store.UsersStore, n))
		return d.writers.Await(ctx, n, before+2*least)
	})
}

// over goes from the loss to the first write on the new primary.
func (d *drill) over(ctx context.Context, n int, p pair, one *loss) error {
	old := d.primary
	began := time.Now()
	if err := old.Kill(ctx); err != nil {
		return err
	}
	if err := noticed(ctx, old); err != nil {
		return err
	}
	one.detect = time.Since(began)
	d.wire.Cut() // nobody who comes back under the old address is written to
	if !d.plan.has(Unpromoted) {
		if err := postgres.Promote(ctx, p.standby.Admin); err != nil {
			return err
		}
	}
	one.promote = time.Since(began) - one.detect
	if err := d.switchOver(ctx, n, p, one); err != nil {
		return err
	}
	if d.plan.has(Unpromoted) { // undone, so that what is left can be looked at and removed
		if err := postgres.Promote(ctx, p.standby.Admin); err != nil {
			return err
		}
		if err := d.writers.Await(ctx, n+1, 1); err != nil {
			return err
		}
	}
	d.primary = p.standby
	if err := d.count(ctx, n, began, one); err != nil {
		return err
	}
	return old.Close(ctx)
}

// switchOver lets the application's address lead to the standby, and waits until every
// store acknowledged a write that was begun after that.
func (d *drill) switchOver(ctx context.Context, n int, p pair, one *loss) error {
	d.writers.SwitchTo(d.stores)
	began := time.Now()
	if err := d.wire.Lead(p.standby.Admin.URL.HostPort()); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, d.plan.patience())
	defer cancel()
	err := d.writers.Await(waiting, n+1, 1)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, name := range store.Names() {
		written := d.writers.Acknowledged(name, n+1)
		if len(written) == 0 {
			one.silent = append(one.silent, name)
			one.wait = time.Since(began)
			continue
		}
		one.wait = max(one.wait, written[0].At.Sub(began))
	}
	if err != nil && len(one.silent) == 0 {
		return err
	}
	return nil
}

// How often the primary is asked whether it is there, how long it may take to answer, and
// how many times in a row it must not.
const (
	askEvery = 100 * time.Millisecond
	askMax   = 500 * time.Millisecond
	askTimes = 3
	askMost  = 600 // in all
)

// noticed returns when the primary did not answer several times in a row.
func noticed(ctx context.Context, primary *cluster.Cluster) error {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	missed := 0
	for range askMost {
		asking, cancel := context.WithTimeout(ctx, askMax)
		dialed := deployment.Dial(asking, primary.Admin)
		cancel()
		if missed++; dialed.Accepted {
			missed = 0
		}
		if missed == askTimes {
			return ctx.Err()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("a primary that was killed still answers after %d questions", askMost)
}

// count looks for the writes that the old primary acknowledged.
func (d *drill) count(ctx context.Context, n int, began time.Time, one *loss) error {
	for _, name := range store.Names() {
		written := d.writers.Acknowledged(name, n)
		lost, err := traffic.Missing(ctx, d.stores, written)
		if err != nil {
			return err
		}
		one.acknowledged += len(written)
		one.lost += len(lost)
		if len(lost) > 0 {
			one.lostSpan = max(one.lostSpan, began.Sub(lost[0].At))
		}
	}
	return nil
}

// String is the loss for the runbook.
func (l loss) String() string {
	said := fmt.Sprintf("writable after %s: noticed after %s, promoted in %s, first write %s later; of %d acknowledged writes %d are lost",
		short(l.took()), short(l.detect), short(l.promote), short(l.wait), l.acknowledged, l.lost)
	if len(l.silent) > 0 {
		said = fmt.Sprintf("stores %v took no write within %s", l.silent, short(l.took()))
	}
	return said
}

func short(d time.Duration) string { return d.Round(time.Millisecond).String() }
