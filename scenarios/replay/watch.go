package replay

import (
	"fmt"
	"time"
)

// watch tells once a second how the replay goes, until the function that it returns is called.
func (p Plan) watch(play *player) (stop func()) {
	if p.Tell == nil {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		look, before := play.live.Look(), time.Now()
		for {
			select {
			case now := <-ticker.C:
				seen, within := look(), now.Sub(before).Seconds()
				before = now
				p.tell(Progress{Done: int(play.done.Load()), Total: int(p.About.Records), Live: true,
					Current: fmt.Sprintf("%.0f/s p50 %.1fms p99 %.1fms %d failed", float64(seen.Committed+seen.Failed)/within, seen.P50.Seconds()*1000, seen.P99.Seconds()*1000, seen.Failed)})
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
		p.tell(Progress{Done: int(play.done.Load()), Total: int(p.About.Records), Current: "closing"})
	}
}
