package capacity

import (
	"slices"
	"time"

	"tristore/reports/result"
)

// Planned is one part of a measurement and what it costs in time.
type Planned struct {
	What    string
	Windows int
	Each    time.Duration // warm-up included
	Takes   time.Duration
}

// usualStart is how long the clusters take to start and to be filled, about.
const usualStart = 25 * time.Second

// usualRemedy is how long it takes to make a remedy and to try the claims with it on, about.
const usualRemedy = 30 * time.Second

// Schedule is what a plan will do, with a search's usual number of windows. What was
// measured before is not measured again.
func (p Plan) Schedule() []Planned {
	all := []Planned{{What: "start three clusters and fill them", Takes: usualStart}}
	add := func(what string, windows int, each time.Duration) {
		all = append(all, Planned{what, windows, each, time.Duration(windows) * each})
	}
	blocks := p.Blocks
	if p.Before != nil {
		done, _ := wholeBlocks(p.begun().Windows)
		blocks = max(0, blocks-done)
	}
	add("the four cells, in interleaved blocks", len(cells())*blocks, p.Warm+p.Window)
	if p.Search == nil {
		return all
	}
	left := p.Search.Budget - usualStart - all[1].Takes
	base := min(max(left/p.Search.searches()/usualWindows-settle(p), shortestWindow), longestWindow)
	each := settle(p) + max(base, time.Duration(p.Search.seconds(p.AuthRate)*float64(time.Second)))
	add("the search of one cluster's boundary, about", usualWindows, each)
	if p.Search.Two {
		add("the search of two clusters' boundary, about", usualWindows, each)
	}
	for _, name := range p.remediesLeft() {
		if _, absent := p.shaped([]string{name}); absent != "" {
			add("remedy "+name+": not to be tried here", 0, 0)
			continue
		}
		all = append(all, Planned{What: "remedy " + name + ": make it, try the claims, load", Takes: usualRemedy})
		add("remedy "+name+": both boundaries in turns, about", 2*usualWindows, each)
	}
	if len(p.Search.Remedies) > 1 {
		add("the best of them together, if two help, about", 2*usualWindows, each)
	}
	return all
}

// remediesLeft are those that were asked for and not tried before.
func (p Plan) remediesLeft() []string {
	return slices.DeleteFunc(slices.Clone(p.Search.Remedies), func(name string) bool {
		return p.Before != nil && slices.ContainsFunc(p.Before.Remedies, func(r result.Remedy) bool { return r.Name() == name && RemedyOver(r) })
	})
}
