// Package load declares the specs of the two workloads, open loop.
package load

import "tristore/suites"

// Declare adds one spec per claim of the area that the lane tries.
func Declare(lane *suites.Lane) { lane.Specs(suites.Load) }
