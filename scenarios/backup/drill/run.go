package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tristore/drivers/cluster"
	"tristore/reports/result"
	"tristore/scenarios/road"
)

// Facts are what is known of a drill before it began.
func Facts(plan Plan) *result.Run {
	facts := plan.Facts()
	facts.Seed = plan.Seed
	facts.Drill = &result.Drill{Engine: plan.Engine.String(), Reach: string(plan.Reach), Under: string(plan.Under), Order: string(plan.Order),
		RTOSeconds: promisedRTO, RPOSeconds: promisedRPO, EverySeconds: plan.Every.Seconds(), PlannedBytes: plan.planned(), Past: plan.Past, Own: plan.ownFacts(),
		Format: string(plan.format()), Jobs: plan.jobs()}
	return facts
}

// Run carries a plan out. The facts are never nil; an error is in them as well, and wraps
// cluster.ErrUnreachable when the user can mend it. An external cluster is written to only
// when it bears a sandbox marker. What was started, dumped and restored is gone when Run
// returns, so that no half of it is ever taken for whole.
func Run(ctx context.Context, plan Plan, address cluster.External) (*result.Run, error) {
	d := &drill{plan: plan, address: address, facts: Facts(plan)}
	err := road.Follow(ctx, d.facts, func(ctx context.Context, _ *road.Ends) error { return d.carryOut(ctx) })
	return d.facts, err
}

// drill is one plan on its way.
type drill struct {
	plan    Plan
	address cluster.External
	facts   *result.Run
	meter   meter
	// durability of its clusters; anything but strict is for tests, and times nothing.
	durability cluster.Durability
}

func (d *drill) carryOut(ctx context.Context) error {
	if err := d.plan.Check(); err != nil {
		return err
	}
	d.meter.say = d.plan.Say
	if d.plan.Own != nil {
		return d.lose(ctx, d.meet)
	}
	for _, size := range d.plan.Sizes {
		d.meter.total += size * passes * int64(d.plan.Rounds)
	}
	for _, size := range d.plan.Sizes {
		if err := d.lose(ctx, func(ctx context.Context) (*source, error) { return d.fill(ctx, size) }); err != nil {
			return err
		}
	}
	d.meter.finish("ending")
	return nil
}

// lose drills one source as often as is asked.
func (d *drill) lose(ctx context.Context, find func(context.Context) (*source, error)) (err error) {
	source, err := find(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close(context.WithoutCancel(ctx))) }()
	for n := range d.plan.Rounds {
		switch err := d.round(ctx, source); {
		case errors.Is(err, cluster.ErrUnreachable):
			return err // a sentence for the user
		case err != nil:
			return fmt.Errorf("round %d of %s: %w", n+1, Bytes(source.asked), err)
		}
	}
	return nil
}

// round loses the stores once and gets them back. Its facts are kept also when it is cut
// short: then they say how far it came.
func (d *drill) round(ctx context.Context, from *source) (err error) {
	r := d.begin(from)
	defer func() {
		if panicked := recover(); panicked != nil {
			err = errors.Join(err, fmt.Errorf("the drill panicked: %v", panicked))
		}
		err = errors.Join(err, r.ends.Close(context.WithoutCancel(ctx)))
		r.keep(ctx, err)
		if errors.Is(err, errBroke) && ctx.Err() == nil {
			err = nil // a fact, and no trouble
		}
	}()
	for _, step := range r.steps() {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *round) steps() []func(context.Context) error {
	if r.plan.Own != nil {
		return []func(context.Context) error{r.prepare, r.takeOwn, r.restore, r.lookOwn, r.across}
	}
	return []func(context.Context) error{r.prepare, r.take, r.restore, r.look, r.across}
}

// begin prepares a round that has seen nothing yet.
func (d *drill) begin(from *source) *round {
	r := &round{drill: d, from: from, number: len(d.facts.Drill.Rounds), saw: map[string]*result.Observation{}}
	r.facts.AskedBytes = from.asked
	for _, claim := range []string{ClaimCopy, ClaimAcross, ClaimLedger, ClaimEvery, ClaimServe, ClaimLive} {
		r.saw[claim] = &result.Observation{Claim: claim, Engine: d.plan.Engine.String(), Began: time.Now().UTC()}
	}
	return r
}
