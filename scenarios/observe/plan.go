package observe

import (
	"errors"
	"fmt"
	"time"

	"tristore/drivers"
	"tristore/drivers/store"
	"tristore/scenarios/road"
)

// Name is the lane and the label of an observation.
const Name = "observe"

// CostCap is the share of one session's time that observing may take.
const CostCap = 0.01

// The bounds of what can be asked for.
const (
	shortest     = 2 * time.Second
	longest      = 24 * time.Hour
	closest      = 200 * time.Millisecond
	longerAtMost = 3 // times the time asked for, when the cap needs a longer window
)

// Plan is everything an observation depends on.
type Plan struct {
	road.Head

	For   time.Duration `json:"for_ns"`
	Every time.Duration `json:"every_ns"`
	Cap   float64       `json:"cap"`
	// Stores says which database holds which store, where the names do not.
	Stores map[string]store.Name `json:"stores,omitempty"`
	// Trust is the owner's word that the account cannot write, for a server that does not tell.
	Trust bool `json:"trust,omitempty"`
}

// Check refuses a plan that could not be carried out, in a sentence for the user.
func (p Plan) Check() error {
	switch {
	case p.Trust && p.Engine.Family() == drivers.FamilyPostgres:
		return errors.New("--trust-account is for servers that do not tell what an account may do: PostgreSQL does, and is asked")
	case p.For < shortest || p.For > longest:
		return fmt.Errorf("--for is from %s to %s; asked for %s", shortest, longest, p.For)
	case p.Every < closest:
		return fmt.Errorf("--every is at least %s; asked for %s", closest, p.Every)
	case 2*p.Every > p.For:
		return fmt.Errorf("--for %s holds too few samples %s apart: ask for at least twice --every", p.For, p.Every)
	}
	return nil
}

func (p Plan) tell(done time.Duration, what string) {
	p.Say(road.Progress{Done: int(done.Seconds()), Total: int(p.For.Seconds()), Current: what})
}
