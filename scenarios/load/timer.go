package load

import (
	"context"
	"runtime"
	"slices"
	"time"
)

// TimerError is how late the pacing thread wakes on this machine when it has nothing
// else to do: sorted, one for each of n waits.
func TimerError(ctx context.Context, wait time.Duration, n int) ([]time.Duration, error) {
	type waited struct {
		late []time.Duration
		err  error
	}
	done := make(chan waited)
	go func() {
		runtime.LockOSThread() // the thread ends with this goroutine
		sharpen()
		clock, all := NewClock(), waited{}
		for range n {
			until := clock.Now() + wait
			if all.err = clock.Wait(ctx, until); all.err != nil {
				break
			}
			all.late = append(all.late, clock.Now()-until)
		}
		done <- all
	}()
	all := <-done
	slices.Sort(all.late)
	return all.late, all.err
}
