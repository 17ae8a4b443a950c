package render

import (
	"fmt"
	"io"
	"strings"

	"tristore/reports/latency"
	"tristore/reports/result"
)

// Markdown writes the summary that a build server shows beside its log: the verdict,
// how to repeat the run, the matrix, then failures with evidence and everything that
// was left undecided, not run or not tested.
func Markdown(w io.Writer, run *result.Run) error {
	table := gridOf(run)
	var page strings.Builder
	summaryHead(&page, run)
	summaryEngines(&page, run, table)
	summaryMatrix(&page, table)
	summaryFindings(&page, "Failed", table.cells(result.Fail))
	summaryFindings(&page, "Undecided", table.cells(result.Inconclusive, result.Invalid))
	summaryProbes(&page, table.cells(result.NotApplicable))
	summaryDrill(&page, run)
	summarySteps(&page, run)
	summaryLoad(&page, run)
	summaryObserved(&page, run)
	summaryInterference(&page, run)
	summarySplit(&page, run)
	summaryLimits(&page, run)
	if _, err := io.WriteString(w, page.String()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

func summaryHead(page *strings.Builder, run *result.Run) {
	fmt.Fprintf(page, "# tristore: %s\n\n**%s**\n", run.Verdict.Status, inline(verdictSentence(run)))
	if run.Interrupted != "" {
		fmt.Fprintf(page, "\n> Interrupted: %s\n", inline(run.Interrupted))
	}
	fmt.Fprintf(page, "\n- Repeat it: %s\n- Seed: `%d`\n- Began %s, took %s\n- tristore %s, run `%s`\n",
		code(orElse(run.Command, "not recorded")), run.Seed, moment(run.Began), span(run.Ended.Sub(run.Began).Seconds()),
		inline(orElse(run.Tool.Version, "unknown version")), run.ID)
}

func summaryEngines(page *strings.Builder, run *result.Run, table grid) {
	if len(table.Engines) > 0 {
		page.WriteString("\n## Engines\n\n| Engine | Server | Reach | Ready in | Verdict |\n|---|---|---|---|---|\n")
	}
	for _, e := range table.Engines {
		name := e.Title
		if e.StandIn {
			name += " (stand-in)"
		}
		fmt.Fprintf(page, "| %s | %s | %s | %s | %s |\n", inline(name), inline(orElse(e.Version, "not reached")),
			inline(orElse(e.Reach, "none")), span(e.ReadySeconds), inline(markOf(e.Verdict.Status).Word))
	}
	var remarks []string
	for _, e := range table.Engines {
		for _, remark := range []string{e.Trouble, e.Warning} {
			if remark != "" {
				remarks = append(remarks, fmt.Sprintf("- %s: %s\n", inline(e.Title), inline(remark)))
			}
		}
	}
	for _, left := range run.NotRun {
		remarks = append(remarks, fmt.Sprintf("- Not run: %s: %s\n", inline(left.What), inline(left.Why)))
	}
	if len(remarks) > 0 {
		page.WriteString("\n" + strings.Join(remarks, ""))
	}
}

func summaryMatrix(page *strings.Builder, table grid) {
	page.WriteString("\n## Claims\n\n")
	if len(table.Rows) == 0 || len(table.Engines) == 0 {
		page.WriteString("No claim was judged.\n")
		return
	}
	page.WriteString("| Claim |")
	for _, e := range table.Engines {
		fmt.Fprintf(page, " %s |", inline(e.Title))
	}
	page.WriteString("\n|---|" + strings.Repeat(":-:|", len(table.Engines)) + "\n")
	for _, line := range table.Rows {
		fmt.Fprintf(page, "| **%s** %s |", inline(line.Claim.ID), inline(line.Claim.Sentence))
		for _, c := range line.Cells {
			word := markOf(c.Finding.Status).Word
			if c.Finding.Status == result.Fail {
				word = "**" + word + "**"
			}
			fmt.Fprintf(page, " %s |", word)
		}
		page.WriteString("\n")
	}
}

func summaryFindings(page *strings.Builder, title string, cells []cell) {
	if len(cells) == 0 {
		return
	}
	fmt.Fprintf(page, "\n## %s\n", title)
	alone, groups := gather(cells)
	for _, c := range alone {
		fmt.Fprintf(page, "\n### %s on %s: %s\n\n%s\n", inline(c.Claim.ID), inline(c.Engine.Title), c.Finding.Status, inline(c.Finding.Reason))
		if len(c.Finding.Evidence) > 0 {
			page.WriteString("\n" + fenced(c.Finding.Evidence))
		}
	}
	for _, g := range groups {
		var claims []string
		for _, c := range g.Cells {
			claims = append(claims, inline(c.Claim.ID))
		}
		fmt.Fprintf(page, "\n### %s on %s: %s\n\n%s\n\n%s\n", plural(len(claims), "claim"), inline(g.Engine.Title), g.Status, inline(g.Reason), strings.Join(claims, ", "))
	}
}

func summaryProbes(page *strings.Builder, cells []cell) {
	if len(cells) == 0 {
		return
	}
	page.WriteString("\n## Not applicable\n\n")
	for _, c := range cells {
		fmt.Fprintf(page, "- %s on %s: %s\n", inline(c.Claim.ID), inline(c.Engine.Title), inline(c.Finding.Reason))
	}
}

func summaryLoad(page *strings.Builder, run *result.Run) {
	if len(run.Measurements) == 0 {
		return
	}
	page.WriteString("\n## Under load\n\nLatency from the moment a request was due.\n\n" +
		"| Window | Offered | Achieved | p50 | p99 | Greatest | Due | Committed | Refused | Unknown | Dropped | Late |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, m := range run.Measurements {
		fmt.Fprintf(page, "| %s, %s | %.0f/s | %.0f/s | %s | %s | %s | %d | %d | %d | %d | %d | %d |\n",
			inline(titleOf(run, m.Engine)), inline(m.Workload), m.Offered, m.Achieved, milli(m.Latency.P50), milli(m.Latency.P99), milli(m.Latency.Max),
			m.Counts.Due, m.Counts.Committed, m.Counts.Refused, m.Counts.Unknown, m.Counts.Dropped, m.Counts.Late)
	}
	for _, m := range run.Measurements {
		summaryIntervals(page, run, m)
	}
	if run.Load != nil && run.Load.Proof != nil {
		summaryProof(page, *run.Load)
	}
	for _, m := range run.Measurements {
		for _, caveat := range caveats(m) {
			fmt.Fprintf(page, "\n- %s: %s", inline(titleOf(run, m.Engine)+", "+m.Workload), inline(caveat))
		}
	}
	page.WriteString("\n")
}

// summaryIntervals gives the percentiles of a load run's own window with their intervals;
// a certification has many windows, and its report holds them.
func summaryIntervals(page *strings.Builder, run *result.Run, m result.Measurement) {
	curve, err := latency.Decode(m.Latency)
	if run.Load == nil || err != nil || curve.Count() == 0 {
		return
	}
	summaryTable(page, capital(fromWhen(m)), curve)
	for _, of := range storesOf(m) {
		summaryTable(page, fmt.Sprintf("%s, of %s operations", inline(of.Store), count(of.Operations)), of.curve)
	}
}

func summaryTable(page *strings.Builder, title string, curve latency.Curve) {
	fmt.Fprintf(page, "\n| %s | Latency | 95 %% interval | Samples for one half as wide |\n|---|--:|--:|--:|\n", title)
	for _, p := range curve.Table() {
		interval, needed := "too few samples", fmt.Sprintf("%d for any", p.Needed)
		if p.Interval {
			interval, needed = milli(p.Low)+" to "+milli(p.High), fmt.Sprint(p.Needed)
		}
		fmt.Fprintf(page, "| p%s | %s | %s | %s |\n", number(p.Percent), milli(p.Ms), interval, needed)
	}
}

func summaryProof(page *strings.Builder, l result.Load) {
	p, cold := *l.Proof, ""
	if l.Cold {
		cold = ", and none was asked for: the window began with the first arrival"
	}
	fmt.Fprintf(page, "\n- Generator over an endpoint that answers at once, %.0f/s: %d of %d served, late by itself %s (p99); its timer wakes %s late (p99)\n- Warm-up: %s, steady: %t%s\n",
		p.NoOp.Offered, p.NoOp.Counts.Committed, p.NoOp.Counts.Due, milli(p.NoOp.Pacing.P99), milli(p.TimerP99Ms), span(p.WarmSeconds), p.Steady, cold)
	if l.Pipelined {
		page.WriteString("- Reads of a request: sent together where none needs the answer of another; latency is of the whole request, and reads sent together are one operation of their store\n")
	}
	for _, c := range p.Canaries {
		fmt.Fprintf(page, "- Canary %s: %s before, %s after\n", inline(c.Name), milli(c.BeforeMs), milli(c.AfterMs))
	}
}

func summaryLimits(page *strings.Builder, run *result.Run) {
	page.WriteString("\n## What was not tested\n\n")
	for _, said := range untested(run) {
		fmt.Fprintf(page, "- %s\n", inline(said))
	}
	if missing := undecided(run); len(missing) > 0 {
		fmt.Fprintf(page, "- Of what the platform lists to certify, not decided here: %s\n", inline(strings.Join(missing, "; ")))
	}
	fmt.Fprintf(page, "\nJudge the same facts again without any server: `tristore judge reports/out/%s`\n", run.ID)
}

// inline makes a text safe inside a paragraph or a table cell: one line, nothing that
// Markdown would obey.
func inline(text string) string {
	text = strings.Join(strings.Fields(printable(text)), " ")
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;", "[", `\[`, "]", `\]`).Replace(text)
}

// code shows a text as code, with a fence longer than any inside it.
func code(text string) string {
	text = strings.Join(strings.Fields(printable(text)), " ")
	fence := strings.Repeat("`", longestTicks(text)+1)
	if len(fence) > 1 {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

// fenced shows lines as they are, in a block that no line can close.
func fenced(lines []string) string {
	text := printable(strings.Join(lines, "\n"))
	fence := strings.Repeat("`", max(3, longestTicks(text)+1))
	return fence + "text\n" + text + "\n" + fence + "\n"
}

func longestTicks(text string) int {
	longest, current := 0, 0
	for _, r := range text {
		if r != '`' {
			current = 0
			continue
		}
		current++
		longest = max(longest, current)
	}
	return longest
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
