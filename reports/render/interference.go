package render

import (
	"fmt"
	"strings"

	"tristore/reports/effect"
	"tristore/reports/result"
)

// interference is a test of interference as the report shows it.
type interference struct {
	*result.Interference
	Answer   effect.Answer
	Lines    []armSpan
	Setup    []pair
	Effects  plot
	HasRatio bool
	Unusable []string
	Unfit    string // why the verdict it was handed to did not read it
}

// armSpan is one arm over its usable windows.
type armSpan struct {
	Name, Data, Auth, Others string
	Windows                  int
}

func interferenceOf(facts *result.Interference) *interference {
	if facts == nil {
		return nil
	}
	i := &interference{Interference: facts, Answer: effect.Of(facts), Setup: pairs(facts.Hardware)}
	for _, arm := range facts.Arms {
		i.Lines = append(i.Lines, armSpanOf(facts, arm))
	}
	var ratios []ratioLine
	for _, e := range i.Answer.Effects {
		ratios = append(ratios, ratioLine{e.Name, e.Says, e.Ratio})
	}
	i.Effects, i.HasRatio = effects(ratios, 0)
	for _, w := range facts.Windows {
		if w.Invalid != "" {
			i.Unusable = append(i.Unusable, fmt.Sprintf("block %d, %s: %s", w.Block, w.Arm, w.Invalid))
		}
	}
	return i
}

// armSpanOf gives the middle and the span of the windows' 95th percentiles.
func armSpanOf(facts *result.Interference, arm result.Arm) armSpan {
	both := bothSpans{of: func(l result.Histogram) float64 { return l.P95 }}
	for _, w := range facts.Windows {
		if w.Arm == arm.Name && w.Invalid == "" {
			both.add(w.Auth, w.Collections)
		}
	}
	data := fmt.Sprintf("%s, %.2f× the cache", size(arm.Bytes), float64(arm.Bytes)/float64(max(1, arm.CacheBytes)))
	return armSpan{Name: arm.Name, Data: data, Windows: both.windows, Auth: middleOf(both.auth), Others: middleOf(both.others)}
}

func summaryInterference(page *strings.Builder, run *result.Run) {
	i := interferenceOf(run.Interference)
	if i == nil {
		return
	}
	fmt.Fprintf(page, "\n## The %s test\n\n**%s** %s\n\n", i.Test, i.Answer.Verdict, inline(capital(i.Answer.Sentence)))
	for _, e := range i.Answer.Effects {
		fmt.Fprintf(page, "- %s, %s: %s\n", inline(capital(e.Name)), inline(e.Says), e.Text())
	}
	if len(i.Answer.Channels) > 0 {
		page.WriteString("\n| Channel | Standing | Why |\n|---|---|---|\n")
	}
	for _, c := range i.Answer.Channels {
		fmt.Fprintf(page, "| %s | %s | %s |\n", c.Name, c.Standing, inline(c.Why))
	}
	page.WriteString("\n| Arm | Windows used | Collections' data | Auth p95, middle (span) | Collections p95, middle (span) |\n|---|--:|--:|--:|--:|\n")
	for _, l := range i.Lines {
		fmt.Fprintf(page, "| %s | %d | %s | %s | %s |\n", inline(l.Name), l.Windows, l.Data, l.Auth, l.Others)
	}
	if i.Trouble != "" {
		fmt.Fprintf(page, "\nNot finished: %s\n", inline(i.Trouble))
	}
}
