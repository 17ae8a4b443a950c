package render

import (
	"tristore/reports/latency"
	"tristore/reports/result"
)

// storeLoad is the operations of one store in a window.
type storeLoad struct {
	result.StoreLatency
	Intervals []latency.Percentile
	curve     latency.Curve
}

// storesOf are the stores that a window asked anything; what cannot be read has no
// intervals, and the judge says so.
func storesOf(m result.Measurement) (all []storeLoad) {
	for _, of := range m.Stores {
		curve, err := latency.Decode(of.Latency)
		if of.Operations == 0 || err != nil {
			continue
		}
		all = append(all, storeLoad{of, curve.Table(), curve})
	}
	return all
}

// fromWhen says from when the latencies of a window count.
func fromWhen(m result.Measurement) string {
	if m.Loop == "closed" {
		return "service time"
	}
	return "from due"
}
