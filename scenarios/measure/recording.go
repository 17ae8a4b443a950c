package measure

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"tristore/reports/result"
)

// Recording is one window's shards added up.
type Recording struct{ all *Shard }

// Merge adds shards of one phase; the order changes nothing. A sample lost on the way
// is an error: such a window is worth nothing.
func Merge(phase Phase, shards ...*Shard) (*Recording, error) {
	all := NewShard(phase)
	for _, s := range shards {
		if s.phase != phase {
			return nil, fmt.Errorf("merging a shard of phase %v into %v: they are of two windows", s.phase, phase)
		}
		if err := all.add(s); err != nil {
			return nil, err
		}
	}
	return &Recording{all}, nil
}

func (s *Shard) add(other *Shard) error {
	err := errors.Join(s.latency.add(&other.latency), s.service.add(&other.service), s.lag.add(&other.lag), s.pacing.add(&other.pacing))
	for at, second := range other.seconds {
		if second == nil {
			continue
		}
		if s.seconds[at] == nil {
			r := newRecorder(coarse)
			s.seconds[at] = &r
		}
		err = errors.Join(err, s.seconds[at].add(second))
	}
	for reason, n := range other.refusals {
		s.refusals[reason] += n
	}
	s.witness = append(s.witness, other.witness...)
	a, b := &s.counts, other.counts
	a.due, a.committed, a.refused, a.unknown = a.due+b.due, a.committed+b.committed, a.refused+b.refused, a.unknown+b.unknown
	a.dropped, a.late, a.inside = a.dropped+b.dropped, a.late+b.late, a.inside+b.inside
	return err
}

// Witness is what the store said about some arrivals that were not committed.
func (r *Recording) Witness() []string { return slices.Clone(r.all.witness) }

// Measurement is the recording as the run file keeps it. Offered is the planned rate
// per second; ran is how much of the phase took place, less than all of it when the
// run was cut short. Names (engine, claim, workload, window) are the caller's.
func (r *Recording) Measurement(offered float64, ran time.Duration) (result.Measurement, error) {
	s := r.all
	m := result.Measurement{
		Offered: offered, Seconds: ran.Seconds(),
		Counts: result.Counts{
			Due: s.counts.due, Committed: s.counts.committed, Refused: s.counts.refused, Unknown: s.counts.unknown,
			Dropped: s.counts.dropped, Late: s.counts.late,
		},
	}
	if ran > 0 {
		m.Achieved = float64(s.counts.inside) / ran.Seconds()
	}
	for reason, n := range s.refusals {
		m.Refused = append(m.Refused, result.Refusal{Reason: string(reason), Count: n})
	}
	slices.SortFunc(m.Refused, func(a, b result.Refusal) int { return cmp.Compare(a.Reason, b.Reason) })
	for at, second := range s.seconds {
		line := result.Second{Second: at}
		if second != nil {
			line.Count, line.P50, line.P99 = second.in.TotalCount(), second.quantile(50), second.quantile(99)
		}
		m.Timeline = append(m.Timeline, line)
	}
	var errs [4]error
	m.Latency, errs[0] = s.latency.saved()
	m.Service, errs[1] = s.service.saved()
	m.Lag, errs[2] = s.lag.saved()
	m.Pacing, errs[3] = s.pacing.saved()
	return m, errors.Join(errs[:]...)
}
