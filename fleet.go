package main

import (
	"context"
	"errors"
)

// fleet runs lanes: as many at once as it has slots, and load windows alone. A lane
// that wants to measure gives its slot back and waits until every other lane waits as
// well or has ended; then one after the other gets the machine for itself.
type fleet struct {
	slots int
	lanes []*laneProcess
	show  *laneBoard

	phases []phase // by lane
	ends   []error // how each lane ended
}

// phase is where a lane stands.
type phase int

const (
	queued phase = iota
	working
	waiting // for a quiet machine
	measuring
	ended
)

// run starts every lane and hears them out; ends then says how each ended. It returns
// when no lane is left. The end of ctx stops them all, and so does a lane's sentence
// about something that the user can mend.
func (f *fleet) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	said := make(chan laneSaid)
	f.phases, f.ends = make([]phase, len(f.lanes)), make([]error, len(f.lanes))
	for f.advance(ctx, said); !f.over(); f.advance(ctx, said) {
		heard := <-said
		f.hear(heard)
		var unmet unmetError
		if heard.ended && errors.As(heard.err, &unmet) {
			cancel()
		}
	}
}

func (f *fleet) hear(heard laneSaid) {
	at := f.at(heard.lane)
	switch {
	case heard.ended:
		f.phases[at], f.ends[at] = ended, heard.err
	case heard.event.WantsQuiet:
		f.phases[at] = waiting
	case heard.event.QuietOver:
		f.phases[at] = working
	}
	f.show.hear(heard)
}

// advance starts what may start, and lets one lane measure when nobody else is busy.
func (f *fleet) advance(ctx context.Context, said chan<- laneSaid) {
	last := make([]bool, len(f.lanes))
	for i, lane := range f.lanes {
		last[i] = lane.last
	}
	for {
		start, measure := schedule(f.phases, last, f.slots)
		switch {
		case start >= 0 && ctx.Err() != nil:
			f.phases[start], f.ends[start] = ended, context.Cause(ctx)
		case start >= 0:
			f.phases[start] = working
			f.show.begin(f.lanes[start])
			if err := f.lanes[start].start(ctx, said); err != nil {
				f.phases[start], f.ends[start] = ended, err
			}
		case measure >= 0:
			f.phases[measure] = measuring
			f.lanes[measure].quiet()
			return
		default:
			return
		}
	}
}

// schedule decides from the phases alone: start is a lane to start now, measure one that
// may measure now; -1 is none. A lane marked last starts when every other has ended.
func schedule(phases []phase, last []bool, slots int) (start, measure int) {
	start, measure = -1, -1
	busy, firstLeft, startable := 0, false, false
	for i, p := range phases {
		if p == working || p == measuring {
			busy++
		}
		firstLeft = firstLeft || !last[i] && p != ended
	}
	for i, p := range phases {
		may := p == queued && (!last[i] || !firstLeft)
		startable = startable || may
		if may && busy < slots && start < 0 {
			start = i
		}
		if p == waiting && measure < 0 {
			measure = i
		}
	}
	if busy > 0 || startable {
		measure = -1
	}
	return start, measure
}

func (f *fleet) over() bool {
	for _, p := range f.phases {
		if p != ended {
			return false
		}
	}
	return true
}

func (f *fleet) at(lane *laneProcess) int {
	for i, l := range f.lanes {
		if l == lane {
			return i
		}
	}
	panic("a lane that is not of this fleet") // only a lane started here has the channel
}
