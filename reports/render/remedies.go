package render

import (
	"fmt"
	"strings"

	"tristore/reports/advice"
	"tristore/reports/result"
)

// tried is what was tried before a split, as the report shows it.
type tried struct {
	Rungs []rungLine
	Each  []triedLine
	Costs string
}

// rungLine is one row of the table, in the order in which to do them.
type rungLine struct {
	Name, Boundary, Gain, Months, Cost, Score, Why string
	Helps                                          bool
}

// triedLine is one remedy with its evidence, in the order in which they were tried.
type triedLine struct {
	Name          string
	Facts         []pair
	Without, With *searched
}

func triedOf(facts *result.Split, given advice.Advice) *tried {
	if len(given.Rungs) == 0 {
		return nil
	}
	t := &tried{Costs: costsOf(facts.Costs)}
	for _, r := range given.Rungs {
		line := rungLine{Name: r.Name, Boundary: "–", Gain: "–", Months: "–", Cost: "–", Score: "–", Why: r.Why, Helps: r.Helps()}
		if r.Cost > 0 {
			line.Cost = fmt.Sprintf("%.2g", r.Cost)
		}
		if r.Usable {
			line.Boundary, line.Months = interval(r.Low, r.High), r.Months()
			line.Gain = fmt.Sprintf("%.2f× (%.2f to %.2f)", r.Gain, r.GainLow, r.GainHigh)
			switch {
			case r.Helps():
			case r.GainHigh < 1:
				line.Why = "it carries less"
			default:
				line.Why = "the interval of its gain includes 1: no gain was shown"
			}
		}
		if r.Score > 0 {
			line.Score = fmt.Sprintf("%.2g", r.Score)
		}
		t.Rungs = append(t.Rungs, line)
	}
	for _, r := range facts.Remedies {
		one := triedLine{Name: r.Name()}
		for _, p := range []pair{{"Changed", r.Change}, {"Chosen by", r.Rule}, {"In force", r.InForce}, {"Claims", claimsOf(r)}, {"Not measured", r.Trouble}} {
			if p.Value != "" {
				one.Facts = append(one.Facts, p)
			}
		}
		one.Without = searchedOf(facts, r.Baseline, "The cluster as it is, searched in turns with the remedied one.")
		one.With = searchedOf(facts, r.Boundary, "The cluster with the remedy on.")
		t.Each = append(t.Each, one)
	}
	return t
}

func claimsOf(r result.Remedy) string {
	switch {
	case r.Absent != "":
		return "not tried: " + r.Absent
	case r.Refused != "":
		return r.Refused
	case r.Conforms:
		return fmt.Sprintf("%s passed with it on", plural(len(r.Tried), "claim"))
	default:
		return "not tried"
	}
}

func costsOf(c *result.Costs) string {
	if c == nil {
		return ""
	}
	said := "the shipped default, which is a guess and not yours: give your own with --costs"
	if c.Said != "" {
		said = c.Said
	}
	return fmt.Sprintf("By %s. One unit of cost is %g of money a month, %g days of work or %g minutes of downtime; work that has to be taken back is made again.", said, c.Unit.MoneyPerMonth, c.Unit.WorkDays, c.Unit.DowntimeMinutes)
}

func summaryTried(page *strings.Builder, t *tried) {
	if t == nil {
		return
	}
	page.WriteString("\n### Before a split\n\n| Instead of a split | Promise breaks at | Gain | Months bought | Cost | Months per cost, at least | |\n|---|---|---|---|--:|--:|---|\n")
	for _, r := range t.Rungs {
		fmt.Fprintf(page, "| %s | %s | %s | %s | %s | %s | %s |\n", inline(r.Name), r.Boundary, r.Gain, inline(r.Months), r.Cost, r.Score, inline(r.Why))
	}
	if t.Costs != "" {
		fmt.Fprintf(page, "\nCosts: %s\n", inline(t.Costs))
	}
}
