package capacity

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity/boundary"
	"tristore/scenarios/road"
)

// Judging is what the measuring of remedies asks of those who know rules: each is a pure
// function of facts but Try, which makes them.
type Judging struct {
	// Try tries the claims that a remedy must not break, on a cluster with the remedy on.
	Try func(ctx context.Context, on scenarios.Stage, engine string) []result.Observation
	// Refuses says which of them was not kept; empty when all were.
	Refuses func(tried []result.Observation) string
	// Next is what to try next of the remedies that are asked for, nil when nothing is left.
	Next func(split *result.Split, asked []string, over func(result.Remedy) bool) []string
}

// remedyBlock numbers the windows of remedies apart from those of the searches before.
const remedyBlock = 10 * searchBlock

// remedies tries what was asked for, one remedy or combination after the other, until none is
// left or the time is. One that could not be measured is a fact like another, and the rest go on.
func (r *rig) remedies(ctx context.Context, plan Plan, split *result.Split, ends time.Time) error {
	if len(plan.Search.Remedies) == 0 || plan.Judge == nil {
		return nil
	}
	begun := map[string]bool{} // each at most once in a run, so that the loop ends
	done := func(r result.Remedy) bool { return begun[r.Name()] || RemedyOver(r) }
	for {
		names := plan.Judge.Next(split, plan.Search.Remedies, done)
		key := strings.Join(names, "+")
		if names == nil || begun[key] || !time.Now().Before(ends) {
			return nil
		}
		begun[key] = true
		left := remediesLeft(split, plan.Search.Remedies, done)
		if len(names) == 1 {
			left++ // itself
		}
		at := slices.IndexFunc(split.Remedies, func(r result.Remedy) bool { return slices.Equal(r.Names, names) })
		if at < 0 {
			at = len(split.Remedies)
			split.Remedies = append(split.Remedies, result.Remedy{Names: names})
		}
		one := &trying{rig: r, plan: plan, split: split, at: at, ends: time.Now().Add(time.Until(ends) / time.Duration(max(1, left)))}
		if err := one.run(ctx); err != nil {
			one.into().Trouble = err.Error()
			if ctx.Err() != nil {
				return fmt.Errorf("trying remedy %s: %w", key, err)
			}
			plan.log().Warn("a remedy could not be tried", "remedy", key, "error", err)
		}
		if err := plan.kept(split); err != nil {
			return err
		}
	}
}

// remediesLeft is among how many the time that is left is to be shared: those that are asked
// for and not done, and where there are several the combination of the best.
func remediesLeft(split *result.Split, asked []string, done func(result.Remedy) bool) (n int) {
	for _, name := range asked {
		at := slices.IndexFunc(split.Remedies, func(r result.Remedy) bool { return r.Name() == name })
		if at < 0 && !done(result.Remedy{Names: []string{name}}) || at >= 0 && !done(split.Remedies[at]) {
			n++
		}
	}
	if len(asked) > 1 {
		n++
	}
	return n
}

// RemedyOver tells of a remedy whether nothing more is to be tried of it.
func RemedyOver(r result.Remedy) bool {
	switch {
	case r.Absent != "" || r.Refused != "":
		return true
	case r.Boundary == nil || r.Baseline == nil:
		return false
	default:
		return !unfinished(r.Boundary) && !unfinished(r.Baseline)
	}
}

// trying is one remedy under way.
type trying struct {
	rig   *rig
	plan  Plan
	split *result.Split
	at    int
	ends  time.Time
}

func (t *trying) into() *result.Remedy { return &t.split.Remedies[t.at] }

// run makes the remedy, tries the claims on it, and searches its boundary in turns with that
// of the cluster as it is. What it started is gone when it returns.
func (t *trying) run(ctx context.Context) (err error) {
	into := t.into()
	into.Trouble = ""
	if t.plan.Made != nil && t.plan.Made.Free > 0 {
		into.Absent = "the connections at rest that were built in are not made beside a remedy"
		return nil
	}
	s, absent := t.plan.shaped(into.Names)
	if into.Absent = absent; absent != "" {
		return nil
	}
	into.Change, into.Rule = s.words(t.plan), strings.Join(s.rules, "; ")
	name := into.Name()
	t.plan.Say(road.Progress{Current: "making remedy " + name})
	var ends road.Ends
	defer func() { err = errors.Join(err, ends.Close(context.WithoutCancel(ctx))) }()
	made, err := t.make(ctx, s, &ends)
	if err != nil {
		return err
	}
	into.InForce = inForce(made.host)
	if !into.Conforms {
		t.plan.Say(road.Progress{Current: "trying the claims with " + name})
		on := scenarios.Stage{Engine: t.plan.Engine, Host: made.blank, Spec: made.spec, Seed: t.plan.Seed, Depth: scenarios.Smoke, Dir: made.spec.Dir}
		into.Tried = t.plan.Judge.Try(ctx, on, t.plan.Engine.String()+" with "+name)
		if ctx.Err() != nil {
			into.Tried = nil // they say nothing of the remedy
			return ctx.Err()
		}
		into.Refused = t.plan.Judge.Refuses(into.Tried)
		into.Conforms = into.Refused == ""
		if err := t.plan.kept(t.split); err != nil || !into.Conforms {
			return err
		}
	}
	return t.search(ctx, s, made, &ends)
}

// made is a remedied cluster: blank for the claims, which begin with empty stores, and host for
// the windows, whose deployments have the data from their start where full is true.
type made struct {
	blank, host *deployment.Host
	full        bool
	spec        cluster.Spec
}

// make starts a cluster where the remedy needs one, and prepares it.
func (t *trying) make(ctx context.Context, s *shape, ends *road.Ends) (m made, err error) {
	on := t.rig.whole.Cluster
	m.spec = t.plan.Spec(cluster.Strict, cluster.External{})
	m.spec.Limits, m.spec.Settings = s.limits, s.settings
	m.spec.Dir = filepath.Join(t.plan.Dir, fmt.Sprintf("remedy-%d", t.at+1))
	if s.own {
		if m.host, err = t.plan.Host(ctx, m.spec, t.rig.data, ends); err != nil {
			return m, err
		}
		on, m.full = m.host.Cluster, t.plan.keeps()
	}
	if m.blank = m.host; m.host == nil || m.full {
		if m.blank, err = deployment.Prepare(ctx, on, deployment.Options{PoolMax: drivers.DefaultPoolMax}); err != nil {
			return m, err
		}
		ends.Add(m.blank.Close)
	}
	if m.host == nil {
		m.host = m.blank
	}
	m.blank.CapPools(s.pools)
	m.host.CapPools(s.pools)
	return m, nil
}

// search searches both boundaries in turns, on data that is new on both sides. Where only
// one of them was finished before an interruption, both begin anew: what was measured apart in time
// is no comparison.
func (t *trying) search(ctx context.Context, shaped *shape, m made, ends *road.Ends) error {
	into := t.into()
	if into.Baseline == nil || into.Boundary == nil || unfinished(into.Baseline) != unfinished(into.Boundary) {
		into.Baseline, into.Boundary = t.plan.Search.boundary(), t.plan.Search.boundary()
	}
	var all []boundary.One
	var searches []*searching
	start := 1.0
	if b := t.split.Boundary; b != nil && b.Low > 0 {
		start = b.Low
	}
	for side, one := range []struct {
		of   string
		host made
		into *result.Boundary
	}{{"as it is", made{host: t.rig.whole, full: t.plan.keeps()}, into.Baseline}, {"with " + into.Name(), m, into.Boundary}} {
		t.plan.Say(road.Progress{Current: "loading the data, " + one.of})
		on, err := t.rig.filled(ctx, one.host)
		if err != nil {
			return err
		}
		ends.Add(on.Close)
		if side == 0 || !shaped.indexes {
			if err := t.plan.Made.Into(ctx, on); err != nil {
				return err
			}
		}
		s := &searching{plan: t.plan, on: on, data: t.rig.data, of: one.of, first: remedyBlock + (2*t.at+side)*searchBlock, turns: 2, start: start,
			into: one.into, ends: t.ends, save: func() error { return t.plan.kept(t.split) }}
		searches = append(searches, s)
	}
	if shaped.indexes {
		if err := t.indexes(ctx, searches[1].on, searches[0].on); err != nil || into.Absent != "" {
			return err
		}
	}
	for _, s := range searches {
		state, err := s.state()
		if err != nil {
			return err
		}
		all = append(all, boundary.One{Probe: s.probe, State: state})
	}
	began := time.Now()
	var errs []error
	for i, found := range boundary.InTurns(ctx, all...) {
		searches[i].conclude(found)
		searches[i].into.Seconds += time.Since(began).Seconds()
		errs = append(errs, found.Err)
	}
	return errors.Join(errs...)
}

// indexes says which indexes the remedied side has and the other lacks; where it lacks none
// there is no such remedy.
func (t *trying) indexes(ctx context.Context, with, without *deployment.Deployment) error {
	should, err := indexNames(ctx, with)
	if err != nil {
		return err
	}
	are, err := indexNames(ctx, without)
	if err != nil {
		return err
	}
	into := t.into()
	missing := slices.DeleteFunc(should, func(name string) bool { return slices.Contains(are, name) })
	switch {
	case len(missing) > 0:
		into.Change = strings.TrimPrefix(into.Change+fmt.Sprintf(", %d indexes made that are declared and were missing, such as on %s", len(missing), missing[0]), ", ")
	case len(into.Names) == 1:
		into.Absent, into.Baseline, into.Boundary = "every index that the stores declare is there", nil, nil
	}
	return nil
}

// indexNames are the valid indexes of a deployment, by store, table and columns.
func indexNames(ctx context.Context, on *deployment.Deployment) (all []string, err error) {
	for _, name := range store.Names() {
		found, err := deployment.Indexes(ctx, on.AdminTarget(name))
		if err != nil {
			return nil, err
		}
		for _, index := range found {
			if index.Valid {
				all = append(all, index.Table+" ("+strings.Join(index.Fields, ", ")+")")
			}
		}
	}
	return all, nil
}

// filled is a deployment with the rig's data, as new.
func (r *rig) filled(ctx context.Context, m made) (*deployment.Deployment, error) {
	on, err := m.host.Deploy(ctx)
	if err != nil || m.full {
		return on, err
	}
	if err = r.data.Of.LoadInto(ctx, on); err == nil {
		err = r.data.LoadInto(ctx, on)
	}
	if err == nil {
		err = Settle(ctx, on)
	}
	if err != nil {
		return nil, errors.Join(err, on.Close(context.WithoutCancel(ctx)))
	}
	return on, nil
}

// inForce are the settings and limits of a server by which a reader knows what was compared.
func inForce(host *deployment.Host) string {
	var said []string
	for _, setting := range slices.Sorted(maps.Keys(host.Cluster.InForce)) {
		_, asked := host.Cluster.Asked[setting]
		if strings.HasPrefix(setting, "limit.") || slices.Contains(telling(), setting) || asked && slices.Contains(remediedSettings(), setting) {
			said = append(said, setting+"="+host.Cluster.InForce[setting])
		}
	}
	return strings.Join(said, ", ")
}

func remediedSettings() []string {
	return []string{"effective_cache_size", "checkpoint_timeout", "checkpoint_completion_target", "wal_compression", "wal_buffers"}
}
