package upgrade

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tristore/drivers/backup"
	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/traffic"
)

// following is the method of blue and green: the new side follows the old one by logical
// replication while the application writes, and is switched to when it has caught up.
// Afterwards the old side follows the new one, so that going back loses nothing.
type following struct {
	*passage
	there, back_ link
}

// link is one side that follows another, one stream a store.
type link struct {
	from, to *side
	streams  []postgres.Stream
}

// newLink names the streams; serial keeps links of one pair apart.
func newLink(from, to *side, serial int) link {
	l := link{from: from, to: to}
	for i, blank := range from.blanks {
		l.streams = append(l.streams, postgres.Stream{Name: fmt.Sprintf("upgrade_%d_%s", serial, blank.Store), From: blank.Admin, To: to.blanks[i].Admin})
	}
	return l
}

// each works on every stream at once.
func (l link) each(work func(postgres.Stream) error) error {
	if len(l.streams) == 0 {
		return nil
	}
	return l.from.each(func(i int, _ *deployment.Blank) error { return work(l.streams[i]) })
}

// prepare finds what replication does not carry, brings the schema over, follows, waits
// for the first copy, and has the planner's statistics gathered before anybody needs them.
func (m *following) prepare(ctx context.Context) error {
	m.there, m.back_ = newLink(m.old, m.new, 2*m.index), newLink(m.new, m.old, 2*m.index+1)
	if err := m.step("find what replication does not carry", func(s *result.Step) error { return m.preflight(ctx, s) }); err != nil {
		return err
	}
	for i, blank := range m.old.blanks {
		archive, err := m.dump(ctx, blank, "dump the schema of store %s", backup.How{SchemaOnly: true})
		if err != nil {
			return err
		}
		if err := m.restore(ctx, m.new.blanks[i], archive, "make the schema of store %s on the new one"); err != nil {
			return err
		}
	}
	if err := m.step("publish every table on both, follow the old one, and copy what is there", func(s *result.Step) error {
		return m.there.each(func(one postgres.Stream) error {
			if err := one.Publish(ctx); err != nil {
				return err
			}
			if err := one.Follow(ctx, true); err != nil {
				return err
			}
			return one.Copied(ctx)
		})
	}); err != nil {
		return err
	}
	if !m.plan.has(NoStatistics) {
		if err := m.step("gather the planner's statistics on the new one", func(*result.Step) error { return analyze(ctx, m.new) }); err != nil {
			return err
		}
	}
	if err := m.back_.each(func(one postgres.Stream) error { return one.Publish(ctx) }); err != nil {
		return err
	}
	if err := m.new.open(ctx); err != nil {
		return err
	}
	return m.step("measure how far the new one is behind while the application writes", func(s *result.Step) error { return m.lag(ctx, s) })
}

// preflight names what would be left behind, and lets replication tell the rows of keyless
// tables apart. What remains after that is not carried.
func (m *following) preflight(ctx context.Context, s *result.Step) error {
	var found []string
	for _, blank := range m.old.blanks {
		before, err := postgres.NotCarried(ctx, blank.Admin)
		if err != nil {
			return err
		}
		if _, err := postgres.IdentifyByRow(ctx, blank.Admin); err != nil {
			return err
		}
		after, err := postgres.NotCarried(ctx, blank.Admin)
		if err != nil {
			return err
		}
		m.cut.Add("not_carried", float64(len(after)))
		for _, line := range before {
			said := fmt.Sprintf("%s: %s", blank.Store, line)
			if slices.Contains(after, line) {
				m.cut.See("left behind: %s", said)
			} else {
				said += ", so its rows are told apart by all their columns"
			}
			found = append(found, said)
		}
	}
	m.cut.Set("found_beforehand", float64(len(found)))
	s.Said = "nothing"
	if len(found) > 0 {
		s.Said = strings.Join(found, "; ")
	}
	s.Said += "; sequences are carried at the cut-over; no schema change is"
	return nil
}

// lagSamples is how many acknowledged writes are looked for on the new side.
const lagSamples = 10

// lag measures from the old side's acknowledgement of a write to the moment that it can be
// read on the new side, and how many bytes of log are unconfirmed.
func (m *following) lag(ctx context.Context, s *result.Step) error {
	var took []time.Duration
	var bytes int64
	for range lagSamples {
		ledger := m.traffic.Acknowledged(store.UsersStore, 0)
		seen := len(ledger)
		if err := m.traffic.Await(ctx, 0, seen+1); err != nil {
			return err
		}
		newest := m.traffic.Acknowledged(store.UsersStore, 0)[seen]
		if err := visible(ctx, m.new.opened, newest); err != nil {
			return err
		}
		took = append(took, time.Since(newest.At))
		behind, err := m.there.streams[0].Behind(ctx)
		if err != nil {
			return err
		}
		bytes = max(bytes, behind)
	}
	slices.Sort(took)
	median, most := took[len(took)/2], took[len(took)-1]
	m.cut.Set("lag_median_ms", float64(median.Microseconds())/1000)
	m.cut.Set("lag_max_ms", float64(most.Microseconds())/1000)
	m.cut.Set("lag_max_bytes", float64(bytes))
	s.Said = fmt.Sprintf("a write can be read there after %s (median of %d), %s at most; %d bytes of log unconfirmed at most", median.Round(time.Microsecond), len(took), most.Round(time.Microsecond), bytes)
	return nil
}

// visibleMax bounds the wait for a write to arrive.
const visibleMax = time.Minute

// visible waits until a write can be read.
func visible(ctx context.Context, on *deployment.Deployment, one traffic.Entry) error {
	ctx, cancel := context.WithTimeout(ctx, visibleMax)
	defer cancel()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for {
		outcome := traffic.Has(ctx, on, one.Store, one.Row)
		if outcome.OK() {
			return nil
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return fmt.Errorf("row %d of store %s did not arrive on the other side: %s: %w", one.Row, one.Store, outcome.Detail(), ctx.Err())
		}
	}
}

func (m *following) move(ctx context.Context) error {
	return m.step("wait until the new one has everything, and carry the sequences", func(s *result.Step) error {
		carried, err := m.there.drain(ctx)
		s.Said = fmt.Sprintf("%d sequences", carried)
		return err
	})
}

// drain brings over what is left of a side that nobody writes to any more.
func (l link) drain(ctx context.Context) (sequences int, err error) {
	carried := make([]int, len(l.streams))
	err = l.from.each(func(i int, _ *deployment.Blank) (err error) {
		one := l.streams[i]
		if err := one.CaughtUp(ctx); err != nil {
			return err
		}
		carried[i], err = postgres.CarrySequences(ctx, one.From, one.To)
		return err
	})
	for _, n := range carried {
		sequences += n
	}
	return sequences, err
}

// reserve makes the place from which the old side will follow the new one: everything that
// is written from now on comes back.
func (m *following) reserve(ctx context.Context) error {
	return m.step("reserve the way back on the new one", func(*result.Step) error {
		return m.back_.each(func(one postgres.Stream) error { return one.Reserve(ctx) })
	})
}

// back turns the direction round and looks for the new side's acknowledged writes on the
// old one, which then takes writes again.
func (m *following) back(ctx context.Context, saw *result.Observation) error {
	return m.step("show the way back: the old one follows the new one, and takes writes again", func(s *result.Step) error {
		if err := m.there.end(ctx); err != nil {
			return err
		}
		if err := m.back_.each(func(one postgres.Stream) error { return one.Follow(ctx, false) }); err != nil {
			return err
		}
		if err := m.traffic.Await(ctx, 1, 10); err != nil {
			return err
		}
		m.traffic.Stop()
		if _, err := m.back_.drain(ctx); err != nil {
			return err
		}
		if err := m.old.reopen(ctx); err != nil {
			return err
		}
		came := 0
		for _, name := range store.Names() {
			written := m.traffic.Acknowledged(name, 1)
			lost, err := traffic.Missing(ctx, m.old.opened, written)
			if err != nil {
				return err
			}
			came += len(written) - len(lost)
			saw.Add("back_lost", float64(len(lost)))
		}
		saw.Set("back_rows", float64(came))
		if _, err := m.oldWrites(ctx, saw); err != nil {
			return err
		}
		saw.Set("stays_behind", saw.Facts["back_lost"])
		s.Said = fmt.Sprintf("%d writes that the new one acknowledged are on the old one, %.0f are not; it took %.0f of 3 more", came, saw.Facts["back_lost"], 3-saw.Facts["back_refused"])
		return m.back_.end(ctx)
	})
}

// end removes streams, slots and publications; it may be called at any stage.
func (l *link) end(ctx context.Context) error {
	err := l.each(func(one postgres.Stream) error { return one.End(ctx) })
	if err == nil {
		l.streams = nil
	}
	return err
}

func (m *following) end(ctx context.Context) error {
	return errors.Join(m.there.end(ctx), m.back_.end(ctx))
}
