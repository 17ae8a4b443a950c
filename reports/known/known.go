// Package known compares advice with the answer of a deployment whose bottleneck was built
// in on purpose.
//
// Opinion: advice is right when it names the verdict and the channel, and only on a
// deployment where the server's own statistics show the bottleneck; what is not decided is
// not right, and counted apart from what is wrong.
// Arrow: known imports result, advice and effect.
package known

import (
	"fmt"
	"slices"
	"strings"

	"tristore/reports/advice"
	"tristore/reports/result"
)

// Standing is how advice stands to the known answer. The zero value is not right.
type Standing string

// The standings.
const (
	Right   Standing = "right"
	Wrong   Standing = "WRONG"
	Open    Standing = "inconclusive"
	NotMade Standing = "not made" // the bottleneck was not there, so that the advice says nothing of the rule
)

// Line is one prepared deployment with what was advised.
type Line struct {
	Name     string
	Known    string // verdict, and the channel
	Given    string // likewise
	Standing Standing
	Why      string // the advice's sentence, or what was not there
}

// Of judges one measurement. It is a function of the saved facts alone.
func Of(split *result.Split) Line {
	if split == nil || split.Prepared == nil {
		return Line{Name: "?", Standing: NotMade, Why: "nothing was measured on a prepared deployment"}
	}
	p, a := split.Prepared, advice.Of(split)
	l := Line{Name: p.Name, Known: answer(p.Verdict, p.Cause), Given: answer(string(a.Verdict), a.Cause), Why: a.Sentence}
	switch missing := Missing(split); {
	case missing != "":
		l.Standing, l.Why = NotMade, missing
	case split.Trouble != "":
		l.Standing, l.Why = Open, "not finished: "+split.Trouble
	case a.Verdict == advice.Inconclusive:
		l.Standing = Open
	case l.Known == l.Given:
		l.Standing = Right
	case string(a.Verdict) == p.Verdict && a.Cause == "":
		l.Standing, l.Why = Open, "the verdict is right, and no cause was shown: "+a.Sentence
	default:
		l.Standing = Wrong
	}
	return l
}

func answer(verdict, cause string) string {
	if cause == "" {
		return verdict
	}
	return verdict + " (" + cause + ")"
}

// Missing says which proof of the built-in bottleneck the statistics do not hold; empty
// when they hold all of them.
func Missing(split *result.Split) string {
	var all []string
	for _, shown := range split.Prepared.Proof {
		value, known := middle(split, shown.Cell, shown.Reading)
		of := 1.0
		if shown.Of != "" && known {
			of, known = middle(split, shown.Cell, shown.Of)
		}
		switch {
		case !known:
			all = append(all, fmt.Sprintf("%s (%s) could not be read", shown.Says, shown.Reading))
		case value < shown.AtLeast*of || shown.AtMost > 0 && value > shown.AtMost*of:
			all = append(all, fmt.Sprintf("%s are %.3g, %s, where the bottleneck shows by %s", shown.Says, value, shown.Cell, bounds(shown, of)))
		}
	}
	if len(split.Prepared.Proof) == 0 {
		return "nothing was said to prove it by"
	}
	return strings.Join(all, "; ")
}

func bounds(s result.Shown, of float64) string {
	if s.AtMost > 0 {
		return fmt.Sprintf("%.3g to %.3g", s.AtLeast*of, s.AtMost*of)
	}
	return fmt.Sprintf("at least %.3g", s.AtLeast*of)
}

// middle of a reading over the windows of a cell, invalid ones too: what the server said of
// itself does not hang on the generator.
func middle(split *result.Split, cell result.Cell, reading string) (float64, bool) {
	var all []float64
	for _, w := range split.Windows {
		if value, known := w.Seen[reading]; known && w.Cell == cell {
			all = append(all, value)
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return all[len(all)/2], true
}
