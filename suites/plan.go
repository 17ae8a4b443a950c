package suites

import (
	"tristore/scenarios"
	"tristore/scenarios/capacity"
	"tristore/scenarios/road"
)

// LanePlan is everything that one lane depends on. Its zero engine is invalid.
type LanePlan struct {
	road.Head                 // its folder keeps the lane's logs and facts; its reach is never Auto: Choose has decided
	Depth     scenarios.Depth `json:"depth"`
	Claims    []string        `json:"claims,omitempty"` // ids or areas; empty means all of the depth
	Fault     string          `json:"fault,omitempty"`  // deliberate damage, by name
	Seed      uint64          `json:"seed"`
	// Migrations is a folder of the user's own schema files; empty means the built-in ones.
	Migrations string `json:"migrations,omitempty"`
	// Bounds is the boundary of a saved run that is looked at again; nil leaves that out.
	Bounds *capacity.Known `json:"bounds,omitempty"`
}

// Beside are the rows that the plan adds to the catalogue.
func (p LanePlan) Beside() []Row {
	if p.Bounds == nil {
		return nil
	}
	known := p.Bounds.On(p.Head)
	return Bounds(&known)
}

// Progress is what a lane tells while it works; empty fields have not changed.
type Progress struct {
	Total   int    `json:"total,omitempty"`
	Done    int    `json:"done,omitempty"`
	Current string `json:"current,omitempty"`
	Message string `json:"message,omitempty"`
	Live    bool   `json:"live,omitempty"`  // Current changes all the time
	Bytes   bool   `json:"bytes,omitempty"` // Total and Done are bytes
}

// Hooks connect a lane with whoever runs it; a nil one does nothing.
type Hooks struct {
	// Tell hears of progress.
	Tell func(Progress)
	// Quiet returns when nothing else of ours runs, so that a load window may begin. It
	// returns the function that gives the machine back.
	Quiet func() (done func(), err error)
}
