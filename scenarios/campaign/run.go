package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/reports/result"
	"tristore/scenarios/auth"
	"tristore/scenarios/collections"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
	"tristore/scenarios/measure"
	"tristore/scenarios/witness"
)

// Run carries a plan out. The facts are never nil; an error is in them as well, and wraps
// cluster.ErrUnreachable when the user can mend it. An external cluster is written to
// only when it bears a sandbox marker. What was started is gone when Run returns.
func Run(ctx context.Context, plan Plan, address cluster.External) (*result.Run, error) {
	facts := Facts(plan)
	err := plan.Check()
	if err == nil {
		err = carryOut(ctx, plan, address, facts)
	}
	facts.Ended = time.Now().UTC()
	facts.Engines[0].Seconds = facts.Ended.Sub(facts.Began).Seconds()
	if err != nil {
		facts.Load.Trouble = err.Error()
	}
	return facts, err
}

// Facts are what is known of a run before it began.
func Facts(plan Plan) *result.Run {
	support := plan.Engine.Support()
	return &result.Run{
		Schema: result.Schema, ID: plan.RunID, Seed: plan.Seed, Began: time.Now().UTC(),
		Engines: []result.Engine{{Engine: plan.Engine.String(), Title: plan.Engine.Title(), Reach: string(plan.Reach), Why: plan.Why,
			StandIn: support.StandIn, Warning: support.Warning(time.Now())}},
		Environment: result.Environment{Asked: map[string]map[string]string{}, InForce: map[string]map[string]string{}},
		Load: &result.Load{Workload: plan.Workload, Engine: plan.Engine.String(), Rate: plan.mean(), Promises: plan.Promises,
			Confidence: plan.Confidence, MaxFailed: plan.MaxFailed, MinReached: plan.MinReached, Cold: plan.Cold},
	}
}

// carryOut is the road of a load run: cluster, stores, data, load.
func carryOut(ctx context.Context, plan Plan, address cluster.External, facts *result.Run) (err error) {
	var ends []func(context.Context) error
	defer func() {
		for i := len(ends) - 1; i >= 0; i-- {
			err = errors.Join(err, ends[i](context.WithoutCancel(ctx)))
		}
	}()
	plan.tell(Progress{Current: "starting " + plan.Engine.Title()})
	started, err := plan.start(ctx, address)
	if err != nil {
		return err
	}
	ends = append(ends, started.Close)
	on, engine := started.Cluster, &facts.Engines[0]
	engine.Version, engine.ReadySeconds = on.Version, on.Ready.Seconds()
	facts.Environment.Asked[engine.Engine], facts.Environment.InForce[engine.Engine] = on.Asked, on.InForce
	deployed, err := started.Host.Deploy(ctx)
	if err != nil {
		return err
	}
	ends = append(ends, deployed.Close)
	step, err := plan.fill(ctx, deployed)
	if err != nil {
		return err
	}
	return plan.offer(ctx, step, facts)
}

// start starts the cluster and migrates it, with the data set in it where it is kept.
func (p Plan) start(ctx context.Context, address cluster.External) (dataset.Started, error) {
	spec := cluster.Spec{
		Engine: p.Engine, Reach: p.Reach, Durability: cluster.Strict, Images: p.Images, Address: address,
		Dir: p.Dir, Cache: p.Cache, RunID: p.RunID, Log: p.Log,
	}
	if p.kept() {
		set := p.set()
		return dataset.Start(ctx, spec, set, func(*dataset.Loading) { p.tell(Progress{Current: loadingWords(set)}) })
	}
	on, err := cluster.Start(ctx, spec)
	if err != nil {
		return dataset.Started{}, err
	}
	host, err := deployment.Prepare(ctx, on, deployment.Options{})
	if err != nil {
		return dataset.Started{}, errors.Join(err, on.Close(context.WithoutCancel(ctx)))
	}
	return dataset.Started{Cluster: on, Host: host}, nil
}

// kept tells whether the cluster begins with the data set.
func (p Plan) kept() bool { return p.Keep && cluster.CanSeed(p.Engine, p.Reach) }

func loadingWords(set dataset.Set) string { return fmt.Sprintf("loading %d rows", dataset.Total(set)) }

// set is the data set of the workload.
func (p Plan) set() dataset.Set {
	if p.Workload == collections.Name {
		return p.collections()
	}
	return p.identity()
}

func (p Plan) identity() dataset.Identity { return dataset.Identity{Seed: p.Seed, Sizes: p.Identity} }

func (p Plan) collections() dataset.Collections {
	return dataset.Collections{Of: p.identity(), Sizes: p.Collections}
}

// fill loads the data set of the workload, unless it is there, and gives the step that asks for it.
func (p Plan) fill(ctx context.Context, into *deployment.Deployment) (load.Step, error) {
	if !p.kept() {
		p.tell(Progress{Current: loadingWords(p.set())})
		if err := dataset.NewLoading(p.set(), into, 1).Run(ctx); err != nil {
			return nil, err
		}
	}
	if p.Workload == collections.Name {
		return collections.New(into.Collections, collections.Options{Data: p.collections(), Mix: collections.Mix(p.Mix), Keys: p.Keys, Window: 1, BulkRows: p.BulkRows, SumsOnly: collections.SumsOnly(p.Engine)}).Step, nil
	}
	return auth.New(into.Users, into.Permissions, auth.Options{Data: p.identity(), Profile: p.Profile, Mix: auth.Mix(p.Mix), Keys: p.Keys, Window: 1, Expires: time.Now().Add(visitorLife)}).Step, nil
}

// visitorLife is the platform's default for anonymous visitors.
const visitorLife = 30 * 24 * time.Hour

// offer offers the load and keeps its window, also one that was cut short.
func (p Plan) offer(ctx context.Context, step load.Step, facts *result.Run) (err error) {
	if p.Quiet != nil {
		done, err := p.Quiet()
		if err != nil {
			return err
		}
		defer done()
	}
	canary, err := witness.OpenCanaries(ctx, p.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, canary.Close()) }()
	if facts.Load.Proof, err = p.prove(ctx); err != nil {
		return err
	}
	proof := facts.Load.Proof
	if proof.Canaries, err = canary.Before(ctx); err != nil {
		return err
	}
	warm := &steady{least: p.Warm, tick: p.tick()}
	live := measure.NewLive()
	open := load.Open{Pacer: p.pacer(), Workers: p.Workers, Warm: p.patience(), Settled: warm.hear, Tick: warm.tick, Measure: p.Measure, Drain: p.Drain, Live: live}
	if p.Cold {
		open.Warm, open.Settled = 0, nil
		warm.ended.Store(true)
	}
	stop := p.watch(live, &warm.ended)
	window, err := open.Run(ctx, step)
	stop()
	proof.WarmSeconds, proof.Steady = window.Warmed.Seconds(), window.Steady
	window.Engine, window.Workload, window.Window = p.Engine.String(), p.Workload, p.label()
	facts.Measurements = append(facts.Measurements, window.Measurement)
	saw := result.Observation{Claim: p.Workload, Engine: p.Engine.String(), Began: facts.Began, Seconds: window.Seconds}
	window.Report(&saw)
	facts.Observations = append(facts.Observations, saw)
	if err != nil {
		return err
	}
	p.tell(Progress{Current: "asking the canaries again"})
	return canary.After(ctx, proof.Canaries)
}

// label says what the window was, for a reader.
func (p Plan) label() string {
	what := p.Mix
	if p.Workload == auth.Name {
		what = string(p.Profile) + " " + p.Mix
	}
	return fmt.Sprintf("%s, %s, %s for %s", p.Workload, what, p.rates(), p.Measure)
}
