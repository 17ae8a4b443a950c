package migrations

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// Concurrent lets 2 to 5 starters begin at once on an empty database of each store, and
// compares what they leave with what one undisturbed start leaves.
//
// Facts, over all rounds:
//   - rounds: databases started on; 12 at depth smoke
//   - starters: starts in all; 42 at depth smoke
//   - rounds_overlapped: rounds in which two starters really met; at least half of rounds
//   - start_errors = 0: starters that did not come up
//   - versions_not_once = 0: versions applied by none of a round's starters, or by several
//   - catalogue_differences = 0: objects missing or too many, against one undisturbed start
//   - applied_again = 0: versions that a further start applied
func Concurrent(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	record(saw, "rounds", "starters", "rounds_overlapped", "start_errors", "versions_not_once", "catalogue_differences", "applied_again")
	repeats := 1
	if on.Depth != scenarios.Smoke {
		repeats = 5
	}
	for _, name := range store.Names() {
		alone, err := referenceOf(ctx, on, name)
		if err != nil {
			saw.Stop(err)
			return
		}
		for round := range 4 * repeats {
			err := onBlank(ctx, on, name, func(blank *deployment.Blank) error {
				return startTogether(ctx, on, startRound{blank, 2 + round%4, alone, saw})
			})
			if err != nil {
				saw.Stop(err)
				return
			}
		}
	}
}

type startRound struct {
	blank    *deployment.Blank
	starters int
	alone    reference
	saw      *result.Observation
}

// start is how one starter fared.
type start struct {
	began, ended time.Time
	done         store.Migration
	err          error
}

func startTogether(ctx context.Context, on scenarios.Stage, r startRound) error {
	starts, ready, name := make([]start, r.starters), make(chan struct{}), r.blank.Store
	var all sync.WaitGroup
	for i := range starts {
		all.Go(func() {
			<-ready
			s := &starts[i]
			s.began = time.Now()
			s.done, s.err = deployment.Migrate(ctx, r.blank.Target, name, on.Host.Files(name))
			s.ended = time.Now()
		})
	}
	close(ready)
	all.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	r.saw.Add("rounds", 1)
	r.saw.Add("starters", float64(r.starters))
	if met(starts) {
		r.saw.Add("rounds_overlapped", 1)
	}
	what := fmt.Sprintf("%d starters of %s", r.starters, name)
	r.count(what, starts)
	got, err := deployment.Fingerprint(ctx, r.blank.Admin)
	if err != nil {
		return err
	}
	r.saw.Add("catalogue_differences", float64(r.alone.catalogue(r.saw, what, got)))
	again, err := settled(ctx, on, r.blank)
	if err != nil {
		r.saw.Add("start_errors", 1)
		r.saw.See("%s: %v", what, err)
		return nil
	}
	r.saw.Add("applied_again", float64(again))
	return nil
}

// count adds failed starters, and versions that were not applied by exactly one.
func (r startRound) count(what string, starts []start) {
	times := map[string]int{}
	for _, version := range r.alone.migration.Applied {
		times[version] = 0
	}
	for _, s := range starts {
		if s.err != nil {
			r.saw.Add("start_errors", 1)
			r.saw.See("%s: %v", what, s.err)
		}
		for _, version := range s.done.Applied {
			times[version]++
		}
	}
	for version, n := range times {
		if n != 1 {
			r.saw.Add("versions_not_once", 1)
			r.saw.See("%s: version %s was applied %d times", what, version, n)
		}
	}
}

// met tells whether two starters were at work at one moment.
func met(starts []start) bool {
	for i, a := range starts {
		for _, b := range starts[i+1:] {
			if a.began.Before(b.ended) && b.began.Before(a.ended) {
				return true
			}
		}
	}
	return false
}
