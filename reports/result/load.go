package result

// Load is what a load run was asked for and promised; its window is in Measurements, and
// what stands here is enough to judge that again.
type Load struct {
	Workload string  `json:"workload"`
	Engine   string  `json:"engine"`
	Rate     float64 `json:"rate_per_s"`
	// Promises are limits on the latency from the due time. Every arrival counts: one that
	// was not committed is over every limit.
	Promises []Promise `json:"promises"`
	// Confidence is one-sided, of a pass as of a failure.
	Confidence float64 `json:"confidence"`
	// MaxFailed is the share of arrivals that may end refused, unknown or dropped.
	MaxFailed float64 `json:"max_failed_share"`
	// MinReached is the share of arrivals due that must end inside the measured phase.
	MinReached float64 `json:"min_reached_share"`
	// Trouble says why the window was cut short or could not be measured.
	Trouble string `json:"trouble,omitempty"`
}

// Promise is one limit: so many percent of arrivals end within so many milliseconds.
type Promise struct {
	Percent float64 `json:"percent"`
	LimitMs float64 `json:"limit_ms"`
}
