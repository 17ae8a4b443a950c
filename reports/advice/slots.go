package advice

import (
	"fmt"

	"tristore/reports/result"
)

// The platform's own marks for connections in use, as a share of those there are.
const (
	slotsWarn     = 0.70
	slotsCritical = 0.85
)

// Slots is the budget of connections that the platform's pods have, by its pool formula:
// a gateway pod has two pools, one of workspaces or events has one, and one of the runtime
// has one and three for each of its worker threads.
type Slots struct {
	Users, Permissions, Collections int // pools
	Floor                           int // sockets that stay open whatever the load
	Cap                             int // sockets that the pools may open
	Available                       int // for the platform, on one shared cluster
	Told                            bool
}

func slotsOf(c *result.Connections) Slots {
	if c == nil {
		return Slots{}
	}
	s := Slots{Told: true, Users: 2 * c.Gateway, Permissions: c.Workspaces + c.Events + c.Runtime*(1+c.Workers), Collections: 2 * c.Workers * c.Runtime, Available: max(0, c.Max-c.Reserved)}
	pools := s.Users + s.Permissions + s.Collections
	s.Floor, s.Cap = pools*c.PoolMin, pools*c.PoolMax
	return s
}

// Exhausted tells that the pods' idle connections alone do not fit.
func (s Slots) Exhausted() bool { return s.Told && s.Floor > s.Available }

// Critical tells that full pools pass the platform's critical mark.
func (s Slots) Critical() bool { return s.Told && float64(s.Cap) > slotsCritical*float64(s.Available) }

// String is the budget in a sentence; empty where no pods were told.
func (s Slots) String() string {
	if !s.Told {
		return ""
	}
	said := fmt.Sprintf("The pods have %d pools (users %d, permissions %d, collections %d): %d connections at rest and %d with every pool full, of %d that the cluster has for them",
		s.Users+s.Permissions+s.Collections, s.Users, s.Permissions, s.Collections, s.Floor, s.Cap, s.Available)
	switch {
	case s.Exhausted():
		return said + "; they do not even fit at rest. That calls for PgBouncer in transaction mode, not for a split."
	case s.Critical():
		return said + fmt.Sprintf("; full pools pass the critical mark of %.0f %%. That calls for smaller pools or PgBouncer in transaction mode, not for a split.", 100*slotsCritical)
	case float64(s.Cap) > slotsWarn*float64(s.Available):
		return said + fmt.Sprintf("; full pools pass the warning mark of %.0f %%.", 100*slotsWarn)
	default:
		return said + "; they fit."
	}
}
