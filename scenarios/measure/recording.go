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

// Merge adds shards of one phase; the order changes nothing. A sample that has no place
// is counted as clipped, and such a window is worth nothing.
func Merge(phase Phase, shards ...*Shard) (*Recording, error) {
	all, added := NewShard(phase), map[*timeline]bool{}
	for _, s := range shards {
		if s.phase != phase {
			return nil, fmt.Errorf("merging a shard of phase %v into %v: they are of two windows", s.phase, phase)
		}
		all.add(s)
		if !added[s.timeline] {
			added[s.timeline] = true
			all.timeline.add(s.timeline)
		}
	}
	return &Recording{all}, nil
}

func (s *Shard) add(other *Shard) {
	for _, pair := range [][2]*recorder{
		{&s.latency, &other.latency}, {&s.service, &other.service}, {&s.refused, &other.refused}, {&s.lag, &other.lag}, {&s.pacing, &other.pacing},
	} {
		pair[0].add(pair[1])
	}
	if other.current.past > 0 {
		open := other.current // a copy of its own counts: a shard may be merged again
		open.counts = slices.Clone(open.counts)
		s.timeline.fold(other.at, &open)
	}
	s.addStores(other)
	for reason, n := range other.refusals {
		s.refusals[reason] += n
	}
	for reason, n := range other.unknowns {
		s.unknowns[reason] += n
	}
	s.witness = append(s.witness, other.witness...)
	a, b := &s.counts, other.counts
	a.due, a.committed, a.refused, a.unknown = a.due+b.due, a.committed+b.committed, a.refused+b.refused, a.unknown+b.unknown
	a.dropped, a.late, a.retries, a.deadlocks = a.dropped+b.dropped, a.late+b.late, a.retries+b.retries, a.deadlocks+b.deadlocks
	a.inside, a.overran = a.inside+b.inside, a.overran+b.overran
}

// Witness is what the store said about some arrivals that were not committed.
func (r *Recording) Witness() []string { return slices.Clone(r.all.witness) }

// Measurement is the recording as the run file keeps it; ran is how much of the phase
// took place, less than all of it when the run was cut short. Names (engine, claim,
// workload, window), the loop and the planned rate are the caller's.
func (r *Recording) Measurement(ran time.Duration) (result.Measurement, error) {
	s := r.all
	m := result.Measurement{
		Seconds: ran.Seconds(),
		Counts: result.Counts{
			Due: s.counts.due, Committed: s.counts.committed, Refused: s.counts.refused, Unknown: s.counts.unknown,
			Dropped: s.counts.dropped, Late: s.counts.late, Retries: s.counts.retries, Deadlocks: s.counts.deadlocks, Overran: s.counts.overran,
		},
	}
	if ran > 0 {
		m.Achieved = float64(s.counts.inside) / ran.Seconds()
	}
	m.Refused, m.UnknownBy = byReason(s.refusals), byReason(s.unknowns)
	for at := range s.timeline.seconds {
		m.Timeline = append(m.Timeline, s.timeline.at(at).second(at))
	}
	for i := range s.stores {
		of := &s.stores[i]
		held, err := of.latency.saved()
		if err != nil {
			return m, err
		}
		m.Stores = append(m.Stores, result.StoreLatency{
			Operations: of.committed + of.refused + of.unknown + of.dropped, Committed: of.committed, Refused: of.refused, Unknown: of.unknown, Dropped: of.dropped, Latency: held,
		})
	}
	var errs [5]error
	m.Latency, errs[0] = s.latency.saved()
	m.Service, errs[1] = s.service.saved()
	m.Lag, errs[2] = s.lag.saved()
	m.Pacing, errs[3] = s.pacing.saved()
	if s.refused.past > 0 || s.refused.clipped > 0 {
		m.RefusedLatency, errs[4] = s.refused.saved()
	}
	return m, errors.Join(errs[:]...)
}

func byReason(counts map[string]int64) (all []result.Refusal) {
	for reason, n := range counts {
		all = append(all, result.Refusal{Reason: reason, Count: n})
	}
	slices.SortFunc(all, func(a, b result.Refusal) int { return cmp.Compare(a.Reason, b.Reason) })
	return all
}
