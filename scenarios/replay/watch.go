package replay

import (
	"fmt"

	"tristore/scenarios/road"
)

// watch tells once a second how the replay goes, until the function that it returns is called.
func (p Plan) watch(play *player) func() {
	stop := p.Watch(play.live, func(look road.Look) road.Progress {
		return road.Progress{Done: int(play.done.Load()), Total: int(p.About.Records), Live: true,
			Current: fmt.Sprintf("%.0f→%.0f/s p50 %.1fms p99 %.1fms %d failed", look.Asked(), look.Rate(), look.P50.Seconds()*1000, look.P99.Seconds()*1000, look.Failed)}
	})
	return func() {
		stop()
		p.Say(road.Progress{Done: int(play.done.Load()), Total: int(p.About.Records), Current: "closing"})
	}
}
