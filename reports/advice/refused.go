package advice

import (
	"fmt"
	"slices"

	"tristore/reports/result"
)

// refused is what the shared cluster answered for want of a connection slot.
type refused struct {
	blocks, windows int     // windows of the shared cluster that hold such refusals, and all
	share           float64 // of the arrivals of both loads, in the middle over windows
	taken, slots    float64 // connections at the most, and slots, in the middle
}

const (
	// outOfResources is what a measurement calls SQLSTATE class 53, of which a connection
	// that found no slot is 53300.
	outOfResources = "exhausted"
	// nearlyAll is the share of the slots that must be seen taken, before such refusals are
	// read as for want of one: a look now and then misses the highest moment.
	nearlyAll = 0.9
	// fewestRefusing windows make it no accident.
	fewestRefusing = 3
)

// refusedSlots reads the windows of the shared cluster. Refusals for want of resources are
// for want of a slot only where the server's statistics show the slots taken.
func refusedSlots(split *result.Split) (r refused) {
	var shares, taken, slots []float64
	for _, w := range split.Windows {
		if w.Cell != result.SharedCluster || w.Invalid != "" || w.Auth == nil || w.Collections == nil {
			continue
		}
		var due, want int64
		for _, m := range []*result.Measurement{w.Auth, w.Collections} {
			due += m.Counts.Due
			for _, by := range m.Refused {
				if by.Reason == outOfResources {
					want += by.Count
				}
			}
		}
		if r.windows++; want > 0 {
			r.blocks++
		}
		shares = append(shares, float64(want)/float64(max(1, due)))
		taken, slots = append(taken, w.Seen["connections_max"]), append(slots, w.Seen["slots_max"])
	}
	r.share, r.taken, r.slots = middle(shares), middle(taken), middle(slots)
	return r
}

// happened tells whether slots ran out: in most windows, by more than may fail, and with
// the server's own count of connections beside it.
func (r refused) happened() bool {
	return r.blocks >= fewestRefusing && 2*r.blocks > r.windows && r.share > failingLimit && r.slots > 0 && r.taken >= nearlyAll*r.slots
}

func (r refused) String() string {
	return fmt.Sprintf("In %d of %d windows the shared cluster refused arrivals for want of a connection slot (SQLSTATE class 53; %.2g %% of them in the middle), with %.0f connections on its %.0f slots: that calls for fewer connections, and not for a split.",
		r.blocks, r.windows, 100*r.share, r.taken, r.slots)
}

func middle(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
