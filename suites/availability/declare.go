// Package availability declares the specs of what goes on working while a part is away.
package availability

import "tristore/suites"

// Declare adds one spec per claim of the area that the lane tries.
func Declare(lane *suites.Lane) { lane.Specs(suites.Availability) }
