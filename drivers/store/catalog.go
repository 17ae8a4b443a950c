package store

import (
	"fmt"
	"time"
)

// IndexInfo is one index as the server describes it.
type IndexInfo struct {
	Table  string
	Name   string
	Fields []string // in order; expressions as the server prints them
	Unique bool
	Valid  bool // false for a failed concurrent build
}

// ExpectedIndex is one index the platform's documents or code promise.
type ExpectedIndex struct {
	Table  string
	Fields []string
	Unique bool
	Source string // D or C
	Needs  string // kind of index that not every server of the family has: text, ttl, wildcard; mostly empty
}

// PlanInfo is how the server would run a statement.
type PlanInfo struct {
	Indexes  []string // names of the indexes used
	FullScan bool     // any sequential or collection scan
	Text     string   // the server's own words
}

// Migration tells what one start-up did to one database.
type Migration struct {
	Store    Name
	Applied  []string // versions applied by this start, in order
	Version  int64    // version in force afterwards
	Repaired string   // the half-applied version that was completed, if any
	Skipped  []string // what this server has no feature for and the start left out, with the server's words
	Duration time.Duration
}

// Unapplied is a schema file that the server itself refused: the two do not fit.
type Unapplied struct {
	Store Name
	File  string // such as 0002_account_indexes.up.sql
	Line  int    // where the server stumbled; zero when it does not tell
	Err   error  // in the server's words
}

// BlamesFile tells whether a server's refusal is about what a schema file says, and not
// about the moment, the load or the session.
func BlamesFile(reason Reason) bool {
	return reason == Invalid || reason == Unsupported || reason == Forbidden || reason == Unique
}

func (e *Unapplied) Error() string {
	line := ""
	if e.Line > 0 {
		line = fmt.Sprintf(", line %d", e.Line)
	}
	return fmt.Sprintf("the server refuses schema file %s/%s%s: %v", e.Store, e.File, line, e.Err)
}

func (e *Unapplied) Unwrap() error { return e.Err }

// Fingerprint is the content and the catalog of one database, independent of row order.
type Fingerprint struct {
	Tables  map[string]TableDigest
	Objects []string // one sorted line per column, constraint, index, sequence, grant, owner or extension
}

// TableDigest is the typed content of one table or collection.
type TableDigest struct {
	Rows  int64
	Bytes int64
	Hash  string // order-free sum of row hashes, hex
}

// HotPlan is how the server would run one statement of a request path.
type HotPlan struct {
	Operation string // as the contract names it, such as "LoginByEmail"
	Table     string
	Plan      PlanInfo
}
