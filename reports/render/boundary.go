package render

import (
	"fmt"
	"math"
	"strings"

	"tristore/reports/advice"
	"tristore/reports/result"
)

// searched is the search of the boundary as the report shows it.
type searched struct {
	*result.Boundary
	Found    bool
	Sentence string
	Loads    []loadLine
	Plot     plot
	HasPlot  bool
	Walks    plot
	HasWalks bool
	Unusable []string
	// Certificate and Variants are of the shared cluster alone.
	Certificate string
	Variants    []variantLine
}

// loadLine is one load that was put to the test.
type loadLine struct {
	Load, Answer, Path string
}

func searchedOf(facts *result.Split, b *result.Boundary, sentence string) *searched {
	if b == nil {
		return nil
	}
	s := &searched{Boundary: b, Found: advice.Found(b), Sentence: sentence}
	if b == facts.Boundary {
		s.Certificate, s.Variants = advice.CertificateOf(b).String(), variantsOf(facts)
	}
	for _, c := range b.Certified {
		answer := c.Answer
		if c.Void > 0 {
			answer = fmt.Sprintf("voided by alarm %d", c.Void)
		}
		s.Loads = append(s.Loads, loadLine{fmt.Sprintf("%.3g× (auth %.0f/s, collections %.0f/s)", c.Scale, c.Scale*facts.AuthRate, c.Scale*facts.CollectionsRate), answer, c.Path})
	}
	for i, w := range b.Windows {
		switch {
		case w.Invalid != "":
			s.Unusable = append(s.Unusable, fmt.Sprintf("window %d at %.3g×: %s", i+1, w.Scale, w.Invalid))
		case w.Alarm != "":
			s.Unusable = append(s.Unusable, fmt.Sprintf("window %d at %.3g× raised an alarm: %s", i+1, w.Scale, w.Alarm))
		}
	}
	s.Plot, s.HasPlot = searchPlot(b)
	s.Walks, s.HasWalks = walks(b)
	return s
}

// Interval is the result in words, with the ends that are known.
func (s *searched) Interval() string { return interval(s.Low, s.High) }

// searchPlot draws every usable window by its load and its latency, both logarithmic:
// filled when the promise was kept, hollow when it was broken, with the promise across
// and the interval on it.
func searchPlot(b *result.Boundary) (plot, bool) {
	p := plot{Title: "latency of every window of the search, by load", Width: 760, Height: 250, Left: 66, Right: 700, Top: 16, Bottom: 206}
	all := []reading{{0, b.LimitMs}}
	low, high := math.Inf(1), 0.0
	for _, w := range b.Windows {
		if drawn(w) {
			all = append(all, reading{0, w.LatencyMs})
			low, high = min(low, w.Scale), max(high, w.Scale)
		}
	}
	if high == 0 || !(b.LimitMs > 0) {
		return p, false
	}
	low, high = stepDown(min(low, high/1.5)), stepUp(high)
	axis := scaleOf(all)
	across := func(scale float64) float64 {
		return round(p.Left + math.Log(min(max(scale, low), high)/low)/math.Log(high/low)*(p.Right-p.Left))
	}
	for v := low; v <= high*1.001; v = next(v) {
		p.X = append(p.X, tick{across(v), fmt.Sprintf("%.3g×", v)})
	}
	p.XTitle = "times the measured load"
	p.Y = axis.ticks(p)
	y := axis.place(b.LimitMs, p)
	p.Lines = append(p.Lines, line{Class: "slo", Path: "M" + number(p.Left) + " " + number(y) + "L" + number(p.Right) + " " + number(y), Label: "promise", LabelX: p.Right + 5, LabelY: y + 3.5})
	if b.Low > 0 && b.High > b.Low {
		p.Bars = append(p.Bars, bar{"boundary", across(b.Low), across(b.High), y})
	}
	for i, w := range b.Windows {
		if !drawn(w) {
			continue
		}
		class, said := "block", "kept"
		if !w.Meets {
			class, said = "block hollow", "broken: "+w.Broke
		}
		latency := w.LatencyMs
		if !(latency > 0) {
			latency = axis.high // nothing was answered
		}
		p.Dots = append(p.Dots, dot{Class: class, Title: fmt.Sprintf("window %d, %s, %.3g×: %s, %s", i+1, w.Purpose, w.Scale, milli(w.LatencyMs), said), X: across(w.Scale), Y: axis.place(latency, p)})
	}
	return p, true
}

// drawn windows say something, and lie where a plot can show them.
func drawn(w result.BoundaryWindow) bool {
	return w.Invalid == "" && w.Void == 0 && w.Scale > 1e-6 && w.Scale < 1e9 && !math.IsNaN(w.LatencyMs)
}

func summaryBoundary(page *strings.Builder, title string, s *searched) {
	if s == nil {
		return
	}
	fmt.Fprintf(page, "\n### %s\n\n%s\n\n", title, inline(s.Sentence))
	if s.Certificate != "" {
		fmt.Fprintf(page, "- %s\n", inline(s.Certificate))
	}
	if s.Next != "" {
		fmt.Fprintf(page, "- Cheapest next step: %s\n", inline(s.Next))
	}
	summaryVariants(page, s.Variants)
	if len(s.Loads) == 0 {
		return
	}
	page.WriteString("\n| Load put to the test | Answer | Windows, + kept − broken |\n|---|---|---|\n")
	for _, l := range s.Loads {
		fmt.Fprintf(page, "| %s | %s | `%s` |\n", inline(l.Load), inline(l.Answer), strings.ReplaceAll(plain(l.Path), "-", "−"))
	}
}

// plain keeps the two signs of a path.
func plain(path string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r == '-' {
			return r
		}
		return -1
	}, path)
}
