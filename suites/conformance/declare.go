// Package conformance declares the specs of the contract of the three stores on the engine at hand.
package conformance

import "tristore/suites"

// Declare adds one spec per claim of the area that the lane tries.
func Declare(lane *suites.Lane) { lane.Specs(suites.Conformance) }
