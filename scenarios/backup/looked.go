package backup

import (
	"maps"
	"slices"
	"strings"

	"tristore/reports/result"
)

// looked is what the named checks saw of one copy that was damaged on purpose, or is sound.
type looked struct {
	name string
	// must are the checks that have to see the damage, each; either is a group of which
	// one has to. A sound copy has neither, and nobody of all may see anything.
	must, either, all []string
	seen              map[string]string // a check that saw nothing is not there
}

// note counts one copy.
func (l looked) note(saw *result.Observation) {
	if len(l.must)+len(l.either) == 0 {
		saw.Add("twins", 1)
		for _, check := range l.all {
			saw.Compare(l.name+": "+check, "nothing", orNothing(l.seen[check]))
		}
		saw.Add("false_alarms", float64(len(l.seen)))
		return
	}
	saw.Add("damages", 1)
	if len(l.seen) == 0 {
		saw.Add("undetected", 1)
	}
	for _, check := range l.must {
		l.need(saw, check, l.seen[check] != "")
	}
	if len(l.either) > 0 {
		anybody := slices.ContainsFunc(l.either, func(check string) bool { return l.seen[check] != "" })
		l.need(saw, strings.Join(l.either, " or "), anybody)
	}
	var said []string
	for _, check := range slices.Sorted(maps.Keys(l.seen)) {
		said = append(said, check+": "+short(l.seen[check]))
	}
	saw.See("%s: %s", l.name, orNothing(strings.Join(said, "; ")))
}

func (l looked) need(saw *result.Observation, check string, seen bool) {
	got := "seen"
	if !seen {
		got = "not seen"
		saw.Add("missed", 1)
	}
	saw.Compare(l.name+": "+check, "seen", got)
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// short keeps a tool's last words to one line of a page.
func short(text string) string {
	const most = 160
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + " …"
	}
	return text
}
