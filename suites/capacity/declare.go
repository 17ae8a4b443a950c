// Package capacity declares the specs of the boundary that a saved run found.
package capacity

import "tristore/suites"

// Declare adds one spec per claim of the area that the lane tries.
func Declare(lane *suites.Lane) { lane.Specs(suites.Capacity) }
