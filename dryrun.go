package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"tristore/reports/forecast"
	"tristore/reports/result"
	"tristore/scenarios/capacity"
)

// dryRun prints what a measurement would do and what it costs in time, and what is known
// of the future already.
func dryRun(plan Plan, before *result.Split, out io.Writer) error {
	var page strings.Builder
	split := splitPlan(plan)
	split.Before = before
	fmt.Fprintf(&page, "%s (%s), %g cores and %d MiB, one cluster beside two of half of it; nothing is started\n", split.Engine, split.Reach, split.CPUs, split.MemoryBytes>>20)
	fmt.Fprintf(&page, "load    1× is auth %.4g/s beside collections %.4g/s; both grow together\n", split.AuthRate, split.CollectionsRate)
	if s := split.Search; s != nil {
		fmt.Fprintf(&page, "promise auth %s of at most %g ms\n", s.Quantile, s.LimitMs)
	}
	total := time.Duration(0)
	fmt.Fprintf(&page, "\n%-52s %8s %9s %9s\n", "what", "windows", "each", "takes")
	for _, step := range split.Schedule() {
		windows, each := "", ""
		if step.Windows > 0 {
			windows, each = fmt.Sprint(step.Windows), tenth(step.Each)
		}
		fmt.Fprintf(&page, "%-52s %8s %9s %9s\n", step.What, windows, each, tenth(step.Takes))
		total += step.Takes
	}
	fmt.Fprintf(&page, "%-52s %8s %9s %9s\n", "in all, about", "", "", total.Round(time.Second))
	if s := split.Search; s != nil {
		fmt.Fprintf(&page, "budget  %s; %s\n", s.Budget, enough(s.Budget, total))
		fmt.Fprintf(&page, "mix     in what time a regular search leaves, 20 %% more and 20 %% fewer collections are tried at the two ends of its bracket, about %d windows each\n", usualMix)
	}
	if plan.Outlook != nil {
		foretold(&page, plan.Outlook, split)
	}
	fmt.Fprintf(&page, "repeat  %s\n", capacityCommandLine(plan))
	_, err := io.WriteString(out, page.String())
	return err
}

// usualMix is about how many windows close the test of one load.
const usualMix = 6

func tenth(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }

func enough(budget, total time.Duration) string {
	if budget < total {
		return "a search that meets its usual number of windows does not end within it, and says then how much wider its interval is"
	}
	return "enough for nine searches of ten on quiet ground; on a busy machine the guard asks for more"
}

// foretold says what growth alone tells.
func foretold(page *strings.Builder, o *result.Outlook, split capacity.Plan) {
	if o.Growth == nil {
		return
	}
	f := forecast.For(o, forecast.Ray{AuthPerS: split.AuthRate, CollectionsPerS: split.CollectionsRate})
	if f.Trouble != "" {
		fmt.Fprintf(page, "growth  %s: nothing is foretold: %s; next: %s\n", o.Growth.Said, f.Trouble, f.Next)
		return
	}
	last := f.Weeks[len(f.Weeks)-1]
	fmt.Fprintf(page, "growth  %s: today %.3g×, in %d weeks %.3g× to %.3g× (P10 to P90)", o.Growth.Said, f.Today.P50, len(f.Weeks), last.P10, last.P90)
	if b := f.Backtest; b != nil {
		fmt.Fprintf(page, "; foretold from the weeks before, held-out weeks lay in their band of 80 %% in %.0f %% of %d cases, median error %.0f %%", 100*b.Covered, b.Points, b.ErrorPct)
	}
	page.WriteString("\n")
}
