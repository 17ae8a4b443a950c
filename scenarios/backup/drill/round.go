package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	life "tristore/scenarios/backup"
	"tristore/scenarios/road"
)

// round is one loss and return.
type round struct {
	*drill
	from   *source
	number int // over all sizes
	folder string
	facts  result.DrillRound
	saw    map[string]*result.Observation

	target *cluster.Cluster       // the empty one
	host   *deployment.Host       // on it
	owner  deployment.Role        // of what was dumped, there
	apps   map[store.Name]ownRole // in place of it, of somebody's own databases
	copy   life.Restored
	opened *deployment.Deployment // on the copy

	ledger *ledger
	loads  loads
	main   *dumps
	others []*dumps
	loss   time.Time
	// unserved says why nobody was served; foreign, why no application is known that could be.
	unserved, foreign string
	unlike            []store.Name    // restored into another locale than somebody's
	users             map[string]bool // of the source, at the loss or later

	ends road.Ends
}

// errBroke ends a round whose tool failed: DRILL-1 holds what it did.
var errBroke = errors.New("a tool failed, see DRILL-1")

// prepare gives the round a folder and an empty cluster to restore into. By URL there is
// one cluster only, and the copy gets empty databases there.
func (r *round) prepare(ctx context.Context) (err error) {
	copied := r.saw[ClaimCopy]
	for _, fact := range []string{"stores", "tools_failed", "stderr_errors", "rows", "tables", "objects", "rows_missing", "rows_extra", "tables_changed", "catalogue_differences",
		"sequences_behind", "without_statistics", "starts", "start_errors", "applied_again", "next_releases", "reads", "refused", "wrong", "writes", "writes_refused", "unknown"} {
		copied.Set(fact, 0)
	}
	r.folder = filepath.Join(r.plan.Dir, fmt.Sprintf("round-%d", r.number+1))
	if err := os.MkdirAll(r.folder, 0o700); err != nil {
		return fmt.Errorf("making a folder for the archives: %w", err)
	}
	r.ends.Add(func(context.Context) error { return os.RemoveAll(r.folder) })
	r.host, r.target = r.from.Host, r.from.Cluster
	if r.plan.Own == nil && r.plan.Reach == drivers.External {
		return nil
	}
	began, into := time.Now(), "start an empty "+r.plan.into().Title()
	r.meter.tell(0, into)
	if r.target, err = cluster.Start(ctx, r.emptySpec()); err != nil {
		return err
	}
	r.ends.Add(r.target.Close)
	if r.host, err = deployment.Prepare(ctx, r.target, r.plan.options()); err != nil {
		return err
	}
	r.ends.Add(r.host.Close)
	if err := r.fits(ctx); err != nil {
		return err
	}
	r.step(into, time.Since(began), 0, "not part of the time to serve: it stands ready in the platform's runbook")
	return nil
}

// moving is meter.during, where the bytes count at all.
func (r *round) moving(ctx context.Context, counts bool, of work, do func() error) error {
	if !counts {
		r.meter.tell(0, of.what)
		return do()
	}
	return r.meter.during(ctx, of, do)
}

func (r *round) step(what string, took time.Duration, bytes int64, said string) {
	r.drill.facts.Steps = append(r.drill.facts.Steps, result.Step{What: what, Seconds: took.Seconds(), Bytes: bytes, Said: said})
}

// part is one part of the time to serve.
func (r *round) part(name string, took time.Duration, bytes int64) {
	r.facts.Parts = append(r.facts.Parts, result.DrillPart{Name: name, Seconds: took.Seconds(), Bytes: bytes})
}

// note counts what a tool wrote.
func (r *round) note(report backup.Report) {
	saw := r.saw[ClaimCopy]
	saw.Add("stderr_errors", float64(len(report.Errors)))
	for _, line := range append(report.Errors, report.Warnings...) {
		saw.See("%s: %s", report.Tool, line)
	}
}

// broke tells a tool that failed from a drill that could not be carried out.
func (r *round) broke(report backup.Report, err error) error {
	if !backup.Broke(err) {
		return err
	}
	r.saw[ClaimCopy].Add("tools_failed", 1)
	line, _, _ := strings.Cut(err.Error(), "\n")
	r.saw[ClaimCopy].See("%s: %s", report.Tool, line)
	return errBroke
}

// heard is what a tool is and how it fared, in a line.
func heard(report backup.Report, err error) string {
	said := report.Version + ", " + report.Where
	if report.Way != "" {
		said += "; " + report.Way
	}
	if n := len(report.Errors) + len(report.Warnings); n > 0 {
		said += fmt.Sprintf("; %d errors, %d warnings", len(report.Errors), len(report.Warnings))
	}
	if err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n")
		said += "; " + line
	}
	return said
}

// keep adds the round to the facts, and its observations.
func (r *round) keep(ctx context.Context, err error) {
	r.from.rounds++
	if ctx.Err() != nil {
		err = fmt.Errorf("interrupted: %w", context.Cause(ctx))
	}
	if r.main != nil {
		r.facts.Dumps = r.main.facts
	}
	for _, other := range r.others {
		r.facts.Others = append(r.facts.Others, other.facts)
	}
	d := r.drill.facts
	d.Drill.Rounds = append(d.Drill.Rounds, r.facts)
	for _, claim := range []string{ClaimCopy, ClaimAcross, ClaimLedger, ClaimServe, ClaimEvery, ClaimLive} {
		if saw := r.saw[claim]; (claim != ClaimEvery || r.plan.Every > 0) && (claim != ClaimLive || r.plan.Own != nil) {
			saw.Seconds = time.Since(saw.Began).Seconds()
			if claim != ClaimCopy || !errors.Is(err, errBroke) {
				saw.Stop(err)
			}
			d.Observations = append(d.Observations, *saw)
		}
	}
}
