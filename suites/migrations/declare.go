// Package migrations declares the specs of start-up on empty, contested and half-migrated databases.
package migrations

import "tristore/suites"

// Declare adds one spec per claim of the area that the lane tries.
func Declare(lane *suites.Lane) { lane.Specs(suites.Migrations) }
