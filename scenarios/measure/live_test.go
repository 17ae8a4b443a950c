package measure

import (
	"sync"
	"testing"
	"time"

	"tristore/drivers/store"
)

func TestLiveTellsWhatHappenedSinceTheLastLook(t *testing.T) {
	live := NewLive()
	look := live.Look()
	if seen := look(); seen != (Seen{}) {
		t.Errorf("before anything happened: %+v", seen)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 1000 {
				live.Arrive()
				live.End(store.Done(), time.Duration(i)*ms/10)
			}
		})
	}
	all.Wait()
	live.Arrive()
	live.End(store.Refuse(store.Exhausted, "x"), time.Hour)
	seen := look()
	if seen.Due != 4001 || seen.Committed != 4000 || seen.Failed != 1 {
		t.Errorf("%+v", seen)
	}
	if seen.P50 < 46*ms || seen.P50 > 54*ms || seen.P99 < 92*ms || seen.P99 > 105*ms {
		t.Errorf("p50 %s, p99 %s; want about 50 ms and 99 ms", seen.P50, seen.P99)
	}
	live.End(store.Done(), 200*ms)
	if seen := look(); seen.Committed != 1 || seen.Due != 0 || seen.P50 < 180*ms {
		t.Errorf("since then: %+v", seen)
	}
	var none *Live // a load without eyes on it
	none.Arrive()
	none.End(store.Done(), ms)
}
