package measure

import (
	"context"
	"errors"
	"time"

	"tristore/drivers/store"
)

// Shard is what one goroutine recorded. It has no lock: only its owner may write, and
// nobody may merge it before the owner has ended.
type Shard struct {
	phase    Phase
	latency  recorder // due to end, committed arrivals
	service  recorder // call to end, committed arrivals
	refused  recorder // due to end, refused arrivals
	lag      recorder // due to call, every started arrival
	pacing   recorder // the generator's own part of lag
	counts   counts
	refusals map[string]int64 // by reason
	unknowns map[string]int64 // by what is known of them
	timeline *timeline        // seconds that are done with; shared with the other shards of the window
	current  recorder         // latency of committed arrivals that were due in the second at
	at       int
	stores   []operations // by store, where steps tell of their operations
	witness  []string
}

// Phase is the measured phase, as times since the run's zero. What counts is the due
// time: an arrival due inside counts however late it ends, since leaving it out would
// hide exactly the slow ones, so such a one is counted apart as well; an arrival due
// before it does not count when it ends inside. Rates count only what lies wholly inside.
type Phase struct{ Begin, End time.Duration }

// Holds tells whether an arrival due then counts.
func (p Phase) Holds(due time.Duration) bool { return due >= p.Begin && due < p.End }

// Sample is one started arrival; times since the run's zero.
type Sample struct {
	Due    time.Duration
	Queued time.Duration // when it was put where workers find it
	Called time.Duration
	Ended  time.Duration
	// Idle tells that a worker was waiting when it was queued, so that all of its lag is
	// the generator's own.
	Idle    bool
	Outcome store.Outcome
}

// LateAfter is how long after its due time a start counts as late.
const LateAfter = time.Millisecond

// witnessMax bounds the evidence one shard keeps.
const witnessMax = 5

type counts struct {
	due, committed, refused, unknown, dropped, late int64
	retries, deadlocks                              int64 // of operations after a conflict, and of these after a deadlock
	inside                                          int64 // ended before the end of the phase
	overran                                         int64 // ended after it
}

// NewShards makes empty shards of one window, each for one owner.
func NewShards(phase Phase, n int) []*Shard {
	shared, all := newTimeline(phase), make([]*Shard, n)
	for i := range all {
		all[i] = newShard(phase, shared)
	}
	return all
}

// NewShard makes the one shard of a window.
func NewShard(phase Phase) *Shard { return newShard(phase, newTimeline(phase)) }

func newShard(phase Phase, seconds *timeline) *Shard {
	exact := fine()
	return &Shard{
		phase: phase, latency: newRecorder(exact), service: newRecorder(exact), refused: recorder{in: exact}, lag: newRecorder(exact), pacing: newRecorder(exact),
		refusals: map[string]int64{}, unknowns: map[string]int64{}, timeline: seconds, current: newRecorder(seconds.rough),
	}
}

// Arrive counts an arrival that became due.
func (s *Shard) Arrive(due time.Duration) {
	if s.phase.Holds(due) {
		s.counts.due++
	}
}

// Drop counts an arrival that was never started.
func (s *Shard) Drop(due time.Duration) {
	if s.phase.Holds(due) {
		s.counts.dropped++
	}
}

// Record keeps one started arrival.
func (s *Shard) Record(sample Sample) {
	if !s.phase.Holds(sample.Due) {
		return
	}
	lag := sample.Called - sample.Due
	s.lag.record(lag)
	if sample.Idle {
		s.pacing.record(lag)
	} else {
		s.pacing.record(sample.Queued - sample.Due)
	}
	if lag > LateAfter {
		s.counts.late++
	}
	if sample.Ended <= s.phase.End {
		s.counts.inside++
	} else {
		s.counts.overran++
	}
	s.counts.retries, s.counts.deadlocks = s.counts.retries+int64(sample.Outcome.Retries), s.counts.deadlocks+int64(sample.Outcome.Deadlocks)
	switch sample.Outcome.Status {
	case store.Committed:
		s.counts.committed++
		s.latency.record(sample.Ended - sample.Due)
		s.service.record(sample.Ended - sample.Called)
		s.second(sample.Due).record(sample.Ended - sample.Due)
	case store.Refused:
		s.counts.refused++
		s.refused.record(sample.Ended - sample.Due)
		s.refusals[string(sample.Outcome.Reason)]++
		s.see(sample)
	default:
		s.counts.unknown++
		s.unknowns[why(sample.Outcome)]++
		s.see(sample)
	}
}

// why sorts unknown outcomes by what is known of them, from types and codes.
func why(o store.Outcome) string {
	switch {
	case errors.Is(o.Err, context.Canceled), errors.Is(o.Err, context.DeadlineExceeded):
		return "no answer before the run gave up"
	case o.Code != "":
		return "session ended with " + o.Code
	case o.Err != nil:
		return "connection lost"
	default:
		return "not told"
	}
}

func (s *Shard) see(sample Sample) {
	if len(s.witness) < witnessMax {
		s.witness = append(s.witness, "at "+(sample.Due-s.phase.Begin).Round(time.Millisecond).String()+": "+sample.Outcome.Detail())
	}
}

// second is the recorder of the second in which an arrival of the phase was due. Arrivals
// come to a worker in the order of their due times, so that what it holds is folded once a second.
func (s *Shard) second(due time.Duration) *recorder {
	if at := int((due - s.phase.Begin) / time.Second); at != s.at {
		s.timeline.fold(s.at, &s.current)
		s.at = at
	}
	return &s.current
}

// seconds is how many seconds the phase touches.
func (p Phase) seconds() int { return max(0, int((p.End-p.Begin+time.Second-1)/time.Second)) }
