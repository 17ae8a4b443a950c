package load

import (
	"context"
	"time"
)

// settleAhead is how far ahead the measured phase begins once the load is steady: far
// enough that no arrival due after it was queued already.
const settleAhead = 50 * time.Millisecond

// settle asks each tick of the warm-up whether the load is steady, and begins the measured
// phase when it is. The function it returns ends the asking and tells what was said.
func (r *run) settle(o Open) (steady func() bool) {
	if o.Settled == nil {
		return func() bool { return false }
	}
	watch, stop := context.WithCancel(r.steps)
	said := make(chan bool, 1)
	go func() { said <- r.untilSteady(watch, o) }()
	return func() bool {
		stop()
		return <-said
	}
}

func (r *run) untilSteady(ctx context.Context, o Open) bool {
	look := r.live.Look()
	for at := o.Tick; at+settleAhead < o.Warm; at += o.Tick {
		if r.clock.Wait(ctx, r.began+at) != nil {
			return false
		}
		if !o.Settled(look()) {
			continue
		}
		if begin := r.now() + settleAhead; begin < o.Warm {
			r.warm.Store(int64(begin))
			return true
		}
		return false
	}
	return false
}
