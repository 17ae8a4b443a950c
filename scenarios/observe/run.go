package observe

import (
	"context"
	"fmt"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/reports/result"
	"tristore/scenarios/road"
)

// Run carries a plan out. The facts are never nil; an error is in them as well, and wraps
// cluster.ErrUnreachable when the user can mend it: nobody at the address, another engine
// there, or an account that can write.
func Run(ctx context.Context, plan Plan, address cluster.External) (*result.Run, error) {
	facts := Facts(plan)
	err := road.Follow(ctx, facts, func(ctx context.Context, ends *road.Ends) error {
		if err := plan.Check(); err != nil {
			return err
		}
		return carryOut(ctx, order{plan, address, facts, ends})
	})
	if err != nil {
		facts.Observed.Trouble = err.Error()
	}
	return facts, err
}

// Facts are what is known of an observation before it began.
func Facts(plan Plan) *result.Run {
	facts := plan.Facts()
	facts.Observed = &result.Observed{Engine: plan.Engine.String(), Cost: result.ObservedCost{Cap: plan.Cap, Asked: plan.Every.Seconds()}}
	return facts
}

// patience bounds the wait for the cluster's first answer, and for what the account may do.
const patience = 60 * time.Second

// order is an observation that is to be made.
type order struct {
	plan    Plan
	address cluster.External
	facts   *result.Run
	ends    *road.Ends
}

// carryOut is the road of an observation: connect, make sure that nothing can be written, look.
func carryOut(ctx context.Context, o order) error {
	plan, seen := o.plan, o.facts.Observed
	target := drivers.Target{Engine: plan.Engine, URL: o.address.URL, CAFile: o.address.CAFile, SelfSigned: o.address.SelfSigned, Application: "tristore observe"}
	seen.Account = target.URL.User()
	plan.tell(0, "finding out what the account may do")
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began, meet := time.Now(), postgresSubject
	if plan.Engine.Family() == drivers.FamilyMongo {
		meet = mongoSubject
	}
	on, err := meet(asking, o, target)
	if err != nil {
		return err
	}
	o.facts.Engines[0].ReadySeconds = time.Since(began).Seconds()
	seen.Cost.BeforeOnly = on.Spent().Seconds()
	look := &look{plan: plan, on: on, seen: seen, home: target.URL.Database(), rights: on.Spent()}
	err = look.through(ctx)
	seen.SlotsAsked, seen.SlotsRefused = on.slots()
	return err
}

// unreachable wraps why nobody answered.
func unreachable(plan Plan, target drivers.Target, err error) error {
	return fmt.Errorf("%w: reaching %s at %s: %w", cluster.ErrUnreachable, plan.Engine, target.URL.HostPort(), err)
}

// unasked wraps why it was not found out what the account may do.
func unasked(target drivers.Target, err error) error {
	return fmt.Errorf("finding out what %s may do at %s: %w", target.URL.User(), target.URL.HostPort(), err)
}

// answers keeps what the server says that it is.
func (o order) answers(version string, settings map[string]string) {
	o.facts.Engines[0].Version, o.facts.Environment.InForce[o.plan.Engine.String()] = version, settings
}
