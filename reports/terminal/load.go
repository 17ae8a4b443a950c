package terminal

import (
	"fmt"
	"strconv"
	"strings"

	"tristore/reports/latency"
	"tristore/reports/result"
)

// latencies writes what the window of a load run showed: each percentile with the interval
// it lies in, and how many samples an interval half as wide needs.
func latencies(page *strings.Builder, run *result.Run) {
	if run.Load == nil {
		return
	}
	for _, m := range run.Measurements {
		fmt.Fprintf(page, "%s: %s/s asked, %s/s reached, %.0f s\n", printable(m.Window), figure(m.Offered), figure(m.Achieved), m.Seconds)
		curve, err := latency.Decode(m.Latency)
		if err != nil {
			fmt.Fprintf(page, "  %s\n", printable(err.Error()))
			continue
		}
		table(page, fromWhen(m), curve.Table())
		fmt.Fprintf(page, "  %-11s %10s   of %d committed\n", "greatest", figure(curve.Max()), curve.Count())
		fmt.Fprintf(page, "  service time p99 %s, start lag p99 %s, of that by the generator itself %s\n", figure(m.Service.P99), figure(m.Lag.P99), figure(m.Pacing.P99))
		c := m.Counts
		fmt.Fprintf(page, "  due %d: committed %d, refused %d%s, unknown %d%s, dropped %d; started late %d, tried again %d%s, ended after the window %d\n",
			c.Due, c.Committed, c.Refused, reasons(m.Refused), c.Unknown, reasons(m.UnknownBy), c.Dropped, c.Late, c.Retries, deadlocks(c), c.Overran)
		stores(page, m)
		if m.Loop == "closed" {
			page.WriteString("  a closed loop: nobody asked while the store was slow, so these are service times, which hide every stall, and the rate is what these workers could get\n")
		}
	}
	for _, saw := range run.Observations {
		if after := saw.Facts["rows_after"]; after > 0 {
			fmt.Fprintf(page, "  the data set grew from %.0f to %.0f rows\n", saw.Facts["rows_before"], after)
		}
	}
	if p := run.Load.Proof; p != nil {
		proof(page, *p, run.Load.Cold)
	}
}

// fromWhen heads the latencies of a window: from when they count.
func fromWhen(m result.Measurement) string {
	if m.Loop == "closed" {
		return "service"
	}
	return "from due"
}

// table is percentiles with their intervals, and what would make those narrower.
func table(page *strings.Builder, title string, all []latency.Percentile) {
	fmt.Fprintf(page, "  %-11s %10s   %-22s %s\n", title, "ms", "95 % interval", "samples for half of it")
	for _, p := range all {
		interval, needed := "too few samples", fmt.Sprintf("%d for any", p.Needed)
		if p.Interval {
			interval, needed = figure(p.Low)+" to "+figure(p.High), strconv.Itoa(p.Needed)
		}
		fmt.Fprintf(page, "  p%-10g %10s   %-22s %s\n", p.Percent, figure(p.Ms), interval, needed)
	}
}

// stores are the operations of each store by themselves.
func stores(page *strings.Builder, m result.Measurement) {
	for _, of := range m.Stores {
		if of.Operations == 0 {
			continue
		}
		if curve, err := latency.Decode(of.Latency); err != nil {
			fmt.Fprintf(page, "  %s: %s\n", printable(of.Store), printable(err.Error()))
		} else {
			table(page, printable(of.Store), curve.Table())
		}
		fmt.Fprintf(page, "  operations of %s %d: committed %d, refused %d, unknown %d, never asked by dropped arrivals %d\n",
			printable(of.Store), of.Operations, of.Committed, of.Refused, of.Unknown, of.Dropped)
	}
}

// deadlocks is the part of the tries that followed one.
func deadlocks(c result.Counts) string {
	if c.Deadlocks == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d after a deadlock)", c.Deadlocks)
}

// proof says in two lines what the generator and the machine showed.
func proof(page *strings.Builder, p result.Proof, cold bool) {
	fmt.Fprintf(page, "  generator at %s/s over a no-op: %d of %d served, late by itself p99 %s ms; its timer wakes %s ms late (p99)\n",
		figure(p.NoOp.Offered), p.NoOp.Counts.Committed, p.NoOp.Counts.Due, figure(p.NoOp.Pacing.P99), figure(p.TimerP99Ms))
	var said []string
	for _, c := range p.Canaries {
		said = append(said, fmt.Sprintf("%s %s to %s", printable(c.Name), figure(c.BeforeMs), figure(c.AfterMs)))
	}
	warm := "steady"
	if !p.Steady {
		warm = "NOT steady"
	}
	if warm += " after " + figure(p.WarmSeconds) + " s of warm-up"; cold {
		warm = "measured cold, from the first arrival on"
	}
	fmt.Fprintf(page, "  canaries before and after, ms: %s; %s\n\n", strings.Join(said, ", "), warm)
}

func reasons(all []result.Refusal) string {
	var said []string
	for _, r := range all {
		said = append(said, fmt.Sprintf("%s %d", printable(r.Reason), r.Count))
	}
	if len(said) == 0 {
		return ""
	}
	return " (" + strings.Join(said, ", ") + ")"
}

// figure prints three significant digits, and no exponent.
func figure(v float64) string {
	digits := 0
	for _, step := range []float64{100, 10, 1} {
		if v < step {
			digits++
		}
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}
