package load

import (
	"context"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// waiter waits for due times, one after the other, on one goroutine.
//
// It waits with a kernel timer that the runtime's poller watches, as it watches sockets:
// the thread that the timer wakes runs the waiting goroutine, and then the worker that the
// arrival is handed to, without waking another. A thread that sleeps by itself wakes as
// punctually and then has to wake one for the worker, which is most of the start lag; the
// runtime's own timers are half a millisecond late.
type waiter struct {
	clock Clock
	ctx   context.Context
	timer *os.File // nil: the clock's own waits
	raw   syscall.RawConn
	until time.Duration
	next  unix.ItimerSpec
	armed bool
	step  func(fd uintptr) (done bool) // made once, so that no wait allocates
	err   error
	stop  func() bool
}

// newWaiter begins waits that end with the context. The caller must close it.
func newWaiter(ctx context.Context, clock Clock) *waiter {
	w := &waiter{clock: clock, ctx: ctx}
	if _, real := clock.(monotonic); !real || !w.open() {
		runtime.LockOSThread() // so that the kernel wakes this thread; it ends with the goroutine
		sharpen()
	}
	return w
}

// open makes the kernel's timer; where there is none the clock waits.
func (w *waiter) open() bool {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return false
	}
	timer := os.NewFile(uintptr(fd), "timer of arrivals")
	if w.raw, err = timer.SyscallConn(); err == nil {
		err = timer.SetReadDeadline(time.Time{}) // refused where the poller does not watch it
	}
	if err != nil {
		_ = timer.Close()
		return false
	}
	w.timer, w.step = timer, w.poll
	w.stop = context.AfterFunc(w.ctx, func() { _ = timer.SetReadDeadline(time.Unix(1, 0)) })
	return true
}

// close gives the timer back.
func (w *waiter) close() {
	if w.timer != nil {
		w.stop()
		_ = w.timer.Close()
	}
}

// wait returns at until, or earlier with the context's error.
func (w *waiter) wait(until time.Duration) error {
	if w.timer == nil {
		return w.clock.Wait(w.ctx, until)
	}
	for {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if until <= w.clock.Now() {
			return nil
		}
		w.until, w.armed, w.err = until, false, nil
		err := w.raw.Read(w.step)
		if err == nil {
			err = w.err
		}
		if err != nil && w.ctx.Err() == nil {
			return err
		}
	}
}

// poll is called when the poller is ready to wait, and again when the timer has fired. The
// timer is set only then, so that it cannot have fired before anybody waits.
func (w *waiter) poll(fd uintptr) (done bool) {
	if w.armed {
		return true // setting it again clears what is to be read
	}
	w.armed = true
	left := max(1, w.until-w.clock.Now()) // zero would stop it
	w.next.Value = unix.NsecToTimespec(int64(left))
	// It cannot block, and the runtime is not told of it: see wire in drivers/postgres.
	if _, _, errno := unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&w.next)), 0, 0, 0); errno != 0 {
		w.err = errno
	}
	return w.err != nil
}
