package render

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tristore/reports/result"
)

// plot is a drawing ready for the template: numbers only, no markup, so that the
// template escapes everything.
type plot struct {
	Title         string // what a screen reader says
	Width, Height float64
	Left, Right   float64 // the plotting area
	Top, Bottom   float64
	X, Y          []tick
	Lines         []line
	Dots          []dot
	Bars          []bar
	XTitle        string
}

type tick struct {
	At    float64
	Label string
}

type line struct {
	Class, Path, Label string
	LabelX, LabelY     float64
}

type dot struct {
	Class, Title string
	X, Y         float64
}

// bar is an interval, drawn from X1 to X2 at the height Y.
type bar struct {
	Class     string
	X1, X2, Y float64
}

// point2 is a reading: position along the axis and milliseconds.
type reading struct{ x, ms float64 }

// frame is an empty plot of the size all latency plots share.
func frame(title string) plot {
	return plot{Title: title, Width: 460, Height: 230, Left: 56, Right: 412, Top: 14, Bottom: 196}
}

// scale is a logarithmic axis in milliseconds: a stall of a second and a median under a
// millisecond both stay readable.
type scale struct{ low, high float64 }

// The axis ends in milliseconds: a nanosecond and a week. What a damaged file holds
// beyond them is drawn at the end.
const (
	shortest  = 1e-6
	longestMs = 6e8
)

// scaleOf spans the positive readings, widened to whole steps of 1, 2, 5.
func scaleOf(all ...[]reading) scale {
	low, high := math.Inf(1), 0.0
	for _, readings := range all {
		for _, r := range readings {
			if r.ms > 0 {
				ms := min(max(r.ms, shortest), longestMs)
				low, high = min(low, ms), max(high, ms)
			}
		}
	}
	if high == 0 {
		return scale{0.1, 10}
	}
	return scale{stepDown(low), stepUp(high)}
}

// place maps a value on the plot's height; values at or below the axis' end sit on it.
func (s scale) place(ms float64, p plot) float64 {
	share := math.Log(min(max(ms, s.low), s.high)/s.low) / math.Log(s.high/s.low)
	return round(p.Bottom - share*(p.Bottom-p.Top))
}

// ticks labels the steps of 1, 2, 5; when those are many, the powers of ten and the ends.
func (s scale) ticks(p plot) []tick {
	var all []tick
	wide := s.high/s.low > 200
	for v := s.low; v <= s.high*1.001; v = next(v) {
		end := v < s.low*1.001 || v > s.high*0.999
		if at := s.place(v, p); !wide || leading(v) == 1 || end && s.clear(v, p) {
			all = append(all, tick{at, short(v)})
		}
	}
	return all
}

// clear tells whether a label at v would stand apart from the nearest power of ten.
func (s scale) clear(v float64, p plot) bool {
	below := math.Pow(10, math.Floor(math.Log10(v)))
	for _, power := range []float64{below, below * 10} {
		if power >= s.low && power <= s.high && math.Abs(s.place(power, p)-s.place(v, p)) <= 14 {
			return false
		}
	}
	return true
}

// timeline draws the median and the 99th percentile of each second.
func timeline(m result.Measurement, axis scale) plot {
	p := frame("latency of each second of " + m.Window)
	p.XTitle = "seconds into the window"
	last := 1.0
	for _, s := range m.Timeline {
		last = max(last, float64(s.Second))
	}
	across := func(x float64) float64 { return round(p.Left + x/last*(p.Right-p.Left)) }
	for _, x := range secondTicks(last) {
		p.X = append(p.X, tick{across(x), strconv.FormatFloat(x, 'f', -1, 64)})
	}
	p.Y = axis.ticks(p)
	median, tail := perSecond(m)
	p.draw(curve{"p50", "p50", median}, across, axis)
	p.draw(curve{"p99", "p99", tail}, across, axis)
	return p
}

func perSecond(m result.Measurement) (median, tail []reading) {
	for _, s := range m.Timeline {
		if s.Count > 0 && s.P50 == s.P50 && s.P99 == s.P99 { // neither is NaN
			at := float64(max(0, s.Second))
			median = append(median, reading{at, s.P50})
			tail = append(tail, reading{at, s.P99})
		}
	}
	return median, tail
}

// percentiles draws latency from the due time and service time over a scale that gives
// each further nine the same room.
func percentiles(due, service []reading, axis scale) plot {
	p := frame("latency by percentile, from the due time and from the call")
	p.Right = 396 // the labels at the end are longer
	p.XTitle = "percentile"
	nines := 2.0
	for _, r := range append(append([]reading{}, due...), service...) {
		nines = max(nines, r.x)
	}
	across := func(x float64) float64 { return round(p.Left + x/nines*(p.Right-p.Left)) }
	for _, at := range []struct {
		share float64
		label string
	}{{0, "0"}, {0.5, "50"}, {0.9, "90"}, {0.99, "99"}, {0.999, "99.9"}, {0.9999, "99.99"}, {0.99999, "99.999"}} {
		if x := ninesOf(at.share); x <= nines+1e-9 {
			p.X = append(p.X, tick{across(x), at.label})
		}
	}
	p.Y = axis.ticks(p)
	p.draw(curve{"p50", "service", service}, across, axis)
	p.draw(curve{"p99", "from due", due}, across, axis)
	return p
}

// decode reads the percentile curve of a stored histogram (HdrHistogram V2, base64,
// nanoseconds), as far as its count supports: the last point is the greatest sample.
func decode(h result.Histogram) ([]reading, error) {
	if h.V2 == "" {
		return nil, nil
	}
	stored, err := hdrhistogram.Decode([]byte(h.V2))
	if err != nil {
		return nil, fmt.Errorf("the stored histogram cannot be read: %w", err)
	}
	total := stored.TotalCount()
	if total == 0 {
		return nil, nil
	}
	deepest := math.Log10(float64(max(total, 10)))
	var curve []reading
	for x := 0.0; x < deepest; x += 0.05 {
		share := 1 - math.Pow(10, -x)
		curve = append(curve, reading{x, float64(stored.ValueAtPercentile(share*100)) / 1e6})
	}
	return append(curve, reading{deepest, float64(stored.Max()) / 1e6}), nil
}

// curve is one line of a plot: its colour class, the word at its end, its readings.
type curve struct {
	class, label string
	readings     []reading
}

// draw adds a curve with its label at the right end, clear of the curves before.
func (p *plot) draw(c curve, across func(float64) float64, axis scale) {
	if len(c.readings) == 0 {
		return
	}
	var path strings.Builder
	for _, r := range c.readings {
		step := "L"
		if path.Len() == 0 {
			step = "M"
		}
		fmt.Fprintf(&path, "%s%s %s", step, number(across(r.x)), number(axis.place(r.ms, *p)))
	}
	end := c.readings[len(c.readings)-1]
	y := axis.place(end.ms, *p) + 3.5
	for _, other := range p.Lines {
		if math.Abs(other.LabelY-y) < 12 {
			y = other.LabelY - 12
		}
	}
	p.Lines = append(p.Lines, line{Class: c.class, Path: path.String(), Label: c.label, LabelX: across(end.x) + 5, LabelY: y})
}

func ninesOf(share float64) float64 { return -math.Log10(1 - share) }

// secondTicks gives about five whole marks.
func secondTicks(last float64) []float64 {
	step := 1.0
	for last/step > 6 {
		step = next(step)
	}
	var all []float64
	for x := 0.0; x <= last; x += step {
		all = append(all, x)
	}
	return all
}

func leading(v float64) int {
	return int(math.Round(v / math.Pow(10, math.Floor(math.Log10(v)+1e-9))))
}

// next is the following step of 1, 2, 5, 10 …
func next(v float64) float64 {
	if leading(v) == 2 {
		return v * 2.5
	}
	return v * 2
}

func stepDown(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)+1e-9))
	for _, digit := range []float64{5, 2} {
		if v >= digit*power {
			return digit * power
		}
	}
	return power
}

func stepUp(v float64) float64 {
	down := stepDown(v)
	if down == v {
		return next(v)
	}
	return next(down)
}

// short prints an axis label.
func short(ms float64) string {
	if ms >= 1000 {
		return strconv.FormatFloat(ms/1000, 'g', 3, 64) + " s"
	}
	return strconv.FormatFloat(ms, 'g', 3, 64) + " ms"
}

func round(v float64) float64 { return math.Round(v*10) / 10 }
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
