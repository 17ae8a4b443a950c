package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// look compares the copy with what was dumped, reads the ledger back, and lets the
// application live on it. What writes comes last.
func (r *round) look(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.compare, r.catalogue, r.readBack, r.fit, r.live} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if !r.main.exact {
		r.saw[ClaimCopy].Stop(fmt.Errorf("others wrote while %s was dumped, which has no snapshot that a fingerprint could share: the content was not compared", r.plan.Engine.Title()))
	}
	return nil
}

func (r *round) compare(ctx context.Context) error {
	if !r.main.exact {
		return nil
	}
	began := time.Now()
	for i, name := range store.Names() {
		err := r.meter.during(ctx, work{"fingerprinting the copy of " + string(name), r.facts.Bytes / int64(len(store.Names())), nil}, func() error {
			got, err := deployment.Fingerprint(ctx, r.copy.Copies[i].Admin)
			if err == nil {
				promised, got := r.comparable(name, r.main.of[name].promised, got)
				r.copy.Compare(name, promised, got)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	r.facts.FingerprintSeconds += time.Since(began).Seconds()
	saw := r.saw[ClaimCopy]
	r.step("fingerprint the copy and compare", time.Since(began), 0, fmt.Sprintf("%.0f rows in %.0f tables, %.0f catalogue lines; rows missing %.0f, extra %.0f; tables changed %.0f; catalogue differences %.0f",
		saw.Facts["rows"], saw.Facts["tables"], saw.Facts["objects"], saw.Facts["rows_missing"], saw.Facts["rows_extra"], saw.Facts["tables_changed"], saw.Facts["catalogue_differences"]))
	return nil
}

// catalogue asks for sequences and statistics.
func (r *round) catalogue(ctx context.Context) error {
	saw, analyzed := r.saw[ClaimCopy], 0
	for _, blank := range r.copy.Copies {
		behind, _, err := deployment.SequencesBehind(ctx, blank.Admin)
		if err != nil {
			return err
		}
		without, tables, err := deployment.WithoutStatistics(ctx, r.owning(blank))
		if err != nil {
			return err
		}
		analyzed += tables - len(without)
		saw.Add("sequences_behind", float64(len(behind)))
		saw.Add("without_statistics", float64(len(without)))
		for _, line := range behind {
			saw.See("%s: %s", blank.Store, line)
		}
		for _, table := range without {
			saw.See("%s: the planner knows nothing of table %s", blank.Store, table)
		}
	}
	saw.Set("analyzed", float64(analyzed))
	return nil
}

// table is where the ledger's writes of a store lie.
func table(name store.Name) string {
	return map[store.Name]string{store.UsersStore: store.User{}.Table(), store.PermissionsStore: store.Workspace{}.Table(), store.CollectionsStore: store.BindingsTable}[name]
}

// readBack looks for every write of the ledger.
func (r *round) readBack(ctx context.Context) error {
	began, saw := time.Now(), r.saw[ClaimLedger]
	for _, fact := range []string{"acknowledged", "older_missing", "later_found", "lost_rows", "unknown_outcomes", "unknown_found"} {
		saw.Set(fact, 0)
	}
	leastOlder, leastLater, longestDump := int64(chainsMax), int64(chainsMax), 0.0
	for _, name := range store.Names() {
		found, err := idsOf(ctx, r.opened.Target(name), table(name))
		if err != nil {
			return err
		}
		one := r.main.of[name]
		a := account(r.ledger.entries, name, watermark{one.mark.asked, one.mark.taken, r.loss}, found)
		r.facts.Ledger = append(r.facts.Ledger, a)
		r.facts.LostRows += a.Lost
		r.facts.LostSeconds = max(r.facts.LostSeconds, a.LostSeconds)
		leastOlder, leastLater = min(leastOlder, a.Older), min(leastLater, a.Later)
		longestDump = max(longestDump, one.ended.Sub(one.mark.asked).Seconds())
		saw.Add("acknowledged", float64(a.Acknowledged))
		saw.Add("older_missing", float64(a.OlderMissing))
		saw.Add("later_found", float64(a.LaterFound))
		saw.Add("lost_rows", float64(a.Lost))
		saw.Add("unknown_outcomes", float64(a.Unknown))
		saw.Add("unknown_found", float64(a.UnknownFound))
		saw.See("%s: %d acknowledged, %d before the dump's moment and %d of these missing, %d after it, %d lost over %.2f s; %d of unknown outcome, %d of these back",
			name, a.Acknowledged, a.Older, a.OlderMissing, a.Later, a.Lost, a.LostSeconds, a.Unknown, a.UnknownFound)
	}
	saw.Set("least_older", float64(leastOlder))
	saw.Set("least_later", float64(leastLater))
	saw.Set("lost_s", r.facts.LostSeconds)
	r.noteLoad()
	for _, line := range r.ledger.why {
		saw.See("%s", line)
	}
	r.every(longestDump)
	r.step("read the ledger back", time.Since(began), 0, fmt.Sprintf("%.0f acknowledged writes; %d did not come back, of %.2f s", saw.Facts["acknowledged"], r.facts.LostRows, r.facts.LostSeconds))
	return nil
}

// noteLoad keeps what the workloads saw, for the two claims that speak of a load.
func (r *round) noteLoad() {
	silent := 0.0
	if r.plan.Under != Idle && r.loads.committed == 0 {
		silent = 1
	}
	for _, claim := range []string{ClaimLedger, ClaimAcross} {
		saw := r.saw[claim]
		saw.Set("silent_load", silent)
		saw.Set("load_committed", float64(r.loads.committed))
		saw.Set("load_refused", float64(r.loads.refused))
		saw.Set("load_unknown", float64(r.loads.unknown))
	}
	for _, line := range r.loads.witness {
		r.saw[ClaimAcross].See("load: %s", line)
	}
}

// every is the most that can be lost when dumps are taken so often: the time between two
// moments, and the time until the later of them is a whole archive.
func (r *round) every(longestDump float64) {
	saw := r.saw[ClaimEvery]
	saw.Set("dumps", float64(len(r.main.of)))
	saw.Set("every_s", r.plan.Every.Seconds())
	saw.Set("dump_s", longestDump)
	saw.Set("worst_loss_s", r.plan.Every.Seconds()+longestDump)
}

// fit looks across the stores.
func (r *round) fit(ctx context.Context) error {
	began, saw, facts := time.Now(), r.saw[ClaimAcross], &r.main.facts
	if err := r.references(ctx, r.targetsOf(r.copy.Copies), facts); err != nil {
		return err
	}
	saw.Set("references", float64(facts.References))
	saw.Set("dangling", float64(facts.Dangling))
	saw.Set("strangers", float64(facts.Strangers))
	saw.Set("skew_s", facts.SkewSeconds)
	for _, line := range facts.Shown {
		saw.See("%s", line)
	}
	saw.WitnessDropped += int(facts.Dangling) - len(facts.Shown)
	r.step("look up every user that permissions and collections name", time.Since(began), 0, fmt.Sprintf("%d references, %d dangling; the three dumps are %.3f s apart", facts.References, facts.Dangling, facts.SkewSeconds))
	return nil
}

// live lets the application go on to a next release, replays every sign-in and writes on.
func (r *round) live(ctx context.Context) error {
	began, saw := time.Now(), r.saw[ClaimCopy]
	r.meter.tell(0, "replaying every sign-in on the copy")
	if err := r.copy.Start(ctx); err != nil {
		return err
	}
	if saw.Facts["start_errors"] == 0 {
		if err := r.copy.Answer(ctx, r.opened); err != nil {
			return err
		}
	}
	r.step("replay every sign-in and make the next writes", time.Since(began), 0, fmt.Sprintf("%.0f reads, %.0f refused, %.0f wrong; %.0f writes, %.0f refused",
		saw.Facts["reads"], saw.Facts["refused"], saw.Facts["wrong"], saw.Facts["writes"], saw.Facts["writes_refused"]))
	return errors.Join(ctx.Err())
}
