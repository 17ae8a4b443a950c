package load

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// Clock is one monotonic zero, shared by everything that reads time in a run.
type Clock interface {
	// Now is the time since the zero.
	Now() time.Duration
	// Wait returns at until, or earlier with the context's error. It is called on a
	// goroutine that holds its thread.
	Wait(ctx context.Context, until time.Duration) error
}

// NewClock begins a clock of which zero is now.
func NewClock() Clock { return monotonic{time.Now()} }

type monotonic struct{ zero time.Time }

func (m monotonic) Now() time.Duration { return time.Since(m.zero) }

// Wait sleeps in the kernel: the runtime's own timers wake half a millisecond late,
// which would be in every latency. A sleep cannot be interrupted, so it is cut into
// slices, between which the context is looked at.
func (m monotonic) Wait(ctx context.Context, until time.Duration) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		left := until - m.Now()
		if left <= 0 {
			return nil
		}
		// A signal of the runtime ends a sleep early (EINTR); the loop sleeps the rest.
		slice := unix.NsecToTimespec(int64(min(left, sleepSlice)))
		_ = unix.Nanosleep(&slice, nil)
	}
}

// sleepSlice bounds how long a cancelled run still sleeps.
const sleepSlice = 20 * time.Millisecond

// sharpen asks the kernel to wake the calling thread on time instead of up to 50 µs
// late to save wake-ups. Where it may not, lag shows it.
func sharpen() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1000, 0, 0, 0) }
