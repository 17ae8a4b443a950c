package load

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"tristore/drivers/store"
	"tristore/scenarios/measure"
)

// Each arrival asks users, waits 3 ms for it, then asks permissions, which takes 20 ms. One
// worker serves one every 10 ms: what waits for the worker is in the first operation alone.
func TestOperationsCountFromTheDueTimeAndThenFromTheOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := &Operations{Stores: []store.Name{store.UsersStore, store.PermissionsStore}, Would: func(arrival int64) (s measure.Stores) {
			if s = s.With(0); arrival%2 == 0 {
				s = s.With(1)
			}
			return s
		}}
		refused := store.Refuse(store.Exhausted, "no slot")
		open := Open{Pacer: Constant{100}, Workers: 1, Queue: 2, Measure: 100 * ms, Drain: time.Second, Operations: told, Clock: bubble{time.Now()}}
		w, err := open.Run(t.Context(), func(ctx context.Context, worker int, arrival int64) store.Outcome {
			serve(always(3*ms))(ctx, worker, arrival)
			if arrival == 1 {
				told.Ended(worker, 0, refused)
				return refused
			}
			told.Ended(worker, 0, store.Done())
			serve(always(20*ms))(ctx, worker, arrival)
			told.Ended(worker, 1, store.Done())
			return store.Done()
		})
		if err != nil || len(w.Stores) != 2 {
			t.Fatalf("%v: %+v", err, w.Stores)
		}
		users, permissions := w.Stores[0], w.Stores[1]
		if users.Store != "users" || users.Refused != 1 || users.Committed != w.Counts.Committed || users.Dropped != w.Counts.Dropped || users.Operations != w.Counts.Due {
			t.Errorf("%+v of %+v", users, w.Counts)
		}
		if permissions.Committed != w.Counts.Committed || permissions.Dropped == 0 || permissions.Dropped >= w.Counts.Dropped {
			t.Errorf("%+v: of %d dropped arrivals not every one would have asked", permissions, w.Counts.Dropped)
		}
		if math.Abs(permissions.Latency.Max-20) > 0.1 {
			t.Errorf("permissions took up to %g ms, want 20", permissions.Latency.Max)
		}
		if waited := w.Lag.Max + 3; waited < 20 || math.Abs(users.Latency.Max-waited) > 0.1 {
			t.Errorf("users took up to %g ms, want the wait for the worker and 3, %g", users.Latency.Max, waited)
		}
	})
	none := Open{Pacer: Constant{100}, Workers: 1, Measure: time.Second, Operations: &Operations{}}
	if _, err := none.Run(t.Context(), serve(always(0))); err == nil {
		t.Error("operations of no store were taken")
	}
}
