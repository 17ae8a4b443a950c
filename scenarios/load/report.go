package load

import "tristore/reports/result"

// Report writes a window's facts into an observation:
//
//   - due, and of these committed, refused, unknown, dropped; unaccounted is what is
//     left and must be 0
//   - late: started over a millisecond after due; latency_p50_ms, _p95_ms, _p99_ms and
//     _max_ms of the committed, from the due time
//   - lag_p99_ms: the generator's own delay, not the wait for a slow store
//   - achieved_ratio: ended inside the window, per due
//   - clipped: samples outside a recorder's range
//   - rate_per_s and seconds of the window
func (w Window) Report(saw *result.Observation) {
	c := w.Counts
	achieved := 0.0
	if c.Due > 0 {
		achieved = w.Achieved * w.Seconds / float64(c.Due)
	}
	for fact, value := range map[string]float64{
		"due": float64(c.Due), "committed": float64(c.Committed), "refused": float64(c.Refused), "unknown": float64(c.Unknown), "dropped": float64(c.Dropped),
		"unaccounted": float64(c.Due - c.Committed - c.Refused - c.Unknown - c.Dropped), "late": float64(c.Late),
		"latency_p50_ms": w.Latency.P50, "latency_p95_ms": w.Latency.P95, "latency_p99_ms": w.Latency.P99, "latency_max_ms": w.Latency.Max,
		"lag_p99_ms": w.Pacing.P99, "achieved_ratio": achieved,
		"clipped":    float64(w.Latency.Clipped + w.Service.Clipped + w.Lag.Clipped + w.Pacing.Clipped),
		"rate_per_s": w.Offered, "seconds": w.Seconds,
	} {
		saw.Set(fact, value)
	}
	for _, line := range w.Witness {
		saw.See("%s", line)
	}
}
