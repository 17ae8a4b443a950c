package render

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tristore/reports/advice"
	"tristore/reports/result"
	"tristore/reports/stats"
)

// split is the split measurement as the report shows it.
type split struct {
	*result.Split
	Advice   advice.Advice
	Ratios   []ratioLine
	Effects  plot
	HasRatio bool
	Cells    []armLine
	Plot     plot
	HasPlot  bool
	Hardware []pair
	Unusable []string
	Searched *searched
	Two      *searched // of two clusters; nil when not searched
	Future   *future
	Tests    []*interference // that were handed to the verdict
	Tried    *tried
}

// ratioLine is one effect with its interval.
type ratioLine struct {
	Name, Means string
	stats.Ratio
}

// Text is the effect in numbers, or how many blocks are missing.
func (r ratioLine) Text() string {
	switch {
	case r.Blocks == 0:
		return "not measured: no block had every cell"
	case !r.Enough():
		return fmt.Sprintf("%.2f×, no interval: %s of %d needed", r.Estimate, plural(r.Blocks, "block"), r.Needed)
	default:
		return fmt.Sprintf("%.2f× (%.2f to %.2f, at least %.1f %% confidence, %s)", r.Estimate, r.Low, r.High, 100*r.Confidence, plural(r.Blocks, "block"))
	}
}

// armLine is one cell of the 2×2 over its usable windows.
type armLine struct {
	Cell    result.Cell
	Windows int
	Auth    string
	Others  string
}

func arms() []result.Cell {
	return []result.Cell{result.AuthAlone, result.CollectionsAlone, result.SharedCluster, result.SplitClusters}
}

func splitOf(run *result.Run) *split {
	if run.Split == nil {
		return nil
	}
	s := &split{Split: run.Split, Hardware: pairs(run.Split.Hardware), Advice: advice.Of(run.Split)}
	s.Ratios = []ratioLine{
		{"interference", "auth p99 beside collections over auth alone, one cluster", s.Advice.Interference},
		{"gain of two clusters", "auth p99 on one cluster over two of the same total hardware", s.Advice.Gain},
	}
	s.Effects, s.HasRatio = effects(s.Ratios, run.Split.AgreedInterference)
	for _, arm := range arms() {
		s.Cells = append(s.Cells, armOf(run.Split, arm))
	}
	for _, w := range run.Split.Windows {
		if w.Invalid != "" {
			s.Unusable = append(s.Unusable, fmt.Sprintf("block %d, %s: %s", w.Block, w.Cell, w.Invalid))
		}
	}
	s.Plot, s.HasPlot = blocks(run.Split)
	s.Searched = searchedOf(run.Split, run.Split.Boundary, s.Advice.Boundary)
	s.Two = searchedOf(run.Split, run.Split.TwoBoundary, "Of two clusters of the same total hardware, searched in the same way.")
	s.Future, s.Tried = futureOf(run.Split, s.Advice), triedOf(run.Split, s.Advice)
	for i := range run.Split.Tests {
		s.Tests = append(s.Tests, interferenceOf(&run.Split.Tests[i]))
		s.Tests[i].Unfit = s.Advice.Tests[i].Unfit // one for one
	}
	return s
}

// armOf gives the middle and the span of the windows' 99th percentiles.
func armOf(facts *result.Split, arm result.Cell) armLine {
	both := bothSpans{of: func(l result.Histogram) float64 { return l.P99 }}
	for _, w := range facts.Windows {
		if w.Cell == arm && w.Invalid == "" {
			both.add(w.Auth, w.Collections)
		}
	}
	return armLine{Cell: arm, Windows: both.windows, Auth: middleOf(both.auth), Others: middleOf(both.others)}
}

// bothSpans gathers a percentile of both workloads over windows that may be used.
type bothSpans struct {
	of           func(result.Histogram) float64
	windows      int
	auth, others []float64
}

func (b *bothSpans) add(auth, others *result.Measurement) {
	b.windows++
	if auth != nil {
		b.auth = append(b.auth, b.of(auth.Latency))
	}
	if others != nil {
		b.others = append(b.others, b.of(others.Latency))
	}
}

// blocks draws the auth path's 99th percentile of every window, one line of dots per
// cell; a window that may not be used is hollow.
func blocks(facts *result.Split) (plot, bool) {
	p := plot{Title: "99th percentile of the auth path in every window, by cell", Width: 760, Height: 190, Left: 176, Right: 740, Top: 16, Bottom: 150}
	var all []reading
	for _, w := range facts.Windows {
		if w.Auth != nil {
			all = append(all, reading{0, w.Auth.Latency.P99})
		}
	}
	if len(all) == 0 {
		return p, false
	}
	if facts.SLO.AuthP99Ms > 0 {
		all = append(all, reading{0, facts.SLO.AuthP99Ms})
	}
	axis := scaleOf(all)
	across := func(ms float64) float64 {
		return round(p.Left + math.Log(min(max(ms, axis.low), axis.high)/axis.low)/math.Log(axis.high/axis.low)*(p.Right-p.Left))
	}
	for v := axis.low; v <= axis.high*1.001; v = next(v) {
		p.X = append(p.X, tick{across(v), short(v)})
	}
	p.XTitle = "p99 of the auth path, from the due time"
	if facts.SLO.AuthP99Ms > 0 {
		x := number(across(facts.SLO.AuthP99Ms))
		p.Lines = append(p.Lines, line{Class: "slo", Path: "M" + x + " " + number(p.Top) + "L" + x + " " + number(p.Bottom), Label: "promise", LabelX: across(facts.SLO.AuthP99Ms) + 4, LabelY: p.Top + 4})
	}
	shown := []result.Cell{result.AuthAlone, result.SharedCluster, result.SplitClusters}
	for i, arm := range shown {
		y := p.Top + 22 + float64(i)*44
		p.Y = append(p.Y, tick{y, string(arm)})
		for _, w := range facts.Windows {
			if w.Cell == arm && w.Auth != nil {
				p.Dots = append(p.Dots, dotOf(w, across(w.Auth.Latency.P99), y))
			}
		}
	}
	return p, true
}

// effects draws each ratio with its interval over a logarithmic axis, with a line at no
// effect and one at the interference that was agreed.
func effects(ratios []ratioLine, agreed float64) (plot, bool) {
	p := plot{Title: "interference and gain with their intervals", Width: 760, Left: 176, Right: 740, Top: 22, Bottom: 24 + 34*float64(len(ratios))}
	p.Height = p.Bottom + 36
	low, high := 0.8, 1.25
	for _, r := range ratios {
		if r.Blocks == 0 {
			return p, false
		}
		low, high = min(low, r.Estimate/1.1), max(high, r.Estimate*1.1)
		if r.Enough() {
			low, high = min(low, r.Low/1.1), max(high, r.High*1.1)
		}
	}
	if agreed > 0 {
		high = max(high, agreed*1.1)
	}
	across := func(v float64) float64 {
		return round(p.Left + math.Log(v/low)/math.Log(high/low)*(p.Right-p.Left))
	}
	upright := func(class, label string, at float64) {
		x := number(across(at))
		p.Lines = append(p.Lines, line{Class: class, Path: "M" + x + " " + number(p.Top-4) + "L" + x + " " + number(p.Bottom), Label: label, LabelX: across(at) - 4, LabelY: p.Top - 9})
	}
	upright("none", "no effect", 1)
	if agreed > 1 {
		upright("slo", "agreed", agreed)
	}
	for _, v := range []float64{0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10, 20, 50} {
		if v >= low && v <= high {
			p.X = append(p.X, tick{across(v), number(v) + "×"})
		}
	}
	for i, r := range ratios {
		y := p.Top + 18 + float64(i)*34
		p.Y = append(p.Y, tick{y, r.Name})
		if r.Enough() {
			p.Bars = append(p.Bars, bar{"effect", across(r.Low), across(r.High), y})
		}
		p.Dots = append(p.Dots, dot{Class: "block", Title: r.Name + " " + r.Text(), X: across(r.Estimate), Y: y})
	}
	return p, true
}

func dotOf(w result.SplitWindow, x, y float64) dot {
	class := "block"
	title := fmt.Sprintf("block %d: %s", w.Block, milli(w.Auth.Latency.P99))
	if w.Invalid != "" {
		class, title = "block hollow", title+", not used: "+w.Invalid
	}
	jitter := float64(w.Block%5-2) * 4 // keeps dots of one arm apart; the height says nothing
	return dot{Class: class, Title: title, X: x, Y: y + jitter}
}

func middleOf(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	sorted := append([]float64{}, values...)
	slices.Sort(sorted)
	middle := sorted[len(sorted)/2]
	if len(sorted)%2 == 0 {
		middle = (middle + sorted[len(sorted)/2-1]) / 2
	}
	return fmt.Sprintf("%s (%s to %s)", milli(middle), milli(sorted[0]), milli(sorted[len(sorted)-1]))
}

func summarySplit(page *strings.Builder, run *result.Run) {
	s := splitOf(run)
	if s == nil {
		return
	}
	fmt.Fprintf(page, "\n## One cluster or two\n\n**%s** %s\n\n", s.Advice.Verdict, inline(s.Advice.Sentence))
	for _, r := range s.Ratios {
		fmt.Fprintf(page, "- %s, %s: %s\n", capital(r.Name), r.Means, r.Text())
	}
	fmt.Fprintf(page, "- What would refute it: %s\n- Cheapest next step: %s\n", inline(s.Advice.Refutes), inline(s.Advice.CheapestNext))
	page.WriteString("\n| At equal total hardware | Windows used | Auth p99, middle (span) | Collections p99, middle (span) |\n|---|--:|--:|--:|\n")
	for _, arm := range s.Cells {
		fmt.Fprintf(page, "| %s | %d | %s | %s |\n", arm.Cell, arm.Windows, arm.Auth, arm.Others)
	}
	for _, t := range s.Advice.Tests {
		fmt.Fprintf(page, "\n%s\n", inline(capital(t.String())))
	}
	summaryFuture(page, s.Future)
	summaryTried(page, s.Tried)
	summaryBoundary(page, "The boundary", s.Searched)
	summaryBoundary(page, "The boundary of two clusters", s.Two)
	if s.Trouble != "" {
		fmt.Fprintf(page, "\nNot finished: %s\n", inline(s.Trouble))
	}
}
