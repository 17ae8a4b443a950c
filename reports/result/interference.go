package result

// Interference is the facts of one test of what makes the auth path slow beside
// collections: windows of several arms in interleaved blocks.
type Interference struct {
	Engine          string            `json:"engine"`
	Reach           string            `json:"reach"`
	Test            Test              `json:"test"`
	Prepared        string            `json:"prepared,omitempty"` // a bottleneck that was built in on purpose
	AuthRate        float64           `json:"auth_rate_per_s"`
	CollectionsRate float64           `json:"collections_rate_per_s"` // of a full dose
	Hardware        map[string]string `json:"hardware"`
	Cores           int               `json:"cores"`
	Ground          *Ground           `json:"ground,omitempty"` // nil in files of an older tristore
	// Run is the id of the run that measured it, where it stands in another one's facts.
	Run string `json:"run,omitempty"`
	// Arms stand in the order in which they are shown; the first is what others are compared with.
	Arms    []Arm       `json:"arms"`
	Windows []ArmWindow `json:"windows"`
	NotRun  []NotRun    `json:"not_run,omitempty"` // interventions that could not be made, and why
	Trouble string      `json:"trouble,omitempty"`
}

// Ground is what a measurement stood on. Of two that stood on the same, one can speak of
// the other.
type Ground struct {
	Version     string  `json:"version"` // of the server, as it says
	CPUs        float64 `json:"cpus"`
	MemoryBytes int64   `json:"memory_bytes"`
	Profile     string  `json:"profile"` // of auth
	Mix         string  `json:"mix"`     // of collections, with the rows of a bulk
	Data        string  `json:"data"`    // the sizes of the data set
}

// Test is which question an interference run asks.
type Test string

// The tests.
const (
	DoseTest   Test = "dose"   // does auth grow slower with more collections beside it?
	GrowthTest Test = "growth" // does it with more data, from inside to beyond the cache?
	CausesTest Test = "causes" // which intervention takes the interference away?
)

// Arm is one way to run the two workloads.
type Arm struct {
	Name string  `json:"name"`
	Dose float64 `json:"dose"` // share of the collections rate
	// Bytes are those of the collections' database when the arm was ready, CacheBytes of its cluster's cache.
	Bytes      int64 `json:"bytes,omitempty"`
	CacheBytes int64 `json:"cache_bytes,omitempty"`
	// Channel is what an intervention works on, and Change what it changes; empty without one.
	Channel string `json:"channel,omitempty"`
	Change  string `json:"change,omitempty"`
}

// ArmWindow is one window of one arm in one block.
type ArmWindow struct {
	Block       int          `json:"block"`
	Order       int          `json:"order"` // position inside the block
	Arm         string       `json:"arm"`
	Auth        *Measurement `json:"auth,omitempty"`
	Collections *Measurement `json:"collections,omitempty"`
	// Seen is what the server's statistics said of the window: levels in the mean by their
	// names, the highest with _max behind, and counters per second over all databases.
	Seen    map[string]float64 `json:"seen,omitempty"`
	Invalid string             `json:"invalid,omitempty"`
}
