package replay

import (
	"sync"
	"time"

	"tristore/scenarios/trace"
)

// item is one statement that waits to be sent.
type item struct {
	trace.Record
	class  trace.Class
	due    time.Duration
	queued time.Duration // when it was there to be taken
	idle   bool          // a worker waited for it
}

// sessionID tells sessions apart.
type sessionID struct {
	number   uint64
	database string
}

// session is a session of the trace that has statements waiting or under way.
type session struct {
	id      sessionID
	waiting []item
	taken   bool // a worker serves it, or it stands in the line
	// inside is set while a worker waits for the next statement of an open transaction.
	inside bool
	given  bool // that transaction is given up
	more   *sync.Cond
}

// queue hands the statements of sessions to workers: those of one session to one worker
// at a time and in their order. It holds a bounded number of statements and bytes.
type queue struct {
	mu      sync.Mutex
	work    *sync.Cond // for workers: a session has statements
	room    *sync.Cond // for the reader: there is room, or every worker waits inside a transaction
	workers int
	heldMax int

	sessions map[sessionID]*session
	line     []*session // sessions with statements and no worker, first come first
	held     int
	bytes    int
	idle     int // workers that wait for any session
	inside   []*session
	givenUp  int64

	closed  bool // nothing more comes
	stopped bool // nothing more is handed out
}

// The most that waits in memory; what is behind it waits in the file.
const (
	heldMax  = 1 << 14
	bytesMax = 64 << 20
)

func newQueue(workers int) *queue {
	q := &queue{workers: workers, heldMax: heldMax, sessions: map[sessionID]*session{}}
	q.work, q.room = sync.NewCond(&q.mu), sync.NewCond(&q.mu)
	return q
}

func size(i item) int {
	n := len(i.Text) + 128
	for _, p := range i.Params {
		n += len(p.Value) + 24
	}
	return n
}

// put adds a statement; blocked tells that it waited for room. When every worker waits
// inside a transaction for a statement that is behind this one in the file, the longest
// such transaction is given up, or nobody would ever go on.
func (q *queue) put(i item) (blocked, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.stopped && (q.held >= q.heldMax || q.bytes >= bytesMax) {
		if len(q.inside) == q.workers {
			q.giveUp()
		}
		blocked = true
		q.room.Wait()
	}
	if q.stopped {
		return blocked, false
	}
	id := sessionID{i.Session, i.Database}
	s := q.sessions[id]
	if s == nil {
		s = &session{id: id, more: sync.NewCond(&q.mu)}
		q.sessions[id] = s
	}
	i.idle = len(s.waiting) == 0 && (s.inside || !s.taken && q.idle > len(q.line))
	s.waiting = append(s.waiting, i)
	q.held, q.bytes = q.held+1, q.bytes+size(i)
	switch {
	case s.inside:
		s.more.Signal()
	case !s.taken:
		s.taken = true
		q.line = append(q.line, s)
		q.work.Signal()
	}
	return blocked, true
}

func (q *queue) giveUp() {
	first := q.inside[0]
	if first.given {
		return // it has not heard of it yet
	}
	first.given = true
	q.givenUp++
	first.more.Signal()
}

// take gives a session and its first statement; nil when there is and will be none.
func (q *queue) take() (*session, item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.line) == 0 && !q.closed && !q.stopped {
		q.idle++
		q.work.Wait()
		q.idle--
	}
	if len(q.line) == 0 || q.stopped {
		return nil, item{}
	}
	s := q.line[0]
	q.line = q.line[1:]
	return s, q.first(s)
}

func (q *queue) first(s *session) item {
	i := s.waiting[0]
	s.waiting[0] = item{} // or its text would live as long as the slice
	s.waiting = s.waiting[1:]
	q.held, q.bytes = q.held-1, q.bytes-size(i)
	q.room.Signal()
	return i
}

// next waits for the next statement of a session whose transaction is open. Without
// one, the transaction is to be rolled back and the session to be released.
func (q *queue) next(s *session) (i item, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(s.waiting) == 0 && !q.closed && !q.stopped {
		s.inside = true
		q.inside = append(q.inside, s)
		if len(q.inside) == q.workers {
			q.room.Signal()
		}
		for len(s.waiting) == 0 && !s.given && !q.closed && !q.stopped {
			s.more.Wait()
		}
		s.inside = false
		for at, other := range q.inside {
			if other == s {
				q.inside = append(q.inside[:at], q.inside[at+1:]...)
				break
			}
		}
	}
	given := s.given
	s.given = false
	if given || q.stopped || len(s.waiting) == 0 {
		return item{}, false
	}
	return q.first(s), true
}

// release lets another worker serve the session, behind all that wait.
func (q *queue) release(s *session) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(s.waiting) == 0 {
		delete(q.sessions, s.id)
		return
	}
	q.line = append(q.line, s)
	q.work.Signal()
}

// close says that nothing more comes; stop that nothing more is handed out.
func (q *queue) close() { q.end(&q.closed) }
func (q *queue) stop()  { q.end(&q.stopped) }

func (q *queue) end(how *bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	*how = true
	q.work.Broadcast()
	q.room.Broadcast()
	for _, s := range q.inside {
		s.more.Signal()
	}
}

// left are the statements that were never handed out.
func (q *queue) left() (all []item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range q.sessions {
		all = append(all, s.waiting...)
	}
	return all
}
