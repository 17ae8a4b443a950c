// Package backup declares the specs of dump and restore, proven on content and by serving from the copy.
package backup

import "tristore/suites"

// Declare adds one spec per claim of the area that the lane tries.
func Declare(lane *suites.Lane) { lane.Specs(suites.Backup) }
