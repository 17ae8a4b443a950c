package render

import (
	"fmt"
	"math"

	"tristore/reports/result"
)

// walks draws the sequential test of every certified load: by how much windows that kept
// the promise outnumber those that broke it, window after window. A load is good at the
// upper barrier and bad at the lower.
func walks(b *result.Boundary) (plot, bool) {
	p := plot{Title: "the sequential test of every load, window by window", Width: 760, Height: 220, Left: 66, Right: 640, Top: 16, Bottom: 176, XTitle: "windows of that load"}
	longest, highest := 1.0, 0.0
	var all []curve
	for _, c := range b.Certified {
		walk, lead := []reading{{0, 0}}, 0.0
		for i, sign := range c.Path {
			if lead--; sign == '+' {
				lead += 2
			}
			walk = append(walk, reading{float64(i + 1), lead})
			highest, longest = max(highest, math.Abs(lead)), max(longest, float64(i+1))
		}
		if len(walk) > 1 && len(walk) < 2000 {
			class := map[string]string{"good": "p99", "bad": "bad"}[c.Answer]
			if c.Void > 0 {
				class = "held"
			}
			all = append(all, curve{class, fmt.Sprintf("%.3g×", c.Scale), walk})
		}
	}
	if len(all) == 0 {
		return p, false
	}
	across := func(x float64) float64 { return round(p.Left + x/longest*(p.Right-p.Left)) }
	up := func(lead float64) float64 { return round((p.Top+p.Bottom)/2 - lead/highest*(p.Bottom-p.Top)/2) }
	for _, at := range []float64{-highest, 0, highest} {
		p.Y = append(p.Y, tick{up(at), fmt.Sprintf("%+g", at)})
	}
	for _, x := range secondTicks(longest) {
		p.X = append(p.X, tick{across(x), number(x)})
	}
	ends := map[[2]float64]int{}
	for _, c := range all {
		path, last := "M"+number(across(0))+" "+number(up(0)), c.readings[len(c.readings)-1]
		for _, r := range c.readings[1:] {
			path += "L" + number(across(r.x)) + " " + number(up(r.ms))
		}
		at := [2]float64{last.x, last.ms}
		p.Lines = append(p.Lines, line{Class: c.class, Path: path, Label: c.label, LabelX: across(last.x) + 5 + 44*float64(ends[at]), LabelY: up(last.ms) + 3.5})
		ends[at]++ // labels of walks that end at one place stand side by side
	}
	return p, true
}
