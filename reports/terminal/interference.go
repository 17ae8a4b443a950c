package terminal

import (
	"fmt"
	"strings"

	"tristore/reports/effect"
	"tristore/reports/result"
)

// interfered writes what a test of interference found, effect by effect.
func interfered(page *strings.Builder, run *result.Run) {
	if run.Interference == nil {
		return
	}
	answer := effect.Of(run.Interference)
	page.WriteString("\n")
	for _, e := range answer.Effects {
		fmt.Fprintf(page, "%s: %s\n", printable(e.Name), e.Text())
	}
	for _, c := range answer.Channels {
		fmt.Fprintf(page, "%-12s %-8s %s\n", printable(c.Name), c.Standing, printable(c.Why))
	}
}
