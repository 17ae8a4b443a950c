package observe

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/postgres"
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
	plan, facts := o.plan, o.facts
	target := drivers.Target{Engine: plan.Engine, URL: o.address.URL, CAFile: o.address.CAFile, SelfSigned: o.address.SelfSigned, Application: "tristore observe"}
	seen := facts.Observed
	seen.Account = target.URL.User()
	plan.tell(0, "finding out what the account may do")
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	w, err := postgres.OpenWatcher(asking, target)
	if postgres.NoSlot(err) { // itself the gravest thing that could be seen
		seen.SlotsAsked, seen.SlotsRefused = 1, 1
		return fmt.Errorf("the server had no slot for the observer: %w", err)
	}
	if err != nil {
		return fmt.Errorf("%w: reaching %s at %s: %w", cluster.ErrUnreachable, plan.Engine, target.URL.HostPort(), err)
	}
	o.ends.Add(w.Close)
	if err := permitted(asking, w, plan, target, facts); err != nil {
		return err
	}
	facts.Engines[0].ReadySeconds = time.Since(began).Seconds()
	seen.Cost.BeforeOnly = w.Spent().Seconds()
	look := &look{plan: plan, w: w, seen: seen, home: target.URL.Database(), rights: w.Spent()}
	err = look.through(ctx)
	seen.SlotsAsked, seen.SlotsRefused = w.Slots()
	return err
}

// permitted makes sure that this is the engine asked for, and that the account cannot write.
func permitted(ctx context.Context, w *postgres.Watcher, plan Plan, target drivers.Target, facts *result.Run) error {
	if w.Major() != plan.Engine.Major {
		return fmt.Errorf("%w: the server at %s is PostgreSQL %d, and %s was asked for: give --engine postgres:%d", cluster.ErrUnreachable, target.URL.HostPort(), w.Major(), plan.Engine, w.Major())
	}
	rights, err := w.Rights(ctx)
	if err != nil {
		return fmt.Errorf("finding out what %s may do at %s: %w", target.URL.User(), target.URL.HostPort(), err)
	}
	if refusal := rights.Refusal(target.URL.User(), target.URL.Database()); refusal != "" {
		return fmt.Errorf("%w: %s", cluster.ErrUnreachable, refusal)
	}
	seen := facts.Observed
	for _, database := range rights.Unseen {
		seen.NotRead = append(seen.NotRead, result.NotRun{What: "tables of database " + database, Why: "this account may not connect to it"})
	}
	if rights.Definers > 0 {
		seen.NotRead = append(seen.NotRead, result.NotRun{What: strconv.Itoa(rights.Definers) + " functions that this account may call and that run as their owner",
			Why: "nobody can tell from outside whether they write; none is called"})
	}
	if lacks := w.Lacks(); len(lacks) > 0 {
		seen.NotRead = append(seen.NotRead, result.NotRun{What: strings.Join(lacks, ", "), Why: plan.Engine.Title() + " does not have it"})
	}
	version, settings, err := postgres.ServerInfo(ctx, target)
	if err != nil {
		return err
	}
	facts.Engines[0].Version, facts.Environment.InForce[plan.Engine.String()] = version, settings
	seen.Limits = limits(settings)
	return nil
}

// limits are the connection slots, of which some are for administrators only.
func limits(settings map[string]string) map[string]float64 {
	all := map[string]float64{}
	number := func(name string) float64 {
		n, err := strconv.ParseFloat(settings[name], 64)
		if err != nil {
			return 0
		}
		return n
	}
	if slots := number("max_connections"); slots > 0 {
		all["connections"] = slots
		all["connections_reserved"] = number("superuser_reserved_connections") + number("reserved_connections")
	}
	return all
}
