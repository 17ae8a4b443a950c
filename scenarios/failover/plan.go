package failover

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/scenarios/road"
)

// Plan is everything that a drill depends on. The head's reach is embedded.
type Plan struct {
	road.Head
	Seed  uint64 `json:"seed"`
	Times int    `json:"times"` // how often a primary is lost
	// Synchronous lets a commit wait until the standby shows it (remote_apply).
	Synchronous bool    `json:"synchronous"`
	Faults      []Fault `json:"faults,omitempty"`
	// Patience is how long after a loss a write is waited for; zero is the usual.
	Patience time.Duration `json:"patience_ns,omitempty"`
}

// What a drill may ask for, and how long a write is waited for after a loss: the promise
// is at most 30 seconds without a primary [D].
const (
	MostTimes     = 100
	usualPatience = 45 * time.Second
)

// Check refuses a plan that could not be carried out, in a sentence for the user.
func (p Plan) Check() error {
	switch {
	case p.Engine.Product != drivers.Postgres:
		return fmt.Errorf("failover drill needs an engine with a standby that is started here, and %s has none: name one such as postgres:16", p.Engine)
	case p.Times < 1 || p.Times > MostTimes:
		return fmt.Errorf("a drill loses 1 to %d primaries; asked for %d", MostTimes, p.Times)
	case p.has(Detached) && !p.Synchronous:
		return fmt.Errorf("fault %s breaks a promise that only a synchronous standby gives: add --synchronous", Detached)
	}
	return nil
}

// The claims of a drill; their sentences and rules stand in package suites.
const (
	Kept     = "FAILOVER-1" // no acknowledged write is lost that was promised to be kept
	Writable = "FAILOVER-2" // the application writes again in time
)

// Fault is something that is done wrong on purpose.
type Fault string

// The faults, each with the claim that must see it.
const (
	// Detached is a standby that was cut off before the loss, and commits that no longer
	// wait for it, as a manager lets them when a synchronous standby goes away.
	Detached Fault = "standby-detached"
	// Unpromoted is a loss that nobody answers by a promotion.
	Unpromoted Fault = "never-promoted"
)

// Faults lists each with the claim that must fail. What is detached is lost in any case,
// and was promised to be kept by a synchronous standby only.
func Faults() map[Fault]string { return map[Fault]string{Detached: Kept, Unpromoted: Writable} }

// ParseFaults reads the words that a user typed.
func ParseFaults(words []string) (all []Fault, err error) {
	known := []string{string(Unpromoted), string(Detached)}
	for _, word := range words {
		if !slices.Contains(known, word) {
			return nil, fmt.Errorf("fault %q is not known; did you mean %s? known: %s", word, drivers.Nearest(word, known), strings.Join(known, ", "))
		}
		all = append(all, Fault(word))
	}
	return all, nil
}

func (p Plan) has(fault Fault) bool { return slices.Contains(p.Faults, fault) }

func (p Plan) patience() time.Duration {
	if p.Patience > 0 {
		return p.Patience
	}
	return usualPatience
}
