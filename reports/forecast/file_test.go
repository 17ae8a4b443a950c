package forecast

import (
	"slices"
	"strings"
	"testing"

	"tristore/reports/result"
)

func TestReadWeeks(t *testing.T) {
	t.Parallel()
	got, err := ReadWeeks(strings.NewReader("\uFEFFweek, auth_per_min ,collections_per_s\r\n# Christmas\r\n\r\n2026-02-23,6000,30\r\n2026-03-02,6600,31.5\r\n"))
	want := []result.WeekPeak{{Week: "2026-02-23", AuthPerS: 100, CollectionsPerS: 30}, {Week: "2026-03-02", AuthPerS: 110, CollectionsPerS: 31.5}}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%+v, %v", got, err)
	}
	const head = "week,auth_per_s\n2026-02-23,100\n"
	for text, says := range map[string]string{
		"":                                            "the file is empty",
		"week,auth_per_s\n":                           "0 week tells no growth",
		head:                                          "1 week tells no growth",
		head + "2026-03-09,100\n":                     "there is a gap: the week of 2026-03-02 is missing (1 of them)",
		head + "2026-02-23,100\n":                     "seven days after",
		head + "2026-02-16,100\n":                     "seven days after",
		head + "2026-03-03,100\n":                     "seven days after",
		head + "2026-03-02,120/s\n":                   `it cannot be "120/s"`,
		head + "2026-03-02,\n":                        "leave no week out",
		head + "2026-03-02,0\n":                       "above 0",
		head + "2026-03-02,-1\n":                      "above 0",
		head + "2026-03-02,NaN\n":                     "above 0",
		head + "2026-03-02,inf\n":                     "above 0",
		head + "2026-03-02,1e300\n":                   "plain number",
		head + "2026-03-02\n":                         "1 fields, and the first line names 2",
		head + "March,7\n":                            "named by a date",
		"week,auth\n":                                 `the column "auth" has no unit`,
		"week,auth_per_s,collections\n":               `"collections" has no unit`,
		"week,auth_per_day\n":                         "has no unit",
		"week_per_s,auth_per_s\n":                     "", // a week has no rate
		"week;auth_per_s\n":                           "semicolons",
		"auth_per_s\n":                                "must name the columns week and auth_per_s",
		"week,collections_per_s\n":                    "must name the columns week and auth_per_s",
		"week,auth_per_s,auth_per_min\n":              "twice",
		"week,logins_per_s\n":                         `"logins_per_s" is not known`,
		"2026-02-23,100\n2026-03-02,100\n":            "the first line names them",
		"week,auth_per_s" + strings.Repeat(",", 5000): "longer than",
	} {
		weeks, err := ReadWeeks(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v, %v; want %q", text, weeks, err, says)
		}
	}
	long := strings.Builder{}
	long.WriteString("week,auth_per_s\n")
	for _, w := range weeksOf(slices.Repeat([]float64{1}, mostRows+1)) {
		long.WriteString(w.Week + ",1\n")
	}
	if _, err := ReadWeeks(strings.NewReader(long.String())); err == nil || !strings.Contains(err.Error(), "give the latest") {
		t.Errorf("a file of more rows than allowed: %v", err)
	}
}

func FuzzReadWeeks(f *testing.F) {
	f.Add("week,auth_per_s\n2026-02-23,100\n2026-03-02,120\n")
	f.Add("week,auth_per_min,collections_per_s\n2026-02-23,100,1\n")
	f.Fuzz(func(t *testing.T, text string) {
		weeks, err := ReadWeeks(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, w := range weeks {
			if !(w.AuthPerS > 0) || w.CollectionsPerS < 0 {
				t.Fatalf("%+v", w)
			}
		}
		// Whatever was read is foretold or refused, never with a number that is none.
		got := For(&result.Outlook{Today: weeks[len(weeks)-1].Week, Growth: &result.Growth{Source: result.GrowthFile, Weeks: weeks}, HorizonWeeks: 8}, Ray{1, 1})
		if c := got.Reach(1, 2, 0); c.Known() && !(c.Chance >= 0 && c.Chance <= 1) {
			t.Fatalf("%+v", c)
		}
	})
}
