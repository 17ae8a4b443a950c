package load

import (
	"context"
	"time"

	"tristore/scenarios/measure"
)

// settleAhead is how far ahead the measured phase begins once the load is steady: far
// enough that no arrival due after it was queued already.
const settleAhead = 50 * time.Millisecond

// warming is a warm-up that ends when the load is steady.
type warming struct {
	settled    func(measure.Seen) bool
	tick, most time.Duration
}

// settle asks each tick of the warm-up whether the load is steady, and begins the measured
// phase when it is. The function it returns ends the asking and tells what was said.
func (r *run) settle(w warming) (steady func() bool) {
	if w.settled == nil {
		return func() bool { return false }
	}
	watch, stop := context.WithCancel(r.steps)
	said := make(chan bool, 1)
	go func() { said <- r.untilSteady(watch, w) }()
	return func() bool {
		stop()
		return <-said
	}
}

func (r *run) untilSteady(ctx context.Context, w warming) bool {
	look := r.live.Look()
	for at := w.tick; at+settleAhead < w.most; at += w.tick {
		if r.clock.Wait(ctx, r.began+at) != nil {
			return false
		}
		if !w.settled(look()) {
			continue
		}
		if begin := r.now() + settleAhead; begin < w.most {
			r.warm.Store(int64(begin))
			return true
		}
		return false
	}
	return false
}
