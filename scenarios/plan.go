// Package scenarios says what is done to a deployment and what must hold. No test
// framework is imported here or below.
package scenarios

import (
	"fmt"
	"time"
)

// Depth is how much of the catalogue runs, and for how long.
type Depth string

// The depths, each containing the one before.
const (
	Smoke   Depth = "smoke"
	Nightly Depth = "nightly"
	Release Depth = "release"
)

// ParseDepth reads the word a user typed.
func ParseDepth(text string) (Depth, error) {
	switch d := Depth(text); d {
	case Smoke, Nightly, Release:
		return d, nil
	default:
		return "", fmt.Errorf("depth %q is not known: choose smoke, nightly or release", text)
	}
}

// Includes tells whether a claim of depth other runs at depth d.
func (d Depth) Includes(other Depth) bool {
	order := map[Depth]int{Smoke: 0, Nightly: 1, Release: 2}
	return order[other] <= order[d]
}

// Window is the length of one load window at this depth.
func (d Depth) Window() time.Duration {
	if d == Smoke {
		return 10 * time.Second
	}
	return time.Minute
}
