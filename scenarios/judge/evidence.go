package judge

import (
	"fmt"
	"maps"
	"slices"

	"tristore/reports/result"
)

// evidence lists broken cases first, then facts by name, then the witness lines.
func evidence(o result.Observation) []string {
	lines := brokenCases(o)
	if more := len(lines) - result.WitnessMax; more > 0 {
		lines = append(lines[:result.WitnessMax], fmt.Sprintf("… and %d more broken cases", more))
	}
	for _, fact := range slices.Sorted(maps.Keys(o.Facts)) {
		lines = append(lines, fact+" = "+number(o.Facts[fact]))
	}
	if len(o.Cases) > 0 {
		lines = append(lines, fmt.Sprintf("cases compared = %d", len(o.Cases)))
	}
	lines = append(lines, o.Witness...)
	if o.WitnessDropped > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more lines", o.WitnessDropped))
	}
	return lines
}
