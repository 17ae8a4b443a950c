package render

import (
	"fmt"
	"strings"

	"tristore/reports/recovery"
	"tristore/reports/result"
)

// drill is a backup drill as the report shows it.
type drill struct {
	*result.Drill
	Lines  []drillLine
	Ledger []result.DrillLedger // of the slowest round
	Orders []recovery.Order
	Shown  []string // dangling references of the slowest round
	Left   int64    // dangling beyond those
	Advice []string
	Curve  string
	Trend  []drillPast
}

// drillLine is one round.
type drillLine struct {
	result.DrillRound
	Size, Speed    string
	Lost, Dangling string
	Parts          []drillShare
}

// drillShare is one part of the time to serve, and how much of it.
type drillShare struct {
	result.DrillPart
	Width float64 // percent
}

// drillPast is an earlier drill; the last line is this one.
type drillPast struct {
	result.DrillPast
	Size, Lost string
	This       bool
}

func drillOf(run *result.Run) *drill {
	if run.Drill == nil {
		return nil
	}
	d := &drill{Drill: run.Drill, Orders: recovery.Orders(run.Drill), Advice: recovery.Advice(run.Drill)}
	d.Curve = recovery.CurveText(recovery.Curve(run.Drill), run.Drill.RTOSeconds)
	var slowest result.DrillRound
	for _, r := range run.Drill.Rounds {
		d.Lines = append(d.Lines, drillLineOf(r, run.Drill.Own != nil))
		if r.RTOSeconds >= slowest.RTOSeconds {
			slowest = r
		}
	}
	d.Ledger, d.Shown = slowest.Ledger, slowest.Dumps.Shown
	d.Left = slowest.Dumps.Dangling - int64(len(d.Shown))
	for _, past := range run.Drill.Past {
		d.Trend = append(d.Trend, drillPast{past, recovery.Mebi(float64(past.Bytes)), d.lost(span(past.LostSeconds)), false})
	}
	if len(d.Trend) > 0 {
		d.Trend = append(d.Trend, drillPast{result.DrillPast{ID: run.ID, Began: run.Began, Status: run.Verdict.Status, Bytes: slowest.Bytes, DumpSeconds: slowest.Dumps.Seconds,
			RTOSeconds: slowest.RTOSeconds, LostSeconds: slowest.LostSeconds, Dangling: slowest.Dumps.Dangling}, recovery.Mebi(float64(slowest.Bytes)), d.lost(span(slowest.LostSeconds)), true})
	}
	return d
}

// lost is what was lost in writes, which nobody knows of databases that were only read.
func (d *drill) lost(said string) string {
	if d.Own != nil {
		return unknownLoss
	}
	return said
}

// Written is how the dumps were written, in words.
func (d *drill) Written() string {
	switch {
	case d.Format == "":
		return "their format was not kept"
	case d.Jobs > 0:
		return fmt.Sprintf("%s format, jobs: %d", d.Format, d.Jobs)
	}
	return d.Format + " format"
}

const unknownLoss = "not known"

func drillLineOf(r result.DrillRound, own bool) drillLine {
	line := drillLine{DrillRound: r, Size: recovery.Mebi(float64(r.Bytes)), Speed: "–", Lost: fmt.Sprintf("%s over %s", count(r.LostRows), span(r.LostSeconds)),
		Dangling: fmt.Sprintf("%s of %s", count(r.Dumps.Dangling), count(r.Dumps.References))}
	if own {
		line.Lost = unknownLoss
	}
	if r.Dumps.References == 0 {
		line.Dangling = "nobody looked"
	}
	if r.RTOSeconds > 0 {
		line.Speed = recovery.Mebi(float64(r.Bytes)/r.RTOSeconds) + "/s"
	}
	total := 0.0
	for _, p := range r.Parts {
		total += p.Seconds
	}
	for _, p := range r.Parts {
		if total > 0 {
			line.Parts = append(line.Parts, drillShare{p, round(100 * p.Seconds / total)})
		}
	}
	return line
}

// Served is the time to serve in words.
func (l drillLine) Served() string {
	if l.RTOSeconds <= 0 {
		return "no request was served"
	}
	return span(l.RTOSeconds)
}

func summaryDrill(page *strings.Builder, run *result.Run) {
	d := drillOf(run)
	if d == nil {
		return
	}
	fmt.Fprintf(page, "\n## The loss\n\nLoad while dumps were taken: %s; %s. Promised: the first request within %s, at most %s of writes lost.\n\n", inline(d.Under), inline(d.Written()), span(d.RTOSeconds), span(d.RPOSeconds))
	if own := d.Own; own != nil {
		fmt.Fprintf(page, "Somebody's own databases at %s, only read, restored into a throwaway %s (%s).\n\n", inline(own.At), inline(own.Into), inline(own.Reach))
	}
	page.WriteString("| Size | Dumps took | Moments apart | Served after | of that | Speed | Writes lost | Dangling |\n|--:|--:|--:|--:|---|--:|--:|--:|\n")
	for _, l := range d.Lines {
		var parts []string
		for _, p := range l.Parts {
			parts = append(parts, fmt.Sprintf("%s %s", p.Name, span(p.Seconds)))
		}
		fmt.Fprintf(page, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", l.Size, span(l.Dumps.Seconds), span(l.Dumps.SkewSeconds), l.Served(), inline(strings.Join(parts, ", ")),
			l.Speed, l.Lost, l.Dangling)
	}
	if len(d.Ledger) > 0 {
		page.WriteString("\n| Ledger | Acknowledged | Before the dump | Missing of these | After it | Lost | over | Unknown | Back of these |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
		for _, l := range d.Ledger {
			fmt.Fprintf(page, "| %s | %d | %d | %d | %d | %d | %s | %d | %d |\n", inline(l.Store), l.Acknowledged, l.Older, l.OlderMissing, l.Later, l.Lost, span(l.LostSeconds), l.Unknown, l.UnknownFound)
		}
	}
	if len(d.Orders) > 1 {
		page.WriteString("\n| Order of the dumps | Takes | Dangling | References | Moments apart |\n|---|--:|--:|--:|--:|\n")
		for _, o := range d.Orders {
			fmt.Fprintf(page, "| %s | %d | %s | %s | %s |\n", inline(o.Arrangement), o.Takes, count(o.Dangling), count(o.References), span(o.SkewSeconds))
		}
	}
	page.WriteString("\n")
	for _, said := range append(d.Advice, d.Curve) {
		fmt.Fprintf(page, "- %s\n", inline(said))
	}
	if len(d.Trend) > 0 {
		page.WriteString("\n| Drill | When | Verdict | Size | Dumps took | Served after | Lost | Dangling |\n|---|---|---|--:|--:|--:|--:|--:|\n")
		for _, p := range d.Trend {
			fmt.Fprintf(page, "| %s | %s | %s | %s | %s | %s | %s | %d |\n", code(p.ID), moment(p.Began), p.Status, p.Size, span(p.DumpSeconds), span(p.RTOSeconds), p.Lost, p.Dangling)
		}
	}
	if d.Trouble != "" {
		fmt.Fprintf(page, "\nNot finished: %s\n", inline(d.Trouble))
	}
}
