package result

import "time"

// Drill is what a backup drill was asked for and measured; what is judged by rule stands in
// the observations, and what is judged by a curve in Rounds.
type Drill struct {
	Engine string `json:"engine"`
	Reach  string `json:"reach"`
	// Under is the load while the dumps were taken: idle, auth, collections, both.
	Under string `json:"under"`
	// Order is the arrangement of the dumps that was asked for, see DrillDumps.
	Order string `json:"order"`
	// The promises: seconds until the first served request, and seconds of writes lost.
	RTOSeconds float64 `json:"promised_rto_s"`
	RPOSeconds float64 `json:"promised_rpo_s"`
	// EverySeconds is how often dumps are to be taken; 0 when nobody said.
	EverySeconds float64 `json:"every_s,omitempty"`
	// PlannedBytes is the size that the promise is to hold for, on disk.
	PlannedBytes int64        `json:"planned_bytes"`
	Rounds       []DrillRound `json:"rounds"`
	// Past are earlier drills of the same kind, oldest first, as their saved runs say.
	Past    []DrillPast `json:"past,omitempty"`
	Trouble string      `json:"trouble,omitempty"`
	// Own are somebody's own databases, which were only read; nil where ours were filled.
	Own *DrillOwn `json:"own,omitempty"`
	// Format of the dumps, and the jobs of one in the directory format.
	Format string `json:"format,omitempty"`
	Jobs   int    `json:"jobs,omitempty"`
}

// DrillOwn says whose databases were drilled, and where the copy lay.
type DrillOwn struct {
	At        string            `json:"at"`                  // host and port
	Databases map[string]string `json:"databases,omitempty"` // by store
	Into      string            `json:"into"`                // engine of the throwaway cluster
	Reach     string            `json:"into_reach"`
}

// DrillRound is one loss and return of the three stores.
type DrillRound struct {
	AskedBytes int64 `json:"asked_bytes"`
	// Bytes is what the three databases took on disk when they were dumped.
	Bytes int64 `json:"bytes"`
	Rows  int64 `json:"rows"`
	// Dumps are those that were restored; Others were taken in other arrangements meanwhile.
	Dumps  DrillDumps   `json:"dumps"`
	Others []DrillDumps `json:"others,omitempty"`
	// Parts is what the time to serve consists of, in order; RTOSeconds is their sum, and 0
	// where no request was served.
	Parts      []DrillPart   `json:"parts"`
	RTOSeconds float64       `json:"rto_s"`
	Ledger     []DrillLedger `json:"ledger,omitempty"`
	// LostRows and LostSeconds are the acknowledged writes that did not come back.
	LostRows    int64   `json:"lost_rows"`
	LostSeconds float64 `json:"lost_s"`
	// FingerprintSeconds is what digesting source and copy took together.
	FingerprintSeconds float64 `json:"fingerprint_s"`
}

// DrillDumps are the three dumps of one arrangement.
type DrillDumps struct {
	// Arrangement names the stores in the order of their dumps, or "together".
	Arrangement string  `json:"arrangement"`
	Seconds     float64 `json:"seconds"`
	Bytes       int64   `json:"bytes"` // of the archives
	// SkewSeconds is from the first store's moment to the last one's.
	SkewSeconds float64 `json:"skew_s"`
	// References were looked at in the restored copies; of those, Dangling name a user that
	// is in the source and not in the copy, and Strangers one that is in neither.
	References int64 `json:"references"`
	Dangling   int64 `json:"dangling"`
	Strangers  int64 `json:"strangers"`
	// NewReferences is how many were written per second meanwhile, as the ledger counted.
	NewReferences float64  `json:"new_references_per_s"`
	Shown         []string `json:"shown,omitempty"` // at most DanglingShown of the dangling
}

// DanglingShown bounds the references that are shown; all are counted.
const DanglingShown = 20

// DrillPart is one part of the time to serve.
type DrillPart struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	Bytes   int64   `json:"bytes,omitempty"`
}

// DrillLedger is what became of the writes of one store. Those acknowledged before the
// dump's moment must be back, those begun after it cannot be, and nobody can say of those
// between; unknown outcomes are in none of them.
type DrillLedger struct {
	Store        string `json:"store"`
	Acknowledged int64  `json:"acknowledged"`
	Older        int64  `json:"older"`
	OlderMissing int64  `json:"older_missing"`
	Between      int64  `json:"between"`
	Later        int64  `json:"later"`
	LaterFound   int64  `json:"later_found"`
	Lost         int64  `json:"lost"` // acknowledged and not back
	// LostSeconds is from the last acknowledged write that came back to the loss.
	LostSeconds  float64 `json:"lost_s"`
	Unknown      int64   `json:"unknown"`
	UnknownFound int64   `json:"unknown_found"`
}

// DrillPast is one earlier drill.
type DrillPast struct {
	ID          string    `json:"id"`
	Began       time.Time `json:"began"`
	Status      Status    `json:"status"`
	Bytes       int64     `json:"bytes"` // of its largest round
	DumpSeconds float64   `json:"dump_s"`
	RTOSeconds  float64   `json:"rto_s"`
	LostSeconds float64   `json:"lost_s"`
	Dangling    int64     `json:"dangling"`
}
