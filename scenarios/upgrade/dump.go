package upgrade

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tristore/drivers/backup"
	"tristore/drivers/deployment"
	"tristore/reports/result"
)

// dumping is the method of dump and restore: everything happens while nobody writes.
type dumping struct{ *passage }

func (m *dumping) prepare(context.Context) error { return nil }

func (m *dumping) move(ctx context.Context) error {
	for i, blank := range m.old.blanks {
		archive, err := m.dump(ctx, blank, "dump store %s of the old one", backup.How{})
		if err != nil {
			return err
		}
		if err := m.restore(ctx, m.new.blanks[i], archive, "restore store %s on the new one"); err != nil {
			return err
		}
	}
	if m.plan.has(NoStatistics) {
		return nil
	}
	return m.step("gather the planner's statistics on the new one", func(*result.Step) error { return analyze(ctx, m.new) })
}

// dump writes one store of the old side into a folder of its own.
func (p *passage) dump(ctx context.Context, of *deployment.Blank, what string, how backup.How) (archive backup.Archive, err error) {
	err = p.step(fmt.Sprintf(what, of.Store), func(s *result.Step) error {
		folder, err := os.MkdirTemp(p.folder, "moved-")
		if err != nil {
			return fmt.Errorf("making a folder for a dump: %w", err)
		}
		var report backup.Report
		archive, report, err = backup.DumpAs(ctx, backup.Place{Cluster: p.old.host.Cluster, Database: of.Target.URL.Database()}, folder, how)
		s.Bytes, s.Said = archive.Bytes, report.Version
		return err
	})
	return archive, err
}

// restore reads a dump into one store of the new side.
func (p *passage) restore(ctx context.Context, into *deployment.Blank, archive backup.Archive, what string) error {
	return p.step(fmt.Sprintf(what, into.Store), func(s *result.Step) error {
		report, err := backup.Restore(ctx, backup.Place{Cluster: p.new.host.Cluster, Database: into.Target.URL.Database()}, archive)
		s.Bytes, s.Said = archive.Bytes, report.Version
		if report.Way != "" {
			s.Said += ": " + report.Way
		}
		return errors.Join(err, os.Remove(archive.Path))
	})
}

func (m *dumping) reserve(context.Context) error { return nil }

// back: the old one was only read, so that the way back is to let the application write
// to it again. What the new one acknowledged meanwhile stays behind, and is counted.
func (m *dumping) back(ctx context.Context, saw *result.Observation) error {
	return m.step("show the way back: the old one takes writes again", func(s *result.Step) error {
		stays, err := m.oldWrites(ctx, saw)
		s.Said = fmt.Sprintf("it took %.0f of 3; %d writes that the new one acknowledged would stay behind", 3-saw.Facts["back_refused"], stays)
		return err
	})
}

func (m *dumping) end(context.Context) error { return nil }
