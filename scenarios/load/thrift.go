package load

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"tristore/scenarios/measure"
)

// thrift keeps the runtime to one processor as long as that is enough for a load.
//
// Whenever something comes (an arrival that is due, an answer) while one of its processors
// is free, the runtime wakes a thread that looks for more to do, finds nothing and sleeps
// again. For short operations that costs as much as all else, and beside a store on the
// same machine it is taken from the store. Where the load is late or busy, the runtime has
// all its processors again, until it was neither for a while. A closed loop keeps them all:
// it is never at rest, and on one processor it served a quarter less.
type thrift struct {
	at             time.Duration // when the slice ends that is looked at
	arrivals, late int           // in it
	spent          time.Duration // processor time of this process when it began
	wide           int           // slices for which all processors stay in use
}

const (
	thriftSlice = 100 * time.Millisecond
	thriftCalm  = 10 // slices without need before there is one processor again
	// Of a slice's arrivals, this share may be late; of one processor, this part may be used.
	thriftLate = 0.02
	thriftBusy = 0.9
)

// processors are those of this process, read before any load began.
var processors = runtime.GOMAXPROCS(0) //nolint:gochecknoglobals // the setting is the process's own, and two loads side by side must both know what it was

// begin is one processor, from the first slice on.
func (t *thrift) begin(now time.Duration) {
	t.at, t.spent = now+thriftSlice, processorTime()
	t.use(1)
}

// saw tells of an arrival that was noticed so long after it was due.
func (t *thrift) saw(now, lag time.Duration) {
	if t.arrivals++; lag > measure.LateAfter {
		t.late++
	}
	if now < t.at {
		return
	}
	spent := processorTime()
	took := now - t.at + thriftSlice
	t.wide = max(0, t.wide-1)
	if float64(t.late) > thriftLate*float64(t.arrivals) || float64(spent-t.spent) > thriftBusy*float64(took) {
		t.wide = thriftCalm
	}
	t.at, t.arrivals, t.late, t.spent = now+thriftSlice, 0, 0, spent
	if t.wide > 0 {
		t.end()
		return
	}
	t.use(1)
}

// end gives the runtime back what it had.
func (t *thrift) end() { t.use(processors) }

func (*thrift) use(n int) {
	if n = min(n, processors); runtime.GOMAXPROCS(0) != n { // to set it stops the world
		runtime.GOMAXPROCS(n)
	}
}

// processorTime is what this process has used; where nobody can tell, nothing.
func processorTime() time.Duration {
	var all unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &all) // refused only for bad arguments
	return time.Duration(all.Utime.Nano() + all.Stime.Nano())
}
