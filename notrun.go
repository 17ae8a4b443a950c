package main

import (
	"fmt"

	"tristore/drivers"
	"tristore/reports/result"
)

// notRun says what this plan leaves out, so that nobody takes silence for a pass.
func notRun(plan Plan) []result.NotRun {
	planned := map[drivers.Product]bool{}
	engines := map[drivers.Engine]bool{}
	for _, e := range plan.Engines {
		planned[e.Engine.Product], engines[e.Engine] = true, true
	}
	var left []result.NotRun
	for _, s := range drivers.Supported() {
		if engines[s.Engine] {
			continue
		}
		switch {
		case s.Engine.Product == drivers.Mongo && !planned[drivers.Mongo]:
			left = append(left, result.NotRun{What: s.Engine.Title(), Why: "not in this run; it needs its image by container" + standIn(planned)})
		case s.Engine.Product == drivers.Postgres && s.Engine.Major <= newestPlatformPostgres:
			left = append(left, result.NotRun{What: s.Engine.Title(), Why: "not in this run"})
		}
	}
	if plan.Split == nil {
		left = append(left, result.NotRun{What: "split measurement", Why: "left out of this run"})
	}
	if plan.Fault != "" {
		left = append(left, result.NotRun{What: "an undamaged store", Why: fmt.Sprintf("fault %s was injected on purpose: this run certifies nothing", plan.Fault)})
	}
	return left
}

func standIn(planned map[drivers.Product]bool) string {
	if planned[drivers.FerretDB] {
		return ", and what FerretDB does says nothing about MongoDB"
	}
	return ""
}

// commonReach is the reach that all engines have, or auto.
func commonReach(engines []EnginePlan) drivers.Reach {
	reach := engines[0].Reach
	for _, e := range engines[1:] {
		if e.Reach != reach {
			return drivers.Auto
		}
	}
	return reach
}
