package measure

import "sync"

// timeline holds the seconds that shards are done with. Shards of one window share one, so
// that its size is that of the window's seconds and not of the workers: a day at 6 % of
// resolution takes at most 150 MB, and usually less than half of that. A shard takes its lock
// once per second of the window, never per operation.
type timeline struct {
	lock    sync.Mutex
	rough   *buckets
	seconds []stretch // latency of committed arrivals by second of their due time
}

// stretch is the part of a second's buckets that holds anything.
type stretch struct {
	first  int
	counts []uint32
}

func newTimeline(phase Phase) *timeline {
	return &timeline{rough: coarse(), seconds: make([]stretch, phase.seconds())}
}

// fold adds one shard's second and empties it.
func (t *timeline) fold(at int, r *recorder) {
	if r.past == 0 {
		return
	}
	t.lock.Lock()
	t.seconds[at].add(r.first, r.past, func(i int) uint32 { return uint32(r.counts[i]) })
	t.lock.Unlock()
	clear(r.counts[r.first:r.past])
	r.first, r.past = r.in.size, 0
}

// add merges another timeline, whose shards have ended.
func (t *timeline) add(other *timeline) {
	for at, second := range other.seconds {
		if past := second.first + len(second.counts); len(second.counts) > 0 {
			t.seconds[at].add(second.first, past, func(i int) uint32 { return second.counts[i-second.first] })
		}
	}
}

func (s *stretch) add(from, to int, counts func(int) uint32) {
	first, past := from, to
	if len(s.counts) > 0 {
		first, past = min(first, s.first), max(past, s.first+len(s.counts))
	}
	if past-first > len(s.counts) {
		wider := make([]uint32, past-first)
		if len(s.counts) > 0 {
			copy(wider[s.first-first:], s.counts)
		}
		s.first, s.counts = first, wider
	}
	for i := from; i < to; i++ {
		s.counts[i-s.first] += counts(i)
	}
}

// at is one second as a recorder of its own; nil where nothing was committed in it.
func (t *timeline) at(second int) *recorder {
	held := t.seconds[second]
	if len(held.counts) == 0 {
		return nil
	}
	r := newRecorder(t.rough)
	r.first, r.past = held.first, held.first+len(held.counts)
	for i, n := range held.counts {
		r.counts[held.first+i] = int64(n)
	}
	return &r
}
