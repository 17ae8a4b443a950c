package result

// Measurement is one load window's recorder, merged over its workers.
type Measurement struct {
	Engine   string    `json:"engine"`
	Claim    string    `json:"claim,omitempty"`
	Workload string    `json:"workload"` // auth, collections
	Window   string    `json:"window"`   // label that is unique within the run
	Offered  float64   `json:"offered_per_s"`
	Achieved float64   `json:"achieved_per_s"` // ended inside the measured phase, whatever the outcome
	Seconds  float64   `json:"seconds"`        // of the measured phase
	Loop     string    `json:"loop,omitempty"` // open or closed; older files mean open
	Counts   Counts    `json:"counts"`
	Refused  []Refusal `json:"refused,omitempty"`
	// UnknownBy sorts unknown outcomes by what is known of them.
	UnknownBy []Refusal `json:"unknown_by,omitempty"`
	// Latency runs from the due time to the end, Service from the call to the end,
	// Lag from the due time to the call; all in nanoseconds, HdrHistogram V2, base64.
	// Latency and Service hold committed arrivals, Lag every started one. Pacing is the part
	// of Lag that the generator itself caused, not the wait behind a store that was slow.
	// RefusedLatency runs from the due time to the end of refused arrivals: a store that
	// refuses fast must not look fast.
	RefusedLatency Histogram `json:"refused_latency,omitzero"`

	Latency  Histogram `json:"latency"`
	Service  Histogram `json:"service"`
	Lag      Histogram `json:"lag"`
	Pacing   Histogram `json:"pacing"`
	Timeline []Second  `json:"timeline"`
	// Stores is the same window by store, where the workload tells of its operations.
	Stores []StoreLatency `json:"stores,omitempty"`
}

// StoreLatency is what the operations of one store came to, of arrivals due in the measured
// phase. The first operation of an arrival counts from when the arrival was due, each later
// one from the end of the one before it; a conflict that was tried again is one operation,
// and so are reads that were sent together. What an arrival would have asked after an
// operation that was not committed was never asked, and is not counted.
type StoreLatency struct {
	Store string `json:"store"`
	// Operations are those below: every one is in exactly one of them.
	Operations int64 `json:"operations"`
	Committed  int64 `json:"committed"`
	Refused    int64 `json:"refused"`
	Unknown    int64 `json:"unknown"`
	// Dropped counts, once, each arrival that was never started and would have asked this store.
	Dropped int64     `json:"dropped"`
	Latency Histogram `json:"latency"` // of committed operations
}

// Counts keeps outcomes apart. Every arrival due in the measured phase is in exactly one of
// Committed, Refused, Unknown, Dropped.
type Counts struct {
	Due       int64 `json:"due"`
	Committed int64 `json:"committed"`
	Refused   int64 `json:"refused"`
	Unknown   int64 `json:"unknown"`
	Dropped   int64 `json:"dropped"`                          // never started: the bounded queue was full, or the run ended
	Late      int64 `json:"late"`                             // started over a millisecond after due
	Retries   int64 `json:"retries,omitempty"`                // operations tried again after a serialization failure or deadlock
	Deadlocks int64 `json:"retries_after_deadlock,omitempty"` // of Retries, those after a deadlock
	Overran   int64 `json:"overran,omitempty"`                // due in the measured phase and ended after it; their latencies count, the rate leaves them out
}

// Refusal counts one refusal reason.
type Refusal struct {
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

// Histogram is an encoded recorder with the percentiles a reader wants without decoding.
type Histogram struct {
	Count   int64   `json:"count"`
	Clipped int64   `json:"clipped"` // samples outside the range; other than zero makes the window INVALID
	P50     float64 `json:"p50_ms"`
	P95     float64 `json:"p95_ms"`
	P99     float64 `json:"p99_ms"`
	P999    float64 `json:"p999_ms,omitempty"`
	Max     float64 `json:"max_ms"`
	V2      string  `json:"hdr_v2,omitempty"`
}

// Second is one second of a window.
type Second struct {
	Second int     `json:"second"`
	Count  int64   `json:"count"`
	P50    float64 `json:"p50_ms"`
	P99    float64 `json:"p99_ms"`
}

// Cell is one arm of the split measurement.
type Cell string

// The four cells of the 2×2 at equal total hardware.
const (
	AuthAlone        Cell = "auth alone"
	CollectionsAlone Cell = "collections alone"
	SharedCluster    Cell = "together, one cluster"
	SplitClusters    Cell = "together, two clusters"
)

// Split is the facts of the split measurement: windows in interleaved blocks.
type Split struct {
	Engine          string            `json:"engine"`
	Reach           string            `json:"reach"`
	AuthRate        float64           `json:"auth_rate_per_s"`
	CollectionsRate float64           `json:"collections_rate_per_s"`
	Hardware        map[string]string `json:"hardware"` // shared and split, as asked and in force
	SLO             SLO               `json:"slo"`
	// AgreedInterference is the interference factor the operator tolerates before isolating.
	AgreedInterference float64       `json:"agreed_interference"`
	Ground             *Ground       `json:"ground,omitempty"` // nil in files of an older tristore
	Windows            []SplitWindow `json:"windows"`
	Boundary           *Boundary     `json:"boundary,omitempty"` // of the shared cluster; nil when it was not searched
	// TwoBoundary is that of two clusters of the same total hardware; nil when not searched.
	TwoBoundary *Boundary `json:"two_boundary,omitempty"`
	Remedies    []Remedy  `json:"remedies,omitempty"` // tried on the shared cluster, instead of a split
	Costs       *Costs    `json:"costs,omitempty"`    // of remedies; nil where none were to be tried
	Outlook     *Outlook  `json:"outlook,omitempty"`  // nil when nothing of the future was told
	// Tests are saved tests of interference that were handed to this measurement.
	Tests    []Interference `json:"interference_tests,omitempty"`
	Prepared *Prepared      `json:"prepared,omitempty"` // a bottleneck that was built in; nil for what is as it is
	Trouble  string         `json:"trouble,omitempty"`
}

// SLO is the latency promise for the auth path.
type SLO struct {
	AuthP99Ms float64 `json:"auth_p99_ms"`
}

// SplitWindow is one window of one cell in one block.
type SplitWindow struct {
	Block       int          `json:"block"`
	Order       int          `json:"order"` // position inside the block
	Cell        Cell         `json:"cell"`
	Auth        *Measurement `json:"auth,omitempty"`
	Collections *Measurement `json:"collections,omitempty"`
	Invalid     string       `json:"invalid,omitempty"` // why this window may not be used
	// Seen is what the server's statistics said of the window, as in ArmWindow. Empty on two
	// clusters, and where nobody looked.
	Seen map[string]float64 `json:"seen,omitempty"`
}
