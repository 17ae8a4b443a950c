package result

import "strconv"

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
	// Cold tells that the window began with the first arrival, so that no steady part is asked of it.
	Cold bool `json:"cold,omitempty"`
	// ClosedWorkers, other than zero, tells of a closed loop: so many workers each began an
	// arrival when their last had ended. Rate is 0 then, and there are no promises.
	ClosedWorkers int `json:"closed_workers,omitempty"`
	// Pipelined tells that the reads of a request that need no earlier answer were sent
	// together. Latency is of the whole request all the same: from when it was due to its last answer.
	Pipelined bool `json:"pipelined,omitempty"`
	// Proof is what the generator showed of itself and of the machine; nil where it was not asked.
	Proof *Proof `json:"proof,omitempty"`
	// Trouble says why the window was cut short or could not be measured.
	Trouble string `json:"trouble,omitempty"`
}

// Promise is one limit: so many percent of arrivals, or of the operations of one store,
// end within so many milliseconds.
type Promise struct {
	Percent float64 `json:"percent"`
	LimitMs float64 `json:"limit_ms"`
	// Store is that of a promise on operations as StoreLatency counts them; empty means
	// whole arrivals.
	Store string `json:"store,omitempty"`
}

// Name is how somebody asks for the percentile of a promise: p99, or users.p99.
func (p Promise) Name() string {
	name := "p" + strconv.FormatFloat(p.Percent, 'f', -1, 64)
	if p.Store != "" {
		name = p.Store + "." + name
	}
	return name
}

// Proof is what must be sound before latencies speak of the store.
type Proof struct {
	// NoOp is the generator's window over an endpoint that answers at once, at twice the
	// planned rate.
	NoOp Measurement `json:"no_op"`
	// TimerP50Ms and TimerP99Ms are how late the pacing thread wakes.
	TimerP50Ms float64  `json:"timer_p50_ms"`
	TimerP99Ms float64  `json:"timer_p99_ms"`
	Canaries   []Canary `json:"canaries"`
	// WarmSeconds is how long the warm-up lasted; Steady tells whether its end was found in
	// the series of latencies, or the patience with it was over.
	WarmSeconds float64 `json:"warm_seconds"`
	Steady      bool    `json:"steady"`
}

// Canary is a small job that has nothing to do with the store, done before and after the
// window: what moves it moves the store too.
type Canary struct {
	Name     string  `json:"name"`
	BeforeMs float64 `json:"before_ms"` // median
	AfterMs  float64 `json:"after_ms"`  // median; 0 where the run ended before
	// It has moved when one is MaxFactor times the other, and they are over FloorMs apart.
	MaxFactor float64 `json:"max_factor"`
	FloorMs   float64 `json:"floor_ms"`
}
