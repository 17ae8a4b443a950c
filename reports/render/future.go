package render

import (
	"fmt"
	"math"
	"strings"
	"time"

	"tristore/reports/advice"
	"tristore/reports/forecast"
	"tristore/reports/result"
)

// future is when demand reaches the boundary, as the report shows it.
type future struct {
	advice.Future
	Outlook  *result.Outlook
	Slots    string
	Plot     plot
	HasPlot  bool
	Facts    []pair
	Variants []variantLine
}

// variantLine is one row of what would follow from other promises, growths and mixes.
type variantLine struct{ What, Load, When, Note string }

func futureOf(facts *result.Split, given advice.Advice) *future {
	if !given.Future.Asked {
		return nil
	}
	f := &future{Future: given.Future, Outlook: facts.Outlook, Slots: given.Slots.String()}
	f.Plot, f.HasPlot = fan(facts, given.Future)
	f.Facts = f.facts()
	return f
}

// variantsOf are shown with the search, with or without an outlook.
func variantsOf(facts *result.Split) []variantLine {
	var all []variantLine
	for _, v := range advice.SensitivityOf(facts) {
		line := variantLine{What: v.What, Load: interval(v.Low, v.High), When: "–", Note: v.Note}
		if v.Crossing.Known() {
			line.When = v.Crossing.String()
		}
		all = append(all, line)
	}
	return all
}

// interval prints two scales, of which 0 is not known.
func interval(low, high float64) string {
	end := func(v float64) string {
		if v > 0 {
			return fmt.Sprintf("%.3g×", v)
		}
		return "unknown"
	}
	if !(low > 0) && !(high > 0) {
		return "–"
	}
	return end(low) + " to " + end(high)
}

// facts are the forecast in numbers.
func (f *future) facts() []pair {
	o, known := f.Outlook, f.Forecast.Trouble == ""
	all := []pair{{"Looked ahead", fmt.Sprintf("%d weeks of horizon and %d of lead time, from %s", o.HorizonWeeks, o.LeadWeeks, o.Today)}}
	if g := o.Growth; g != nil {
		said := g.Said
		if known {
			said += fmt.Sprintf(": %.1f %% a month (%.1f to %.1f)", 100*f.Forecast.GrowthPerMonth.P50, 100*f.Forecast.GrowthPerMonth.P10, 100*f.Forecast.GrowthPerMonth.P90)
		}
		all = append(all, pair{"Growth", said})
	}
	if !known {
		return append(all, pair{"Forecast", "none: " + f.Forecast.Trouble})
	}
	all = append(all, f.weeks()...)
	if b := f.Forecast.Backtest; b != nil {
		all = append(all, pair{"Foretold from the weeks before", fmt.Sprintf("held-out weeks lay in their band of 80 %% in %.0f %% of %d cases from %d origins, up to %d weeks ahead; median error %.0f %%; paths widened %.2f times for it",
			100*b.Covered, b.Points, b.Origins, b.Ahead, b.ErrorPct, b.Widened)})
	} else {
		all = append(all, pair{"Foretold from the weeks before", "nothing: the growth is taken at its word, and the spread is that of the boundary and of the range of growth"})
	}
	if f.Forecast.Season != "" {
		all = append(all, pair{"Season", f.Forecast.Season})
	}
	return all
}

// weeks are those of the crossing, as dates.
func (f *future) weeks() []pair {
	c := f.Crossing
	if !c.Known() {
		return nil
	}
	all := []pair{{"Boundary reached", fmt.Sprintf("P10 %s, P50 %s, P90 %s", f.date(c.P10), f.date(c.P50), f.date(c.P90))},
		{"Chance within that time", fmt.Sprintf("%.1f %%", 100*c.Chance)},
		{"Growth that just reaches it", fmt.Sprintf("%.1f %% a month", 100*f.Breaks)}}
	if f.By != "" {
		all = append(all, pair{"Begin by", f.By})
	}
	return all
}

func (f *future) date(weeks int) string {
	at, err := time.Parse(time.DateOnly, f.Outlook.Today)
	if weeks == forecast.Beyond || err != nil {
		return fmt.Sprintf("after %d weeks", f.Reach)
	}
	return at.AddDate(0, 0, 7*weeks).Format(time.DateOnly)
}

// fan draws past peaks, what one origin of the past would have foretold, the paths ahead
// with their P10 and P90, and the boundary across; load is logarithmic.
func fan(facts *result.Split, f advice.Future) (plot, bool) {
	p := plot{Title: "demand by week, past and foretold, and the boundary", Width: 760, Height: 280, Left: 66, Right: 690, Top: 16, Bottom: 236, XTitle: "weeks from today"}
	if len(f.Forecast.Weeks) == 0 || len(f.Forecast.Weeks) > 600 {
		return p, false
	}
	past, first := pastPeaks(facts)
	all := []reading{{0, f.Forecast.Today.P10}}
	for _, w := range f.Forecast.Weeks {
		all = append(all, reading{0, w.P10}, reading{0, w.P90})
	}
	all = append(all, past...)
	if b := facts.Boundary; advice.Found(b) {
		all = append(all, reading{0, b.Low}, reading{0, b.High})
	}
	axis := scaleOf(all)
	last := float64(len(f.Forecast.Weeks))
	across := func(week float64) float64 { return round(p.Left + (week-first)/(last-first)*(p.Right-p.Left)) }
	for v := axis.low; v <= axis.high*1.001; v = next(v) {
		p.Y = append(p.Y, tick{axis.place(v, p), fmt.Sprintf("%.3g×", v)})
	}
	step := 4.0
	for (last-first)/step > 12 {
		step *= 2
	}
	for x := math.Ceil(first/step) * step; x <= last; x += step {
		p.X = append(p.X, tick{across(x), number(x)})
	}
	if b := facts.Boundary; advice.Found(b) {
		p.fill(between{"limit", []reading{{first, b.Low}, {last, b.Low}}, []reading{{first, b.High}, {last, b.High}}}, across, axis)
		p.Lines = append(p.Lines, line{Class: "slo", Path: "M" + number(across(first)) + " " + number(axis.place(b.Low, p)) + "H" + number(across(last)), Label: "boundary", LabelX: p.Right + 4, LabelY: axis.place(b.Low, p) + 3.5})
	}
	p.foretell(f.Forecast, across, axis)
	for _, r := range past {
		p.Dots = append(p.Dots, dot{Class: "block small", Title: fmt.Sprintf("week %g: %.3g×", r.x, r.ms), X: across(r.x), Y: axis.place(r.ms, p)})
	}
	p.heldOut(f.Forecast, past, across, axis)
	return p, true
}

// foretell draws the band ahead and its middle.
func (p *plot) foretell(f forecast.Forecast, across func(float64) float64, axis scale) {
	low, middle, high := []reading{{0, f.Today.P10}}, []reading{{0, f.Today.P50}}, []reading{{0, f.Today.P90}}
	for i, w := range f.Weeks {
		at := float64(i + 1)
		low, middle, high = append(low, reading{at, w.P10}), append(middle, reading{at, w.P50}), append(high, reading{at, w.P90})
	}
	p.fill(between{"band", low, high}, across, axis)
	p.draw(curve{"p99", "P10–P90", middle}, across, axis)
}

// heldOut draws the band that would have been foretold from the latest origin of the past
// that foretold as many weeks as were tested.
func (p *plot) heldOut(f forecast.Forecast, past []reading, across func(float64) float64, axis scale) {
	b := f.Backtest
	if b == nil || len(past) == 0 {
		return
	}
	var low, middle, high []reading
	origin := len(past) - 1 - b.Ahead
	for _, h := range b.Held {
		if h.Origin == origin && h.Week < len(past) {
			x := past[h.Week].x
			low, middle, high = append(low, reading{x, h.Low}), append(middle, reading{x, h.Middle}), append(high, reading{x, h.High})
		}
	}
	if len(low) == 0 {
		return
	}
	p.fill(between{"held", low, high}, across, axis)
	p.draw(curve{"held", "", middle}, across, axis)
}

// pastPeaks are the peaks of the growth file in scales, by weeks before today, and where
// the axis begins.
func pastPeaks(facts *result.Split) (all []reading, first float64) {
	o := facts.Outlook
	if o == nil || o.Growth == nil || !(facts.AuthRate > 0) || !(facts.CollectionsRate > 0) {
		return nil, 0
	}
	today, err := time.Parse(time.DateOnly, o.Today)
	for _, w := range o.Growth.Weeks {
		at, weekErr := time.Parse(time.DateOnly, w.Week)
		scale := max(w.AuthPerS/facts.AuthRate, w.CollectionsPerS/facts.CollectionsRate)
		if err != nil || weekErr != nil || !(scale > 0) {
			return nil, 0
		}
		x := math.Round(at.Sub(today).Hours() / 24 / 7)
		all, first = append(all, reading{x, scale}), min(first, x)
	}
	return all, first
}

// between is the area between two curves.
type between struct {
	class     string
	low, high []reading
}

// fill adds an area, closed.
func (p *plot) fill(b between, across func(float64) float64, axis scale) {
	var path strings.Builder
	step := "M"
	put := func(r reading) {
		fmt.Fprintf(&path, "%s%s %s", step, number(across(r.x)), number(axis.place(r.ms, *p)))
		step = "L"
	}
	for _, r := range b.low {
		put(r)
	}
	for i := len(b.high) - 1; i >= 0; i-- {
		put(b.high[i])
	}
	p.Lines = append(p.Lines, line{Class: b.class, Path: path.String() + "Z"})
}

func summaryFuture(page *strings.Builder, f *future) {
	if f == nil {
		return
	}
	page.WriteString("\n### When demand gets there\n\n")
	for _, fact := range f.Facts {
		fmt.Fprintf(page, "- %s: %s\n", fact.Name, inline(fact.Value))
	}
	if f.Slots != "" {
		fmt.Fprintf(page, "- Connections: %s\n", inline(f.Slots))
	}
}

func summaryVariants(page *strings.Builder, all []variantLine) {
	if len(all) == 0 {
		return
	}
	page.WriteString("\n| If it were | The promise breaks between | Reached | |\n|---|---|---|---|\n")
	for _, v := range all {
		fmt.Fprintf(page, "| %s | %s | %s | %s |\n", inline(v.What), v.Load, inline(v.When), inline(v.Note))
	}
}
