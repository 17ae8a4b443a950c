package drill

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/dataset"
	"tristore/scenarios/road"
)

// source is the filled cluster that is lost.
type source struct {
	dataset.Started
	asked    int64
	set      dataset.Whole
	deployed *deployment.Deployment
	rounds   int                        // that were drilled on it
	own      map[store.Name]ownDatabase // somebody's, only read; then the fields above but the cluster are empty
}

// Close drops the stores and ends the cluster.
func (s *source) Close(ctx context.Context) error {
	if s.own != nil {
		return s.Cluster.Close(ctx)
	}
	return errors.Join(s.deployed.Close(ctx), s.Started.Close(ctx))
}

// at is where one store's database is dumped.
func (s *source) at(name store.Name) drivers.Target {
	if s.own != nil {
		return s.own[name].at
	}
	return s.deployed.AdminTarget(name)
}

func (s *source) identity() dataset.Identity { return s.set.Of }

// What a message, and a user with what belongs to one, take on disk with their indexes, in
// bytes; measured, so that an asked size is met roughly. What it came to is recorded.
const (
	onePostgresMessage = 2300
	onePostgresUser    = 9000
	oneMongoMessage    = 1900
	oneMongoUser       = 9000
)

// SetFor is a data set of about so many bytes on disk: mostly messages, as on a platform
// at work, and one user for each 128 KiB.
func SetFor(engine drivers.Engine, seed uint64, size int64) dataset.Whole {
	of, inside := dataset.Small(), dataset.SmallCollections()
	message, user := int64(oneMongoMessage), int64(oneMongoUser)
	if engine.Family() == drivers.FamilyPostgres {
		of.Users = int(min(20_000, max(100, size>>17)))
		of.Workspaces = max(20, of.Users/6)
		inside.Workspaces, message, user = 16, onePostgresMessage, onePostgresUser
	}
	inside.HugeFactor, inside.MessagesPerConversation, inside.MessageBytes = 4, 8, 1000
	conversations := int64(inside.Workspaces - 1 + inside.HugeFactor)
	left := size - int64(of.Users)*user
	inside.Conversations = int(max(2, left/(conversations*int64(inside.MessagesPerConversation)*message)))
	return dataset.Whole{Collections: dataset.Collections{Of: dataset.Identity{Seed: seed, Sizes: of}, Sizes: inside}}
}

// connections load a data set.
const connections = 4

// fill starts the cluster that is to be lost and loads it, unless a filled one is kept.
func (d *drill) fill(ctx context.Context, size int64) (s *source, err error) {
	s = &source{asked: size, set: SetFor(d.plan.Engine, d.plan.Seed, size)}
	spec := d.spec("source")
	kept := d.plan.Keep && cluster.CanSeed(spec.Engine, spec.Reach)
	rows := dataset.Total(s.set)
	loading := fmt.Sprintf("loading %d rows", rows)
	d.meter.tell(0, "starting "+d.plan.Engine.Title())
	step := result.Step{What: fmt.Sprintf("start %s and fill it with about %s", d.plan.Engine.Title(), Bytes(size))}
	began := time.Now()
	if kept {
		s.Started, err = dataset.Start(ctx, spec, s.set, func(*dataset.Loading) { d.meter.tell(0, loading) })
	} else if s.Cluster, err = cluster.Start(ctx, spec); err == nil {
		if s.Host, err = deployment.Prepare(ctx, s.Cluster, deployment.Options{}); err != nil {
			err = errors.Join(err, s.Cluster.Close(context.WithoutCancel(ctx)))
		}
	}
	if err != nil {
		return nil, err
	}
	road.Met(s.Cluster, d.facts)
	if s.deployed, err = s.Host.Deploy(ctx); err != nil {
		return nil, errors.Join(err, s.Started.Close(context.WithoutCancel(ctx)))
	}
	if !kept {
		d.meter.tell(0, loading)
		if err := dataset.NewLoading(s.set, s.deployed, connections).Run(ctx); err != nil {
			return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
		}
	}
	if step.Bytes, err = s.size(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	step.Seconds, step.Said = time.Since(began).Seconds(), fmt.Sprintf("%d rows, seed %d", rows, d.plan.Seed)
	d.facts.Steps = append(d.facts.Steps, step)
	return s, nil
}

// spec asks for one of the drill's clusters.
func (d *drill) spec(folder string) cluster.Spec {
	spec := d.plan.Spec(d.durability, d.address)
	spec.Dir = filepath.Join(spec.Dir, fmt.Sprintf("%s-%d", folder, len(d.facts.Steps)))
	return spec
}

// size is what the three databases take on disk.
func (s *source) size(ctx context.Context) (all int64, err error) {
	for _, name := range store.Names() {
		one, err := deployment.Size(ctx, s.at(name))
		if err != nil {
			return 0, err
		}
		all += one
	}
	return all, nil
}

// Bytes is a size in as few letters as tell it.
func Bytes(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	value, at := float64(n), 0
	for value >= 1024 && at < len(units)-1 {
		value, at = value/1024, at+1
	}
	return fmt.Sprintf("%.4g %s", value, units[at])
}
