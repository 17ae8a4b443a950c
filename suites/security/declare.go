// Package security declares the specs of how the stores are reached: encrypted or not at all, by a certificate of the
// right authority, under a configuration that makes sense.
package security

import "tristore/suites"

// Declare adds one spec per claim of the area that the lane tries.
func Declare(lane *suites.Lane) { lane.Specs(suites.Security) }
