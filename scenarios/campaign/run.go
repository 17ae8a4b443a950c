package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/auth"
	"tristore/scenarios/collections"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
	"tristore/scenarios/measure"
	"tristore/scenarios/road"
	"tristore/scenarios/witness"
)

// Run carries a plan out. The facts are never nil; an error is in them as well, and wraps
// cluster.ErrUnreachable when the user can mend it. An external cluster is written to
// only when it bears a sandbox marker. What was started is gone when Run returns.
func Run(ctx context.Context, plan Plan, address cluster.External) (*result.Run, error) {
	facts := Facts(plan)
	err := road.Follow(ctx, facts, func(ctx context.Context, ends *road.Ends) error {
		if err := plan.Check(); err != nil {
			return err
		}
		plan.Say(road.Progress{Current: "starting " + plan.Engine.Title()})
		started, err := plan.start(ctx, address)
		if err != nil {
			return err
		}
		ends.Add(started.Close)
		road.Met(started.Cluster, facts)
		deployed, err := started.Host.Deploy(ctx)
		if err != nil {
			return err
		}
		ends.Add(deployed.Close)
		work, err := plan.fill(ctx, deployed)
		if err != nil {
			return err
		}
		return plan.offer(ctx, work, facts)
	})
	return facts, err
}

// Facts are what is known of a run before it began.
func Facts(plan Plan) *result.Run {
	facts := plan.Facts()
	facts.Seed, facts.Load = plan.Seed, plan.Load(plan.Workload, plan.Engine)
	facts.Load.Rate, facts.Load.Cold, facts.Load.Pipelined = plan.mean(), plan.Cold, plan.Pipeline
	if plan.Closed {
		facts.Load.ClosedWorkers = plan.Workers
	}
	return facts
}

// start starts the cluster and migrates it, with the data set in it where it is kept.
func (p Plan) start(ctx context.Context, address cluster.External) (dataset.Started, error) {
	spec := p.Spec(cluster.Strict, address)
	if p.kept() {
		set := p.set()
		return dataset.Start(ctx, spec, set, func(*dataset.Loading) { p.Say(road.Progress{Current: loadingWords(set)}) })
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

// work is a workload over a loaded data set.
type work struct {
	step load.Step
	rows func(context.Context) (int64, error) // there by now; nil where the workload adds next to none
	// operations is what the step tells of.
	operations *load.Operations
}

// fill loads the data set of the workload, unless it is there, and gives what asks for it.
func (p Plan) fill(ctx context.Context, into *deployment.Deployment) (w work, err error) {
	if !p.kept() {
		p.Say(road.Progress{Current: loadingWords(p.set())})
		if err := dataset.NewLoading(p.set(), into, 1).Run(ctx); err != nil {
			return w, err
		}
	}
	if p.Cold { // what was loaded went over connections of its own
		if err := into.Reopen(ctx); err != nil {
			return w, err
		}
	}
	if p.Workload == collections.Name {
		told := &load.Operations{Stores: collections.Stores(), Would: collections.Would}
		asking := collections.New(into.Collections, collections.Options{Data: p.collections(), Mix: collections.Mix(p.Mix), Keys: p.Keys, Window: 1, BulkRows: p.BulkRows, SumsOnly: collections.SumsOnly(p.Engine), Operations: told})
		return work{asking.Step, asking.Rows, told}, nil
	}
	if p.Pipeline {
		if err := auth.Pipelines(into.Users, into.Permissions); err != nil {
			return w, fmt.Errorf("%w: --pipeline: %w", cluster.ErrUnreachable, err)
		}
	}
	told := &load.Operations{Stores: auth.Stores()}
	options := auth.Options{Data: p.identity(), Profile: p.Profile, Mix: auth.Mix(p.Mix), Keys: p.Keys, Window: 1, Expires: time.Now().Add(visitorLife), Pipeline: p.Pipeline, Operations: told}
	asking := auth.New(into.Users, into.Permissions, options)
	told.Would = asking.Would
	return work{step: asking.Step, operations: told}, nil
}

// visitorLife is the platform's default for anonymous visitors.
const visitorLife = 30 * 24 * time.Hour

// offer offers the load and keeps its window, also one that was cut short.
func (p Plan) offer(ctx context.Context, work work, facts *result.Run) error {
	saw := result.Observation{Claim: p.Workload, Engine: p.Engine.String(), Began: facts.Began}
	work.count(ctx, &saw, "rows_before")
	return p.Offer(ctx, facts, road.Offering{Callers: p.Workers, Twice: "rate", NoOp: p.noOp, Window: func(ctx context.Context, proof *result.Proof) error {
		warm := &steady{least: p.Warm, tick: p.tick()}
		live := measure.NewLive()
		stop := p.watch(live, &warm.ended)
		window, err := p.loop(ctx, work, warm, live)
		stop()
		proof.WarmSeconds, proof.Steady = window.Warmed.Seconds(), window.Steady
		window.Engine, window.Workload, window.Window = p.Engine.String(), p.Workload, p.label()
		facts.Measurements = append(facts.Measurements, window.Measurement)
		saw.Seconds = window.Seconds
		window.Report(&saw)
		work.count(ctx, &saw, "rows_after")
		facts.Observations = append(facts.Observations, saw)
		return err
	}})
}

// count notes how many rows there are: the set grows while it is asked. What cannot be
// counted is no fact, and no end of the run.
func (w work) count(ctx context.Context, saw *result.Observation, fact string) {
	if w.rows == nil || ctx.Err() != nil {
		return
	}
	n, err := w.rows(ctx)
	if err != nil {
		saw.See("%s is not known: %s", fact, err.Error())
		return
	}
	saw.Set(fact, float64(n))
}

// noOp offers twice the planned rate to an endpoint that answers at once.
func (p Plan) noOp(ctx context.Context, echo *witness.Echo) (result.Measurement, error) {
	if p.Closed {
		return p.closedNoOp(ctx, echo)
	}
	twice := p
	twice.Rate, twice.Pace = min(2*p.fastest(), fastestProof), Constant
	if p.Pace == Poisson {
		twice.Pace = Poisson
	}
	open := load.Open{Pacer: twice.pacer(), Workers: p.Workers, Warm: road.ProofWindow / 4, Measure: max(road.ProofWindow, p.tick()), Drain: road.ProofWindow}
	window, err := open.Run(ctx, func(_ context.Context, worker int, _ int64) store.Outcome { return road.Asked(echo, worker) })
	window.Window = fmt.Sprintf("%g/s for %s", twice.Rate, open.Measure)
	return window.Measurement, err
}

// fastestProof is the fastest rate that a pacer takes.
const fastestProof = 1_000_000

// label says what the window was, for a reader.
func (p Plan) label() string {
	what := p.Mix
	if p.Workload == auth.Name {
		what = string(p.Profile) + " " + p.Mix
	}
	if p.Pipeline {
		what += ", reads sent together"
	}
	return fmt.Sprintf("%s, %s, %s for %s", p.Workload, what, p.pace(), p.Measure)
}
