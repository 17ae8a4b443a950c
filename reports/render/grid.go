package render

import (
	"slices"

	"tristore/reports/result"
)

// grid is every claim of a run against every engine: the one table all pages draw.
type grid struct {
	Engines []result.Engine
	Rows    []row
}

// row is one claim and its cells, in the order of the engines.
type row struct {
	Claim result.Claim
	Cells []cell
}

// cell is one claim on one engine.
type cell struct {
	Claim   result.Claim
	Engine  result.Engine
	Finding result.Finding
	Seconds float64 // that the check took; zero when nothing was observed
}

// notJudged is the reason of a cell that the run file has no finding for.
const notJudged = "the run file has no finding for this claim on this engine"

// gridOf places the findings. Engines and claims that only a finding names get a line
// of their own; of two findings for one cell the graver is shown, so that a page never
// hides a FAIL.
func gridOf(run *result.Run) grid {
	type key struct{ claim, engine string }
	found, seconds := map[key]result.Finding{}, map[key]float64{}
	table := grid{Engines: slices.Clone(run.Engines)}
	claims := slices.Clone(run.Claims)
	for _, f := range run.Findings {
		if !slices.ContainsFunc(table.Engines, func(e result.Engine) bool { return e.Engine == f.Engine }) {
			table.Engines = append(table.Engines, result.Engine{Engine: f.Engine, Title: f.Engine})
		}
		if !slices.ContainsFunc(claims, func(c result.Claim) bool { return c.ID == f.Claim }) {
			claims = append(claims, result.Claim{ID: f.Claim})
		}
		at := key{f.Claim, f.Engine}
		if earlier, twice := found[at]; !twice || gravity(f.Status) > gravity(earlier.Status) {
			found[at] = f
		}
	}
	for _, o := range run.Observations {
		seconds[key{o.Claim, o.Engine}] += o.Seconds
	}
	for _, claim := range claims {
		line := row{Claim: claim}
		for _, engine := range table.Engines {
			at := key{claim.ID, engine.Engine}
			finding, judged := found[at]
			if !judged {
				finding = result.Finding{Claim: claim.ID, Engine: engine.Engine, Reason: notJudged}
			}
			line.Cells = append(line.Cells, cell{Claim: claim, Engine: engine, Finding: finding, Seconds: seconds[at]})
		}
		table.Rows = append(table.Rows, line)
	}
	return table
}

// gravity orders statuses for the reader: what needs an answer first. What is no status
// is as grave as INCONCLUSIVE, which is how it reads.
func gravity(s result.Status) int {
	order := []result.Status{result.Pass, result.NotApplicable, result.Inconclusive, result.Invalid, result.Fail}
	if at := slices.Index(order, s); at >= 0 {
		return at
	}
	return slices.Index(order, result.Inconclusive)
}

// cells lists the cells that have one of the statuses, claim by claim.
func (g grid) cells(wanted ...result.Status) []cell {
	var all []cell
	for _, line := range g.Rows {
		for _, c := range line.Cells {
			if slices.Contains(wanted, c.Finding.Status) {
				all = append(all, c)
			}
		}
	}
	return all
}

// tally counts the cells of one engine, or of all when engine is empty.
func (g grid) tally(engine string) map[result.Status]int {
	counts := map[result.Status]int{}
	for _, line := range g.Rows {
		for _, c := range line.Cells {
			if engine == "" || c.Engine.Engine == engine {
				counts[c.Finding.Status]++
			}
		}
	}
	return counts
}

// Clean tells whether every cell of the row passed.
func (r row) Clean() bool {
	return !slices.ContainsFunc(r.Cells, func(c cell) bool { return c.Finding.Status != result.Pass })
}

// group is findings of one engine that share a reason and have no evidence, such as
// everything that an interrupted run did not reach: one sentence for all of them.
type group struct {
	Engine result.Engine
	Status result.Status
	Reason string
	Cells  []cell
}

// gather takes the groups of two or more out of the cells; what is left stands alone.
func gather(cells []cell) (alone []cell, groups []group) {
	type key struct {
		engine, reason string
		status         result.Status
	}
	keyOf := func(c cell) key { return key{c.Engine.Engine, c.Finding.Reason, c.Finding.Status} }
	size, place := map[key]int{}, map[key]int{}
	for _, c := range cells {
		if len(c.Finding.Evidence) == 0 {
			size[keyOf(c)]++
		}
	}
	for _, c := range cells {
		at := keyOf(c)
		if len(c.Finding.Evidence) > 0 || size[at] < 2 {
			alone = append(alone, c)
			continue
		}
		if _, begun := place[at]; !begun {
			place[at] = len(groups)
			groups = append(groups, group{Engine: c.Engine, Status: c.Finding.Status, Reason: c.Finding.Reason})
		}
		groups[place[at]].Cells = append(groups[place[at]].Cells, c)
	}
	return alone, groups
}
