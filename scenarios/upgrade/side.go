package upgrade

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// side is one cluster of an upgrade with the databases of the three stores.
type side struct {
	host   *deployment.Host
	role   deployment.Role // the application's, of one name on both sides
	blanks []*deployment.Blank
	// opened are the stores as the application opens them; nil until somebody does.
	opened *deployment.Deployment
}

// start starts an empty cluster. The caller must close what is returned.
func (d *drill) start(ctx context.Context, engine drivers.Engine, role string) (*side, error) {
	spec := d.plan.Spec(cluster.Strict, cluster.External{})
	spec.Engine, spec.Settings, spec.Dir = engine, settings(d.plan.By), d.logs(engine)
	running, err := cluster.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	host, err := deployment.Prepare(ctx, running, deployment.Options{})
	if err != nil {
		return nil, errors.Join(err, running.Close(context.WithoutCancel(ctx)))
	}
	s := &side{host: host, role: host.Role}
	if role != "" {
		s.role, err = host.AddRole(ctx, role)
	}
	for _, name := range store.Names() {
		if err == nil {
			var blank *deployment.Blank
			if blank, err = host.BlankFor(ctx, name, s.role); err == nil {
				s.blanks = append(s.blanks, blank)
			}
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// settings are those that a method needs on both sides.
func settings(by Method) map[string]string {
	if by != BlueGreen {
		return nil
	}
	return map[string]string{"wal_level": "logical", "max_wal_senders": "20", "max_replication_slots": "20", "max_worker_processes": "24",
		"max_logical_replication_workers": "16", "max_sync_workers_per_subscription": "3", "wal_retrieve_retry_interval": "200ms", "wal_receiver_status_interval": "1s"}
}

// open opens the stores as the application.
func (s *side) open(ctx context.Context) (err error) {
	s.opened, err = s.host.OpenOn(ctx, s.blanks)
	return err
}

// shut closes them again.
func (s *side) shut(ctx context.Context) error {
	if s.opened == nil {
		return nil
	}
	opened := s.opened
	s.opened = nil
	return opened.Close(ctx)
}

// close ends the cluster with everything on it.
func (s *side) close(ctx context.Context) error {
	all := []error{s.shut(ctx)}
	for _, blank := range s.blanks {
		all = append(all, blank.Drop(ctx))
	}
	return errors.Join(append(all, s.host.Close(ctx), s.host.Cluster.Close(ctx))...)
}

// each works on the three databases at once and returns every error.
func (s *side) each(work func(i int, blank *deployment.Blank) error) error {
	all := make([]error, len(s.blanks))
	var busy sync.WaitGroup
	for i, blank := range s.blanks {
		busy.Go(func() {
			if err := work(i, blank); err != nil {
				all[i] = fmt.Errorf("store %s: %w", blank.Store, err)
			}
		})
	}
	busy.Wait()
	return errors.Join(all...)
}

// of is the database of one store.
func (s *side) of(name store.Name) *deployment.Blank {
	for _, blank := range s.blanks {
		if blank.Store == name {
			return blank
		}
	}
	return nil
}
