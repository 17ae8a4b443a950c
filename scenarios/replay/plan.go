package replay

import (
	"fmt"
	"slices"
	"time"

	"tristore/reports/result"
	"tristore/scenarios/road"
	"tristore/scenarios/trace"
)

// Name is the workload of a replay in measurements.
const Name = "replay"

// Plan is everything a replay depends on.
type Plan struct {
	road.Head
	road.Terms

	Trace string        `json:"trace"` // path
	About trace.Summary `json:"about"` // what the trace says of itself
	// Prepare is a file of SQL, or of commands, that is run in each database of a server that we start.
	Prepare string `json:"prepare,omitempty"`
	// Database gets every statement, whatever the trace says; empty means that of the trace.
	Database string `json:"database,omitempty"`
	// Speed is how many times faster than recorded; zero is as fast as possible.
	Speed       float64       `json:"speed"`
	Connections int           `json:"connections"` // of each database
	For         time.Duration `json:"for_ns"`      // what is due later is not sent
	Drain       time.Duration `json:"drain_ns"`    // bounds how long after the last due time statements may end
	Writes      bool          `json:"writes"`      // sends what changes rows as well
}

// The bounds of a plan.
const (
	longest         = 24 * time.Hour // every second of a window is kept
	mostConnections = 1000           // of all databases together
	fastest         = 1_000_000
)

// Default is a plan that only needs a trace and an engine.
func Default() Plan {
	return Plan{Terms: road.Usual(), Speed: 1, Connections: 16, For: time.Hour, Drain: 30 * time.Second}
}

// Check refuses a plan that could not be carried out, in a sentence for the user.
func (p Plan) Check() error {
	if err := p.fits(); err != nil {
		return err
	}
	databases := max(1, len(p.databases()))
	switch {
	case !(p.Speed >= 0) || p.Speed > fastest:
		return fmt.Errorf("a trace is replayed at a speed above 0 and at most %d times, or max; asked for %g", fastest, p.Speed)
	case p.For < time.Second || p.For > longest:
		return fmt.Errorf("a replay lasts between a second and %s; asked for %s", longest, p.For)
	case p.Connections < 1 || p.Connections*databases > mostConnections:
		return fmt.Errorf("a replay has between 1 and %d connections in all, and %d to each of %d databases were asked for: lower --connections, or name one --database", mostConnections, p.Connections, databases)
	case p.About.Records == 0:
		return fmt.Errorf("the trace %s holds no statement", p.Trace)
	case slices.ContainsFunc(p.Promises, func(promise result.Promise) bool { return promise.Store != "" }):
		return fmt.Errorf("a trace says of no statement which store it asks, so that a promise of one store cannot be judged: name percentiles alone, such as p99=200ms")
	case p.Speed == 0 && len(p.Promises) > 0:
		return fmt.Errorf("as fast as possible no statement is ever due, so that no promise can be judged: drop --slo, or give a speed")
	}
	return p.Terms.Check(p.window())
}

// databases are those that statements are sent to; "" is the one of the address.
func (p Plan) databases() []string {
	if p.Database != "" {
		return []string{p.Database}
	}
	return p.About.Databases
}

// window is how long the replay offers statements, if it keeps up.
func (p Plan) window() time.Duration {
	if p.Speed == 0 {
		return p.For
	}
	return min(p.For, p.scaled(p.About.Span)+time.Second) // the last ones have a second to end in
}

// scaled is when a statement is due in this replay.
func (p Plan) scaled(due time.Duration) time.Duration {
	if p.Speed == 1 || p.Speed == 0 {
		return due
	}
	scaled := float64(due) / p.Speed
	if scaled > float64(longest*2) {
		return 2 * longest // beyond every window
	}
	return time.Duration(scaled)
}
