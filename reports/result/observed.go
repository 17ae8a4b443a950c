package result

import "strings"

// Observed is what was read of a live cluster through an account that cannot write.
// Counters are kept as rates over the window, levels as they were met by the samples;
// each stands under its name, and one that the server's major does not have is missing.
// Statements stand without their literals; nothing else of the rows is read at all.
//
// Names of counters on PostgreSQL: commits, rollbacks, rows_read (scanned), rows_fetched,
// rows_inserted, rows_updated, rows_deleted, blocks_hit, blocks_read, temp_bytes,
// deadlocks per store; wal_*, checkpoint*, buffers_* and io_client_* of the cluster.
// On MongoDB operations, their kinds and operation_ms per store where top answers; and of
// the server operations_*, commands_*, documents_*, cache_*, journal_*, latency_*, connections_*.
type Observed struct {
	Engine  string `json:"engine"`
	Account string `json:"account"`
	Standby bool   `json:"standby"`
	// Trusted tells that the server does not say what the account may do, and that its owner's word was taken.
	Trusted bool    `json:"trusted,omitempty"`
	Seconds float64 `json:"seconds"` // from the first reading to the last
	Samples int     `json:"samples"` // readings of counters and sessions

	Cost ObservedCost `json:"cost"`
	// Stores are the databases, by name.
	Stores []ObservedStore `json:"stores"`
	// PerSecond are the cluster's own counters.
	PerSecond map[string]float64 `json:"per_s"`
	// Levels were met by the samples: connections, active, on_cpu, lock_waits,
	// idle_in_transaction, oldest_transaction_s, replication_lag_s, standbys, vacuums, backups …
	Levels map[string]Level `json:"levels"`
	// Limits are of the server: connections (all slots), connections_reserved.
	Limits map[string]float64 `json:"limits"`
	Waits  []ObservedWait     `json:"waits"`
	// Statements are the hottest of the window; why there are none stands in NotRead.
	Statements []ObservedStatement `json:"statements"`
	// SlotsAsked and SlotsRefused count connections of ours, and those for which the server had no slot.
	SlotsAsked   int      `json:"slots_asked"`
	SlotsRefused int      `json:"slots_refused"`
	NotRead      []NotRun `json:"not_read,omitempty"`
	Trouble      string   `json:"trouble,omitempty"`
}

// What a MongoDB-compatible server may not tell, as NotRead names it.
const (
	UntoldByCollection = "operations by database and collection (top)"
	UntoldUnderWay     = "operations under way ($currentOp)"
	UntoldMembers      = "members of the replica set and their lag (replSetGetStatus)"
	UntoldConnections  = "connections"
	UntoldRefused      = "refused connections"
	UntoldTickets      = "tickets"
)

// ObservedCost is what observing cost the observed: the time in which its sessions there
// were busy or connecting, as a share of one session's time.
type ObservedCost struct {
	Seconds    float64 `json:"seconds"`
	Share      float64 `json:"share"`
	Cap        float64 `json:"cap"`
	Asked      float64 `json:"asked_every_s"`
	BackedOff  int     `json:"backed_off"`      // samples that were put off to stay below the cap
	Longest    float64 `json:"longest_every_s"` // between two samples
	BeforeOnly float64 `json:"before_s"`        // for finding out what the account may do, before the window
	ServerTime float64 `json:"server_time_s"`   // of our statements, where pg_stat_statements tells
	OfActive   float64 `json:"share_of_active"` // of the time of all sessions that were active in the window
}

// Level is a reading over all samples.
type Level struct {
	Mean float64 `json:"mean"`
	Max  float64 `json:"max"`
	Min  float64 `json:"min"` // 0 where a sample did not meet it
}

// ObservedStore is one database.
type ObservedStore struct {
	Database string `json:"database"`
	Store    string `json:"store,omitempty"` // users, permissions, collections; empty when it is none of them
	Bytes    int64  `json:"bytes"`
	// PerSecond is the mean over the window, PeakPerSecond the highest between two samples.
	PerSecond     map[string]float64 `json:"per_s"`
	PeakPerSecond map[string]float64 `json:"peak_per_s"`
	// Blocks is how often a block was wanted in the window, and HitPercent of them were in the cache.
	Blocks     int64            `json:"blocks"`
	HitPercent float64          `json:"hit_pct"`
	Levels     map[string]Level `json:"levels"`
	Tables     []ObservedTable  `json:"tables,omitempty"` // the largest and those with most dead rows
}

// Postgres tells which of the two families was observed.
func (o Observed) Postgres() bool { return strings.HasPrefix(o.Engine, "postgres:") }

// Transactions are those that ended per second, in the mean and at the peak. On MongoDB an
// operation is its own transaction, and where the server does not count the operations of
// a database both are 0, which nobody may take for rest.
func (s ObservedStore) Transactions() (mean, peak float64) {
	if mean, counted := s.PerSecond["operations"]; counted {
		return mean, s.PeakPerSecond["operations"]
	}
	return s.PerSecond["commits"] + s.PerSecond["rollbacks"], s.PeakPerSecond["transactions"]
}

// Changes are rows that were changed per second; on MongoDB operations that change.
func (s ObservedStore) Changes() float64 {
	p := s.PerSecond
	return p["rows_inserted"] + p["rows_updated"] + p["rows_deleted"] + p["insert"] + p["update"] + p["remove"]
}

// ObservedTable is one table, with hints on its health.
type ObservedTable struct {
	Name           string  `json:"name"`
	Bytes          int64   `json:"bytes"` // as of its last vacuum or analyze
	Rows           int64   `json:"rows"`
	Dead           int64   `json:"dead_rows"`
	VacuumedAgo    float64 `json:"vacuumed_s_ago"` // -1: never
	ScannedPerS    float64 `json:"scanned_rows_per_s"`
	ScansPerS      float64 `json:"scans_per_s"`
	IndexScansPerS float64 `json:"index_scans_per_s"`
	// PerSecond is of MongoDB, which counts operations of a collection by their kind, and pages of its cache.
	PerSecond map[string]float64 `json:"per_s,omitempty"`
}

// ObservedWait is what active sessions were doing when the samples met them; an empty
// class is the CPU, or waiting for it.
type ObservedWait struct {
	Database string  `json:"database,omitempty"`
	Class    string  `json:"class"`
	Event    string  `json:"event"`
	Sessions float64 `json:"sessions"` // in the mean
}

// Where a statement of MongoDB is known from; one of PostgreSQL is from pg_stat_statements,
// and says nothing.
const (
	FromTop      = "top"      // all operations of one kind on a collection; rows and blocks are not told
	FromProfiler = "profiler" // those that the profiler kept; rows and blocks are not read
	FromSamples  = "samples"  // met under way by samples; how often it was called nobody knows
)

// ObservedStatement is one statement without its literals.
type ObservedStatement struct {
	From         string  `json:"from,omitempty"`
	Database     string  `json:"database"`
	Text         string  `json:"text"`
	CallsPerS    float64 `json:"calls_per_s"`
	MeanMs       float64 `json:"mean_ms"`
	SharePercent float64 `json:"share_pct"` // of the time of all statements in the window that are known from there
	RowsPerCall  float64 `json:"rows_per_call"`
	BlocksHit    float64 `json:"blocks_hit_per_call"`
	BlocksRead   float64 `json:"blocks_read_per_call"`
	WALBytes     float64 `json:"wal_bytes_per_call"` // 0 before PostgreSQL 13, which does not tell
}
