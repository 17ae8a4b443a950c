package upgrade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"tristore/drivers/backup"
	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
)

// proof is a snapshot of all three stores that was restored and found equal. Only
// snapshot makes one, and without one no upgrade begins.
type proof struct {
	taken    time.Time
	archives map[store.Name]backup.Archive
}

// snapshot dumps the old stores while the application writes, restores each dump into an
// empty database beside the store, and compares.
//
// Rows are written all the time, so each dump is taken of a view of its store that is held
// open: what comes back must equal that view, row for row.
//
// Facts: stores = 3; unproven = 0: stores without a dump that was restored and is equal;
// rows: compared, at least 2,000; stderr_errors; snapshot_bytes, dump_s, restore_s.
func (p *passage) snapshot(ctx context.Context, saw *result.Observation) error {
	record(saw, "stores", "rows", "stderr_errors", "snapshot_bytes", "dump_s", "restore_s")
	taken := proof{taken: time.Now(), archives: map[store.Name]backup.Archive{}}
	unproven := 0
	for _, blank := range p.old.blanks {
		if p.plan.has(NoSnapshot) && blank.Store == store.UsersStore {
			unproven++
			saw.Add("stores", 1)
			saw.See("%s: there is no snapshot", blank.Store)
			continue
		}
		archive, why, err := p.provenDump(ctx, blank, saw)
		if err != nil {
			return err
		}
		saw.Add("stores", 1)
		if why != "" {
			unproven++
			saw.See("%s: %s", blank.Store, why)
			continue
		}
		taken.archives[blank.Store] = archive
	}
	saw.Set("unproven", float64(unproven))
	if unproven == 0 && len(taken.archives) == len(store.Names()) {
		p.proven = &taken
	}
	return nil
}

// provenDump takes and proves one store's snapshot; why says what speaks against it.
func (p *passage) provenDump(ctx context.Context, of *deployment.Blank, saw *result.Observation) (archive backup.Archive, why string, err error) {
	view, err := postgres.Hold(ctx, of.Admin)
	if err != nil {
		return archive, "", err
	}
	defer func() { err = errors.Join(err, view.Close(context.WithoutCancel(ctx))) }()
	on := p.old.host.Cluster
	err = p.step(fmt.Sprintf("snapshot of store %s", of.Store), func(s *result.Step) error {
		var report backup.Report
		archive, report, err = backup.DumpAs(ctx, backup.Place{Cluster: on, Database: of.Target.URL.Database()}, p.folder, backup.How{Snapshot: view.Name})
		s.Bytes, s.Said = archive.Bytes, report.Version
		p.noteTool(saw, "dump_s", report)
		return err
	})
	if err == nil {
		saw.Add("snapshot_bytes", float64(archive.Bytes))
		err = p.spoil(archive, of.Store)
	}
	if err != nil {
		return archive, brokenTool(err), otherwise(err)
	}
	copied, err := p.old.host.BlankFor(ctx, of.Store, p.old.role)
	if err != nil {
		return archive, "", err
	}
	defer func() { err = errors.Join(err, copied.Drop(context.WithoutCancel(ctx))) }()
	var got store.Fingerprint
	err = p.step(fmt.Sprintf("restore the snapshot of store %s beside it, and compare", of.Store), func(s *result.Step) error {
		s.Bytes = archive.Bytes
		report, err := backup.Restore(ctx, backup.Place{Cluster: on, Database: copied.Target.URL.Database()}, archive)
		p.noteTool(saw, "restore_s", report)
		if err != nil {
			return err
		}
		got, err = deployment.Fingerprint(ctx, copied.Admin)
		return err
	})
	if err != nil {
		return archive, brokenTool(err), otherwise(err)
	}
	promised, err := view.Fingerprint(ctx)
	if err != nil {
		return archive, "", err
	}
	for _, table := range got.Tables {
		saw.Add("rows", float64(table.Rows))
	}
	if lines := promised.Against(got).Lines(); len(lines) > 0 {
		why = fmt.Sprintf("the restored snapshot differs %d times, first: %s", len(lines), lines[0])
	}
	return archive, why, nil
}

// spoil cuts one store's dump short, where the plan asks for that.
func (p *passage) spoil(archive backup.Archive, of store.Name) error {
	if !p.plan.has(BadSnapshot) || of != store.CollectionsStore {
		return nil
	}
	if err := os.Truncate(archive.Path, archive.Bytes*6/10); err != nil {
		return fmt.Errorf("cutting the dump: %w", err)
	}
	return nil
}

// noteTool keeps what a tool reported.
func (p *passage) noteTool(saw *result.Observation, seconds string, report backup.Report) {
	saw.Add(seconds, report.Seconds)
	saw.Add("stderr_errors", float64(len(report.Errors)))
	for _, line := range report.Errors {
		saw.See("%s: %s", report.Tool, line)
	}
}

// brokenTool says what a tool complained of; empty for an error that is none of a tool's.
func brokenTool(err error) string {
	if backup.Broke(err) {
		return firstLine(err.Error())
	}
	return ""
}

// otherwise is an error that is none of a tool's.
func otherwise(err error) error {
	if backup.Broke(err) {
		return nil
	}
	return err
}

// held takes the view of every database of a side.
func held(ctx context.Context, s *side) ([]*postgres.Held, error) {
	all := make([]*postgres.Held, len(s.blanks))
	err := s.each(func(i int, blank *deployment.Blank) (err error) {
		all[i], err = postgres.Hold(ctx, blank.Admin)
		return err
	})
	return all, err
}
