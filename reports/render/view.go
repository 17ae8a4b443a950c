package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tristore/reports/latency"
	"tristore/reports/result"
)

// view is what the report's template draws, top to bottom.
type view struct {
	Run          *result.Run
	Status       result.Status
	Headline     string
	Rest         string
	Tally        []share
	Host         []pair
	Engines      []engineLine
	Areas        []area
	Columns      []result.Engine
	Failed       []cell
	Undecided    int
	Single       []cell  // undecided, one by one
	Groups       []group // undecided for one and the same reason
	NotAsked     []cell
	Passed       []cell
	Loads        []load
	Split        *split
	Observed     *observed
	Interference *interference
	Drill        *drill
	Difference   []setting
	Settings     []settings
	Untested     []string
	Subjects     []string // of the platform's list, not decided here
	Folder       string
}

type pair struct{ Name, Value string }

// share is one status in the bar below the verdict.
type share struct {
	Status result.Status
	Count  int
	Width  float64 // percent of all findings
}

type engineLine struct {
	result.Engine
	Tally []share
}

// area is one block of the matrix.
type area struct {
	Span int // columns of the table
	Name string
	Rows []row
}

// load is one measured window with its plots.
type load struct {
	result.Measurement
	Title       string
	Caveats     []string
	Timeline    plot
	Percentiles plot
	Intervals   []latency.Percentile
	FromWhen    string
	ByStore     []storeLoad
	HasTimeline bool
	HasCurve    bool
}

// setting is one server setting as asked and as the server reports it.
type setting struct {
	Engine, Name, Asked, InForce string
	Differs                      bool
}

type settings struct {
	Engine result.Engine
	Lines  []setting
}

func viewOf(run *result.Run) view {
	table := gridOf(run)
	first, rest := headline(run)
	v := view{
		Run: run, Status: run.Verdict.Status, Headline: first, Rest: rest,
		Tally: shares(table.tally("")), Host: pairs(run.Environment.Host), Columns: table.Engines, Areas: areas(table),
		Failed:   table.cells(result.Fail),
		NotAsked: table.cells(result.NotApplicable), Passed: table.cells(result.Pass),
		Split: splitOf(run), Observed: observedOf(run), Interference: interferenceOf(run.Interference), Drill: drillOf(run), Untested: untested(run), Subjects: undecided(run), Folder: "reports/out/" + run.ID,
	}
	undecided := table.cells(result.Inconclusive, result.Invalid)
	v.Undecided = len(undecided)
	v.Single, v.Groups = gather(undecided)
	for _, engine := range table.Engines {
		v.Engines = append(v.Engines, engineLine{engine, shares(table.tally(engine.Engine))})
		lines := settingsOf(run, engine)
		if len(lines) > 0 {
			v.Settings = append(v.Settings, settings{engine, lines})
		}
		for _, line := range lines {
			if line.Differs {
				v.Difference = append(v.Difference, line)
			}
		}
	}
	for _, m := range run.Measurements {
		v.Loads = append(v.Loads, loadOf(run, m))
	}
	return v
}

// shares lists the statuses that occur, gravest first.
func shares(tally map[result.Status]int) []share {
	total := 0
	for _, n := range tally {
		total += n
	}
	var all []share
	for _, s := range []result.Status{result.Fail, result.Invalid, result.Inconclusive, result.NotApplicable, result.Pass} {
		if n := tally[s]; n > 0 {
			all = append(all, share{s, n, round(100 * float64(n) / float64(total))})
		}
	}
	return all
}

// areas groups the rows by area, in the order the catalogue shows them.
func areas(table grid) []area {
	var all []area
	for _, line := range table.Rows {
		at := slices.IndexFunc(all, func(a area) bool { return a.Name == line.Claim.Area })
		if at < 0 {
			all = append(all, area{Span: len(line.Cells) + 1, Name: line.Claim.Area})
			at = len(all) - 1
		}
		all[at].Rows = append(all[at].Rows, line)
	}
	return all
}

func pairs(values map[string]string) []pair {
	var all []pair
	for _, name := range slices.Sorted(maps.Keys(values)) {
		all = append(all, pair{strings.ReplaceAll(name, "_", " "), values[name]})
	}
	return all
}

// settingsOf puts each setting as asked beside what is in force. Asked but not reported
// is a difference: nobody knows.
func settingsOf(run *result.Run, engine result.Engine) []setting {
	asked, inForce := run.Environment.Asked[engine.Engine], run.Environment.InForce[engine.Engine]
	names := slices.Sorted(maps.Keys(asked))
	for _, name := range slices.Sorted(maps.Keys(inForce)) {
		if _, known := asked[name]; !known {
			names = append(names, name)
		}
	}
	var lines []setting
	for _, name := range names {
		want, wanted := asked[name]
		got, reported := inForce[name]
		line := setting{Engine: engine.Title, Name: name, Asked: want, InForce: got, Differs: wanted && want != got}
		if !reported {
			line.InForce = "not reported"
		}
		lines = append(lines, line)
	}
	return lines
}

func loadOf(run *result.Run, m result.Measurement) load {
	l := load{Measurement: m, Title: titleOf(run, m.Engine) + ", " + m.Workload, Caveats: caveats(m), FromWhen: fromWhen(m), ByStore: storesOf(m)}
	due, err := decode(m.Latency)
	service, serviceErr := decode(m.Service)
	for _, err := range []error{err, serviceErr} {
		if err != nil {
			l.Caveats = append(l.Caveats, capital(err.Error())+".")
		}
	}
	if curve, err := latency.Decode(m.Latency); err == nil && curve.Count() > 0 {
		l.Intervals = curve.Table()
	}
	median, tail := perSecond(m)
	axis := scaleOf(median, tail, due, service)
	if len(median) > 0 {
		l.HasTimeline, l.Timeline = true, timeline(m, axis)
	}
	if len(due)+len(service) > 0 {
		l.HasCurve, l.Percentiles = true, percentiles(due, service, axis)
	}
	return l
}

// pacingLimit is the generator's own lag, in milliseconds, above which it is named.
const pacingLimit = 1

// caveats says aloud what would make a reader misread the numbers of a window.
func caveats(m result.Measurement) []string {
	var said []string
	c := m.Counts
	if c.Due == 0 {
		said = append(said, "No request was due: these numbers say nothing.")
	}
	if c.Dropped > 0 {
		said = append(said, fmt.Sprintf("%s of %s requests were never started: the queue was full or the window ended. They are in no histogram.", count(c.Dropped), count(c.Due)))
	}
	if c.Late*100 > c.Due {
		said = append(said, fmt.Sprintf("%s of %s requests started over a millisecond after they were due. Waiting for a free worker is part of the latency from due, not of the service time.", count(c.Late), count(c.Due)))
	}
	if m.Loop == "closed" {
		said = append(said, "A closed loop: nobody asked while the store was slow, so that its latencies are service times and hide every stall.")
	}
	if m.Pacing.P99 > pacingLimit {
		said = append(said, fmt.Sprintf("The generator itself fell behind by %s at its 99th percentile: it needs a quieter or a larger machine before these latencies are the store's.", milli(m.Pacing.P99)))
	}
	if c.Unknown > 0 {
		said = append(said, fmt.Sprintf("Of %s requests nobody can tell whether they took effect.", count(c.Unknown)))
	}
	if c.Overran > 0 {
		said = append(said, fmt.Sprintf("%s requests were due in the window and ended after it: their latencies count, the rate leaves them out.", count(c.Overran)))
	}
	if clipped := m.Latency.Clipped + m.Service.Clipped + m.Lag.Clipped; clipped > 0 {
		said = append(said, fmt.Sprintf("%s samples fell outside the recorder's range: the percentiles are not to be used.", count(clipped)))
	}
	return said
}

func titleOf(run *result.Run, engine string) string {
	for _, e := range run.Engines {
		if e.Engine == engine && e.Title != "" {
			return e.Title
		}
	}
	return engine
}

// anchor names the place of a cell's evidence on the page.
func anchor(c cell) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, c.Claim.ID+"--"+c.Engine.Engine)
}
