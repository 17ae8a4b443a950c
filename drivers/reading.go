package drivers

import "time"

// Named are values by name.
type Named map[string]float64

// Reading is what a cluster's statistics said at one moment. What a server does not tell
// is missing in it, and nothing stands for it.
type Reading struct {
	At time.Time
	// Counters and Levels are by database; the cluster's own stand under "".
	Counters, Levels map[string]Named
	Sessions         []Sessions
	// AllSessions tells that Sessions are all there are, the idle ones too.
	AllSessions bool
	Running     []Running
}

// Sessions are sessions that were met doing the same, the watcher's own apart.
type Sessions struct {
	Database    string
	Kind        string // client backend, autovacuum worker, …; operation on MongoDB
	State       string // active, idle, idle in transaction, …; empty for the server's own processes
	Class, Wait string // both empty: on the CPU, or waiting for it
	Count       int
}

// Running is a command that was met under way, or that the server kept. It holds what
// somebody wrote: who reads it keeps its shape and nothing else.
type Running struct {
	Database string
	Command  []byte // BSON
	Took     time.Duration
}

// TableStats are one table's counters and size.
type TableStats struct {
	Name                           string
	Bytes, Live, Dead              int64   // on PostgreSQL the bytes as of its last vacuum or analyze: asking the disk would need a lock
	VacuumedAgo                    float64 // seconds; -1 when it never was
	Scans, ScannedRows, IndexScans int64
	Counters                       Named `db:"-"` // of MongoDB, which has none of the three before
}

// StatementStats is what one statement did until now.
type StatementStats struct {
	ID                         string
	Database                   string
	Calls, Rows                int64
	TotalMs                    float64
	BlocksHit, BlocksRead, WAL int64
	Own                        bool // of the watcher's own account
}
