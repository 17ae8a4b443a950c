package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers/store"
	"tristore/reports/result"
)

// weeksCommand makes the growth file of tristore capacity from saved observations.
func weeksCommand(to streams) *cobra.Command {
	var perRequest float64
	c := &cobra.Command{
		Use:   "weeks RUN...",
		Short: "Print the weekly peaks of saved observations as the growth file that tristore capacity takes",
		Args: func(_ *cobra.Command, words []string) error {
			if len(words) == 0 {
				return errors.New("observe weeks needs saved observations: name the folders of their runs")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, words []string) error {
			if !(perRequest > 0 && perRequest <= 100) {
				return fmt.Errorf("--per-request is how many transactions one request of the auth path makes, above 0 and at most 100; asked for %g", perRequest)
			}
			var runs []*result.Run
			for _, word := range words {
				run, _, err := savedRun(word)
				if err != nil {
					return err
				}
				runs = append(runs, run)
			}
			weeks, err := weeksOf(runs, perRequest)
			if err != nil {
				return err
			}
			return printWeeks(to.out, weeks, perRequest)
		},
	}
	c.Flags().Float64Var(&perRequest, "per-request", 6, "transactions on users and permissions that one request of the auth path makes: 6 in profile v27, 2 in fork")
	return c
}

const week = 7 * 24 * time.Hour

// weeksOf gives the highest peak of each week, from the first to the last that was observed.
func weeksOf(runs []*result.Run, perRequest float64) ([]result.WeekPeak, error) {
	peaks := map[time.Time]result.WeekPeak{}
	for _, run := range runs {
		auth, others, err := requestPeaks(run)
		if err != nil {
			return nil, err
		}
		day := run.Began.UTC().Truncate(24 * time.Hour)
		monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		p := peaks[monday]
		p.Week = monday.Format(time.DateOnly)
		p.AuthPerS, p.CollectionsPerS = max(p.AuthPerS, auth/perRequest), max(p.CollectionsPerS, others)
		peaks[monday] = p
	}
	var all []result.WeekPeak
	mondays := slices.SortedFunc(maps.Keys(peaks), time.Time.Compare)
	for i, monday := range mondays {
		if i > 0 && monday.Sub(mondays[i-1]) != week {
			return nil, fmt.Errorf("nothing was observed in the week of %s, and no week may be missing: begin after it", mondays[i-1].Add(week).Format(time.DateOnly))
		}
		all = append(all, peaks[monday])
	}
	return all, nil
}

// requestPeaks are the highest transactions per second on the two stores of the auth path, and on collections.
func requestPeaks(run *result.Run) (auth, collections float64, err error) {
	if run.Observed == nil {
		return 0, 0, fmt.Errorf("run %s is no observation: make some with tristore observe", run.ID)
	}
	if err := untoldWork(run); err != nil {
		return 0, 0, err
	}
	found := map[string]bool{}
	for _, s := range run.Observed.Stores {
		_, peak := s.Transactions()
		if s.Store == "" || !(peak > 0) {
			continue
		}
		found[s.Store] = true
		if s.Store == string(store.CollectionsStore) {
			collections += peak
		} else {
			auth += peak
		}
	}
	for _, name := range store.Names() {
		if !found[string(name)] {
			return 0, 0, fmt.Errorf("run %s saw no transaction on store %s: observe it with --stores %s=DATABASE, for long enough", run.ID, name, name)
		}
	}
	return auth, collections, nil
}

// untoldWork refuses an observation of a server that does not tell what each database does.
func untoldWork(run *result.Run) error {
	for _, n := range run.Observed.NotRead {
		if n.What == result.UntoldByCollection {
			return fmt.Errorf("run %s does not know what each store did, since the server did not tell: %s", run.ID, n.Why)
		}
	}
	return nil
}

func printWeeks(to io.Writer, weeks []result.WeekPeak, perRequest float64) error {
	if _, err := fmt.Fprintf(to, "# highest transactions per second between two samples of an observation in that week; %g on users and permissions make one request\nweek,auth_per_s,collections_per_s\n", perRequest); err != nil {
		return err
	}
	for _, w := range weeks {
		if _, err := fmt.Fprintf(to, "%s,%.6g,%.6g\n", w.Week, w.AuthPerS, w.CollectionsPerS); err != nil {
			return err
		}
	}
	return nil
}
