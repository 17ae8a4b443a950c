package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"tristore/scenarios/load"
	"tristore/scenarios/measure"
	"tristore/scenarios/trace"
)

// source gives the records of a trace in the order in which they are due.
type source interface {
	Next() (trace.Record, error)
}

// player is one replay under way.
type player struct {
	plan  Plan
	clock load.Clock
	began time.Duration // of the clock
	phase measure.Phase
	queue *queue
	live  *measure.Live
	done  atomic.Int64 // records read

	steps  context.Context // of statements
	after  context.Context // of what has to be done when they have ended
	cancel context.CancelCauseFunc

	known    map[string]bool     // databases that there are connections to
	classes  map[string]decision // of texts seen lately; for the reader alone
	freed    time.Duration       // when the reader last came out of a full queue
	mu       sync.Mutex
	shard    *measure.Shard
	skipped  map[string]int64 // statements that are not sent, by reason
	lastSeen time.Duration    // when the last statement ended
	rows     int64            // brought back or touched
	witness  []string         // what the server said about some that were not committed
}

// decision is what a replay does with a statement's text.
type decision struct {
	class trace.Class
	why   string // not sent
}

// classesMax bounds the texts whose class is remembered.
const classesMax = 4096

// Reasons why a statement of a trace is not sent.
const (
	notReadOnly = "changes or locks rows, and the replay is read-only"
	notNamed    = "of a database that the trace does not name in its summary"
	notInside   = "a savepoint outside of a transaction: the trace begins inside it, or it was lost"
	notOpen     = "a further batch of a cursor that has none here, or was not opened"
	notLater    = "due after the replay's end, see --for"
	notReached  = "not due yet when the replay was stopped"
	notTried    = "not reached when the replay was stopped"
	givenUp     = "rolled back early, since every connection waited inside a transaction: give more --connections"
)

func newPlayer(ctx context.Context, plan Plan, clock load.Clock) *player {
	p := &player{plan: plan, clock: clock, phase: measure.Phase{End: plan.window()}, queue: newQueue(plan.Connections), live: measure.NewLive(),
		known: map[string]bool{}, classes: map[string]decision{}, skipped: map[string]int64{}}
	for _, name := range plan.databases() {
		p.known[name] = true
	}
	p.steps, p.cancel = context.WithCancelCause(ctx)
	p.after = context.WithoutCancel(ctx)
	p.shard = measure.NewShard(p.phase)
	return p
}

// now is the time since the replay began.
func (p *player) now() time.Duration { return p.clock.Now() - p.began }

// errDrained ends statements that outlived the drain; that is in the counts.
var errDrained = errors.New("the drain after the last statement ended")

// play replays the trace over the connections, one worker for each. It returns when
// every statement is accounted for and every goroutine has ended.
func (p *player) play(from source, connections []map[string]sender) error {
	p.began = p.clock.Now()
	var workers sync.WaitGroup
	for _, mine := range connections {
		workers.Go(func() { p.work(mine) })
	}
	watch, stop := context.WithCancel(p.steps)
	watched := make(chan struct{})
	go func() { // ends the replay at its limit, or with its context
		defer close(watched)
		if p.clock.Wait(watch, p.began+p.phase.End+p.plan.Drain) == nil {
			p.cancel(errDrained)
		}
		if p.steps.Err() != nil {
			p.queue.stop()
		}
	}()
	err := p.read(from)
	p.queue.close()
	workers.Wait()
	stop()
	<-watched
	for _, i := range p.queue.left() {
		p.drop(i)
	}
	for _, mine := range connections {
		for _, to := range mine {
			p.rows += to.Rows()
		}
	}
	cause := context.Cause(p.steps)
	p.cancel(nil)
	if cause != nil && !errors.Is(cause, errDrained) {
		err = errors.Join(fmt.Errorf("stopped after %s: %w", p.now().Round(time.Millisecond), cause), err)
	}
	return err
}

// read queues every statement when it is due. What comes behind the end is counted.
func (p *player) read(from source) error {
	runtime.LockOSThread() // the kernel wakes this thread and no other
	defer runtime.UnlockOSThread()
	for {
		r, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		p.done.Add(1)
		d := p.decide(r.Text)
		due := p.plan.scaled(r.Due)
		if d.why == "" && !p.known[p.plan.target(r.Database)] {
			d.why = notNamed
		}
		if d.why != "" {
			p.skip(d.why, 1)
			continue
		}
		if p.offer(item{Record: r, class: d.class, due: due}) {
			continue
		}
		if why := p.afterEnd(due); why != "" { // and so are all that come behind it
			p.skip(why, max(1, p.plan.About.Records-p.done.Load()+1))
			return nil
		}
	}
}

// offer waits until a statement is due and queues it; false when the replay ends before.
func (p *player) offer(i item) bool {
	late := i.due >= p.plan.For
	if p.plan.Speed == 0 {
		i.due, late = 0, p.now() >= p.plan.For
	}
	if late || p.steps.Err() != nil || p.clock.Wait(p.steps, p.began+i.due) != nil {
		return false
	}
	if i.queued = p.now(); i.due < p.freed {
		i.queued = i.due // it was late because the store was: no part of that is the generator's
	}
	p.live.Arrive()
	blocked, ok := p.queue.put(i)
	if blocked {
		p.freed = p.now()
	}
	return ok
}

// afterEnd accounts for a statement that was read behind the end: it was dropped when it
// was due by then, or it was never to be sent.
func (p *player) afterEnd(due time.Duration) (why string) {
	switch {
	case p.plan.Speed == 0 && p.steps.Err() == nil, p.plan.Speed > 0 && due >= p.plan.For:
		return notLater
	case p.plan.Speed == 0:
		return notTried
	case due > p.now():
		return notReached
	}
	p.drop(item{due: due})
	return ""
}

// decide classifies a text, and remembers it since most come again.
func (p *player) decide(text string) decision {
	if d, known := p.classes[text]; known {
		return d
	}
	class, why := p.plan.About.Classify(text)
	if class == trace.Write && !p.plan.Writes {
		why = notReadOnly
	}
	if len(p.classes) >= classesMax {
		clear(p.classes)
	}
	p.classes[text] = decision{class, why}
	return decision{class, why}
}

func (p *player) skip(why string, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.skipped[why] += n
}

// work serves sessions with the connections of one worker, by database.
func (p *player) work(connections map[string]sender) {
	for {
		s, i := p.queue.take()
		if s == nil {
			return
		}
		to := connections[p.plan.target(i.Database)]
		for more := true; more; {
			p.send(to, i)
			if !to.InTransaction() {
				break
			}
			if i, more = p.queue.next(s); !more {
				p.rollback(to)
			}
		}
		p.queue.release(s)
	}
}

// rollbackMax bounds the end of a transaction that nobody goes on with.
const rollbackMax = 5 * time.Second

func (p *player) rollback(on sender) {
	ctx, cancel := context.WithTimeout(p.after, rollbackMax)
	defer cancel()
	_ = on.Rollback(ctx) // a connection that is lost by it has rolled back all the same
}

// send sends one statement and records what became of it.
func (p *player) send(to sender, i item) {
	if p.steps.Err() != nil {
		p.drop(i)
		return
	}
	if p.plan.Speed == 0 && p.now() >= p.plan.For {
		p.skip(notLater, 1) // it was queued before the end, and not due at any time
		return
	}
	inside := to.InTransaction()
	if i.class == trace.Savepoint && !inside {
		p.skip(notInside, 1)
		return
	}
	if lost(to, i) {
		p.skip(notOpen, 1)
		return
	}
	statement := p.statement(i, inside)
	called := p.now()
	if p.plan.Speed == 0 {
		i.due, i.queued = called, called
	}
	outcome := to.Run(p.steps, statement)
	ended := p.now()
	p.live.End(outcome, ended-i.due)
	p.record(func() {
		p.shard.Arrive(i.due)
		p.shard.Record(measure.Sample{Due: i.due, Queued: i.queued, Called: called, Ended: ended, Idle: i.idle, Outcome: outcome})
		p.lastSeen = max(p.lastSeen, ended)
	})
}

func (p *player) record(what func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	what()
}

// statement is what is sent. Read-only, every read stands in a transaction that is
// read-only from its first word, one of its own or the one that is open: a block is
// only ever opened read-only.
func (p *player) statement(i item, inside bool) statement {
	s := statement{Text: i.Text, Prepared: i.Prepared && (i.class == trace.Read || i.class == trace.Write), Commit: i.class == trace.Commit}
	if i.class == trace.Begin && !p.plan.Writes {
		s.Text = trace.ReadOnlyBegin(i.Text)
	}
	s.ReadOnly = i.class == trace.Read && !p.plan.Writes && !inside
	for _, param := range i.Params {
		value := []byte(nil)
		if !param.Null {
			value = append([]byte{}, param.Value...)
		}
		s.Params = append(s.Params, value)
	}
	return s
}

// drop accounts for a statement that was queued and never sent.
func (p *player) drop(i item) {
	if p.plan.Speed == 0 {
		p.skip(notTried, 1)
		return
	}
	p.record(func() {
		p.shard.Arrive(i.due)
		p.shard.Drop(i.due)
	})
}
