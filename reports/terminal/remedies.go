package terminal

import (
	"fmt"
	"strings"

	"tristore/reports/advice"
	"tristore/reports/result"
)

// rungs is the table of what was tried before a split, in the order in which to do it.
func rungs(page *strings.Builder, split *result.Split, given advice.Advice) {
	if len(given.Rungs) == 0 {
		return
	}
	wide := len("before a split")
	for _, r := range given.Rungs {
		wide = max(wide, len([]rune(printable(r.Name))))
	}
	fmt.Fprintf(page, "\n%-*s  %-20s  %-22s  %5s  months bought\n", wide, "before a split", "gain (interval)", "promise breaks at", "cost")
	for _, r := range given.Rungs {
		cost := "-"
		if r.Cost > 0 {
			cost = fmt.Sprintf("%.2g", r.Cost)
		}
		if !r.Usable {
			fmt.Fprintf(page, "%-*s  not usable: %s\n", wide, printable(r.Name), printable(strings.Join(strings.Fields(r.Why), " ")))
			continue
		}
		fmt.Fprintf(page, "%-*s  %-20s  %-22s  %5s  %s\n", wide, printable(r.Name), fmt.Sprintf("%.2f (%.2f to %.2f)", r.Gain, r.GainLow, r.GainHigh),
			fmt.Sprintf("%.3g to %.3g times", r.Low, r.High), cost, printable(r.Months()))
	}
	if c := split.Costs; c != nil {
		said := "the shipped default, a guess: give your own with --costs"
		if c.Said != "" {
			said = c.Said
		}
		fmt.Fprintf(page, "costs by %s\n", printable(said))
	}
}
