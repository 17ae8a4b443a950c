package load

import (
	"context"
	"slices"
	"time"
)

// TimerError is how late whoever paces arrivals wakes on this machine when it has nothing
// else to do: sorted, one for each of n waits.
func TimerError(ctx context.Context, wait time.Duration, n int) ([]time.Duration, error) {
	type waited struct {
		late []time.Duration
		err  error
	}
	done := make(chan waited)
	go func() {
		clock, all := NewClock(), waited{}
		w := newWaiter(ctx, clock)
		defer w.close()
		for range n {
			until := clock.Now() + wait
			if all.err = w.wait(until); all.err != nil {
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
