package judge

import (
	"fmt"
	"maps"
	"slices"

	"tristore/reports/result"
)

// evidence lists broken cases first, then facts by name, then the witness lines.
func evidence(o result.Observation) []string {
	var lines []string
	for _, c := range o.Cases {
		if c.Want != c.Got && len(lines) < result.WitnessMax {
			lines = append(lines, fmt.Sprintf("%s: promised %s, got %s", c.Name, c.Want, c.Got))
		}
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
