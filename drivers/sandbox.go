package drivers

import "time"

// SandboxMark is the name of the table or collection that marks a sandbox.
const SandboxMark = "tristore_sandbox"

// Sandbox is a mark in a database by which its owner lets tristore write to the cluster.
type Sandbox struct {
	ID      string // random
	Owner   string
	Expires time.Time
	// Identity is of the cluster and database that were marked; a copy has another one.
	Identity string
}

// SandboxFacts is what one live session says about a cluster that may be a sandbox.
type SandboxFacts struct {
	Database string
	// Identity of this cluster and this database; empty when the server does not tell.
	Identity string
	Now      time.Time // the server's clock
	Standby  bool      // it takes no writes
	Marks    []Sandbox
	// Objects of the database that tristore did not make; at most SandboxShown names.
	Objects []string
	// Sessions of somebody else in databases of somebody else, "database (application)";
	// at most SandboxShown.
	Sessions []string
}

// SandboxShown bounds the names that a refusal lists.
const SandboxShown = 5
