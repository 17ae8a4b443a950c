package result

import (
	"encoding/json"
	"time"
)

// Schema is the version this package writes.
const Schema = 1

// Run is everything one invocation recorded.
type Run struct {
	Schema       int             `json:"schema"`
	ID           string          `json:"id"`
	Kind         string          `json:"kind"` // certify, load, replay, capacity, restore, import, drill, observe
	Verdict      Verdict         `json:"verdict"`
	Seed         uint64          `json:"seed"`
	Command      string          `json:"command"` // repeats the run
	Tool         Tool            `json:"tool"`
	Began        time.Time       `json:"began"`
	Ended        time.Time       `json:"ended"`
	Interrupted  string          `json:"interrupted,omitempty"` // why the run stopped early
	Fault        string          `json:"fault,omitempty"`       // what was broken on purpose: such a run never passes
	Engines      []Engine        `json:"engines"`
	NotRun       []NotRun        `json:"not_run,omitempty"`
	Claims       []Claim         `json:"claims"` // the catalogue rows this run was about
	Findings     []Finding       `json:"findings"`
	Observations []Observation   `json:"observations"`
	Plan         json.RawMessage `json:"plan"`
	Environment  Environment     `json:"environment"`
	Measurements []Measurement   `json:"measurements"`
	// Steps are what was done, in order, where a run is one operation and its timings.
	Steps []Step `json:"steps,omitempty"`
	Split *Split `json:"split,omitempty"`
	// Prepared are measurements of deployments whose right advice is known.
	Prepared []Split `json:"prepared,omitempty"`
	Load     *Load   `json:"load,omitempty"`
	// Observed is what was read of a live cluster.
	Observed *Observed `json:"observed,omitempty"`
	// Interference is one test of what makes the auth path slow beside collections.
	Interference *Interference `json:"interference,omitempty"`
	Drill        *Drill        `json:"drill,omitempty"`
}

// Step is one step of an operation, as a runbook would list it.
type Step struct {
	What    string  `json:"what"`
	Seconds float64 `json:"seconds"`
	Bytes   int64   `json:"bytes,omitempty"` // moved by it
	Said    string  `json:"said,omitempty"`  // what came out
	// Commands are the tools' calls, in order; no secret ever stands in an argument.
	Commands []string `json:"commands,omitempty"`
}

// Tool says which build measured.
type Tool struct {
	Version string `json:"version"`
	Go      string `json:"go"`
}

// Engine is one engine that was to be judged.
type Engine struct {
	Engine  string  `json:"engine"`
	Title   string  `json:"title"`   // prose name, "PostgreSQL 16"
	Version string  `json:"version"` // as the server says
	Reach   string  `json:"reach"`
	Why     string  `json:"why,omitempty"` // why this reach was chosen
	StandIn bool    `json:"stand_in"`      // printed in full, but the exit code is not its own
	Warning string  `json:"warning,omitempty"`
	Trouble string  `json:"trouble,omitempty"` // the lane ended without finishing: why
	Verdict Verdict `json:"verdict"`
	Seconds float64 `json:"seconds"`
	// ReadySeconds is the time from asking for the cluster to the first answered query.
	ReadySeconds float64 `json:"ready_seconds"`
}

// NotRun is an engine or a step that was left out, in a sentence.
type NotRun struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Claim is a catalogue row as a reader sees it.
type Claim struct {
	ID       string `json:"id"`
	Domain   string `json:"domain"` // numbers of the platform fact sheet it certifies
	Area     string `json:"area"`   // suite it belongs to
	Source   string `json:"source"` // D documented, C seen in code, I inferred
	Sentence string `json:"sentence"`
	Depth    string `json:"depth"`
}

// Environment keeps each setting as asked and as the server reports it, by engine.
type Environment struct {
	Host    map[string]string            `json:"host"`
	Asked   map[string]map[string]string `json:"asked"`
	InForce map[string]map[string]string `json:"in_force"`
}

// Observation is what was seen while a claim was tried on an engine: facts, no opinion.
// It is filled by one goroutine.
type Observation struct {
	Claim   string    `json:"claim"`
	Engine  string    `json:"engine"`
	Began   time.Time `json:"began"`
	Seconds float64   `json:"seconds"`
	// Facts are counts and readings; a name ends in its unit when it has one (p95_ms).
	Facts map[string]float64 `json:"facts,omitempty"`
	// Cases are comparisons made one by one.
	Cases []Case `json:"cases,omitempty"`
	// Witness is evidence in the store's own words, at most WitnessMax lines.
	Witness []string `json:"witness,omitempty"`
	// WitnessDropped counts the lines beyond WitnessMax.
	WitnessDropped int `json:"witness_dropped,omitempty"`
	// Probe says how it was established that the engine cannot be asked this.
	Probe string `json:"probe,omitempty"`
	// Trouble says why the harness could not measure.
	Trouble string `json:"trouble,omitempty"`
}

// Case is one comparison: what was promised and what was seen.
type Case struct {
	Name string `json:"name"`
	Want string `json:"want"`
	Got  string `json:"got"`
}

// WitnessMax bounds the evidence of one observation.
const WitnessMax = 20
