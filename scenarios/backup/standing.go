package backup

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
)

// standing is a filled cluster of a check's own and its base backup.
type standing struct {
	on     scenarios.Stage
	saw    *result.Observation
	folder string // of ours
	source *cluster.Cluster
	host   *deployment.Host
	stores *deployment.Deployment
	base   backup.Archive
}

// start starts and fills the cluster. The caller must drop it, also when there is an error.
func (s *standing) start(ctx context.Context, shape func(*cluster.Spec)) (err error) {
	if s.folder, err = os.MkdirTemp(s.on.Dir, "base-"); err != nil {
		return fmt.Errorf("making a folder for the base backup: %w", err)
	}
	if s.source, err = s.on.Start(ctx, "source", shape); err != nil {
		return err
	}
	if s.host, err = deployment.Prepare(ctx, s.source, deployment.Options{}); err != nil {
		return err
	}
	if s.stores, err = s.host.Deploy(ctx); err != nil {
		return err
	}
	return dataset.Identity{Seed: s.on.Seed, Sizes: dataset.Small()}.LoadInto(ctx, s.stores)
}

// copy takes the base backup while the cluster runs.
func (s *standing) copy(ctx context.Context) (err error) {
	var report backup.Report
	s.base, report, err = backup.Base(ctx, s.source, s.folder)
	s.saw.Add("base_s", report.Seconds)
	s.saw.Add("base_bytes", float64(report.Bytes))
	if err != nil && backup.Broke(err) {
		s.saw.Add("tools_failed", 1)
		s.saw.See("%s", firstLine(err.Error()))
		return errToolFailed
	}
	s.saw.See("a base backup of %d bytes by %s, %s", s.base.Bytes, report.Version, report.Where)
	return err
}

// fingerprints are of the three stores, by the order of store.Names.
func (s *standing) fingerprints(ctx context.Context) (all []store.Fingerprint, err error) {
	for _, name := range store.Names() {
		one, err := deployment.Fingerprint(ctx, s.stores.AdminTarget(name))
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (s *standing) drop(ctx context.Context) error {
	all := []error{s.end(ctx)}
	if s.folder != "" {
		all = append(all, os.RemoveAll(s.folder))
	}
	return errors.Join(all...)
}

// end ends the cluster; it may be called again.
func (s *standing) end(ctx context.Context) error {
	var all []error
	if s.stores != nil {
		all = append(all, s.stores.Close(ctx))
	}
	if s.host != nil {
		all = append(all, s.host.Close(ctx))
	}
	if s.source != nil {
		all = append(all, s.source.Close(ctx))
	}
	return errors.Join(all...)
}
