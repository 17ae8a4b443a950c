package availability

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/faults"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
)

// How long one question may take, how many ask for bindings at once while none can be
// had, and how long the return of an answer is waited for.
const (
	patience = time.Second
	askers   = 8
	recovery = 30 * time.Second
)

// apart is a split deployment with a wire before the collections.
type apart struct {
	deployed    *deployment.Deployment
	wire        *faults.Wire
	identity    dataset.Identity
	collections dataset.Collections
	ends        []func(context.Context) error
}

// split places users and permissions on the stage's host, and collections behind a wire on
// a cluster of their own.
func split(ctx context.Context, on scenarios.Stage) (*apart, error) {
	a, behind, err := wired(ctx, on)
	if err == nil {
		err = a.open(ctx, on.Host, behind)
	}
	if err != nil {
		return nil, errors.Join(err, a.Close(context.WithoutCancel(ctx)))
	}
	return a, nil
}

// wired starts another cluster, with a wire before it. It is to be closed also beside an error.
func wired(ctx context.Context, on scenarios.Stage) (a *apart, behind *deployment.Host, err error) {
	a = &apart{identity: dataset.Identity{Seed: on.Seed, Sizes: dataset.Small()}}
	a.collections = dataset.Collections{Of: a.identity, Sizes: dataset.SmallCollections()}
	second, err := on.Start(ctx, "collections", func(*cluster.Spec) {})
	if err != nil {
		return a, nil, err
	}
	a.ends = append(a.ends, second.Close)
	if a.wire, err = faults.NewWire(second.Admin.URL.HostPort()); err != nil {
		return a, nil, err
	}
	a.ends = append(a.ends, func(context.Context) error { a.wire.Close(); return nil })
	if behind, err = deployment.Prepare(ctx, second, deployment.Options{}); err != nil {
		return a, nil, err
	}
	a.ends = append(a.ends, behind.Close)
	// Only now, so that the administrator's own sessions do not go over the wire.
	second.Admin.URL = a.wire.Through(second.Admin.URL)
	return a, behind, nil
}

// open deploys on two hosts and fills both.
func (a *apart) open(ctx context.Context, identity, collections *deployment.Host) (err error) {
	if a.deployed, err = deployment.DeploySplit(ctx, identity, collections); err != nil {
		return err
	}
	a.ends = append(a.ends, a.deployed.Close)
	if err := a.identity.LoadInto(ctx, a.deployed); err != nil {
		return err
	}
	return a.collections.LoadInto(ctx, a.deployed)
}

// Close heals the wire, over which databases are dropped, and ends everything.
func (a *apart) Close(ctx context.Context) error {
	var all []error
	if a.wire != nil {
		all = append(all, a.wire.Heal(ctx))
	}
	for i := len(a.ends) - 1; i >= 0; i-- {
		all = append(all, a.ends[i](ctx))
	}
	a.ends = nil
	return errors.Join(all...)
}

// way is how the collections go away.
type way struct {
	name string
	away func() error
}

func (a *apart) ways() []way {
	return []way{{"cut", func() error { a.wire.Cut(); return nil }}, {"silenced", a.wire.Silence}}
}

// during takes the collections away in every way, lets do look what works meanwhile while
// others ask for bindings in vain, and gives them back.
//
// Facts: injections = 2; asked_away: at least 2, for a binding; answered_away = 0; recovered = 2.
func (a *apart) during(ctx context.Context, saw *result.Observation, do func(way string)) error {
	for _, fact := range []string{"injections", "answered_away", "asked_away", "recovered"} {
		saw.Set(fact, 0)
	}
	for _, w := range a.ways() {
		if err := w.away(); err != nil {
			return err
		}
		saw.Add("injections", 1)
		end := a.askInVain(ctx, saw, w.name)
		do(w.name)
		end()
		if err := a.wire.Heal(ctx); err != nil {
			return err
		}
		began := time.Now()
		if err := a.answersAgain(ctx); err != nil {
			saw.See("after it was %s: %v", w.name, err)
			continue
		}
		saw.Add("recovered", 1)
		saw.See("after it was %s, bindings were answered again within %.1f s", w.name, time.Since(began).Seconds())
	}
	return ctx.Err()
}

// binding is one that the data set holds.
func (a *apart) binding() store.BindingKey { return a.collections.BindingKey(0, 0, 0) }

// ask asks for it within patience.
func (a *apart) ask(ctx context.Context) store.Outcome {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, outcome := a.deployed.Collections.BindingOf(ctx, a.binding())
	return outcome
}

// askInVain keeps askers waiting for a binding until it is ended; each asks at least once.
// What they saw is written down at the end, by who ends it.
func (a *apart) askInVain(ctx context.Context, saw *result.Observation, way string) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	var asked, answered atomic.Int64
	for range askers {
		asking.Go(func() {
			pause := time.NewTicker(20 * time.Millisecond)
			defer pause.Stop()
			for {
				outcome := a.ask(context.WithoutCancel(ctx))
				asked.Add(1)
				// That there is no such binding is an answer too, and a wrong one.
				if outcome.OK() || outcome.Is(store.NotFound) {
					answered.Add(1)
				}
				select {
				case <-pause.C:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	return func() {
		cancel()
		asking.Wait()
		saw.Add("asked_away", float64(asked.Load()))
		saw.Add("answered_away", float64(answered.Load()))
		saw.See("while it was %s, %d asked for a binding and %d were answered", way, asked.Load(), answered.Load())
	}
}

// answersAgain waits until the binding is answered as it was.
func (a *apart) answersAgain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, recovery)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		outcome := a.ask(ctx)
		if outcome.OK() {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("no binding was answered within %s: %s", recovery, outcome)
		}
	}
}

// notOurs says why an external cluster is not asked.
func notOurs(on scenarios.Stage) (probe string) {
	if on.Spec.Reach == drivers.External {
		return "the cluster is not ours: a second one like it cannot be started here"
	}
	return ""
}
