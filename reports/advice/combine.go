package advice

import (
	"slices"

	"tristore/reports/forecast"
	"tristore/reports/result"
)

// NextRemedy is what to try next of the remedies that were asked for: each of them first, in
// that order, then combinations, the best first, as long as each addition surely carries more than what
// it was added to. Gains do not multiply, so a combination is measured like a single one. It
// is nil when nothing is left; over says of a remedy that was begun whether it is over.
func NextRemedy(split *result.Split, asked []string, over func(result.Remedy) bool) []string {
	for _, name := range asked {
		if r := remedyOf(split, []string{name}); r == nil || !over(*r) {
			return []string{name}
		}
	}
	var f forecast.Forecast
	if split.Outlook != nil {
		f = forecast.For(split.Outlook, forecast.Ray{AuthPerS: split.AuthRate, CollectionsPerS: split.CollectionsRate})
	}
	var have []string
	least := 0.0
	for _, rung := range ladderOf(split, f) {
		switch {
		case rung.Parts != 1 || !rung.Helps():
			continue
		case have == nil:
			have, least = []string{rung.Name}, rung.GainLow
			continue
		}
		with := append(slices.Clone(have), rung.Name)
		r := remedyOf(split, with)
		if r == nil || !over(*r) {
			return with
		}
		both := rungOf(split, *r, f)
		if !both.Helps() || both.GainLow <= least {
			return nil
		}
		have, least = with, both.GainLow
	}
	return nil
}

func remedyOf(split *result.Split, names []string) *result.Remedy {
	for i := range split.Remedies {
		if slices.Equal(split.Remedies[i].Names, names) {
			return &split.Remedies[i]
		}
	}
	return nil
}
