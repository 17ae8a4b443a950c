package upgrade

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios/road"
)

// drill is one run over its pairs.
type drill struct {
	plan  Plan
	facts *result.Run
}

// Drill goes through every pair of the plan, one after the other, and records what was
// seen. The facts are returned also beside an error, which says that it could not be
// measured. Everything that it started is gone when it returns.
func Drill(ctx context.Context, plan Plan) (*result.Run, error) {
	d := &drill{plan: plan, facts: plan.Facts()}
	d.facts.Engines = nil // they are pairs here
	for _, pair := range plan.Pairs {
		d.facts.Engines = append(d.facts.Engines, result.Engine{Engine: pair.String(), Title: pair.Title(), Reach: string(plan.Reach), Why: plan.Why,
			Warning: pair.To.Support().Warning(time.Now()), Trouble: "the drill did not get to it"})
	}
	var came []error
	var left *side // what the last pair of a chain left
	for i, pair := range plan.Pairs {
		if ctx.Err() != nil {
			break
		}
		var err error
		left, err = d.pass(ctx, i, pair, left)
		if err != nil {
			came = append(came, fmt.Errorf("%s: %w", pair.Title(), err))
		}
		if plan.Way == Chain && plan.By != InPlace && left == nil {
			break
		}
	}
	if left != nil {
		came = append(came, left.close(context.WithoutCancel(ctx)))
	}
	d.facts.Ended = time.Now().UTC()
	return d.facts, errors.Join(came...)
}

// pass is one pair. In a chain it takes over what the last one left, and returns what is
// left for the next one; nil when there is nothing to go on with.
func (d *drill) pass(ctx context.Context, i int, pair Pair, from *side) (left *side, err error) {
	p := &passage{drill: d, index: i, pair: pair, old: from,
		book: road.Runbook{Head: d.plan.Head, Facts: d.facts, Steps: stepsOfPair * len(d.plan.Pairs), About: pair.String()}}
	began, engine := time.Now(), &d.facts.Engines[i]
	engine.Trouble = ""
	defer func() {
		closing := context.WithoutCancel(ctx)
		err = errors.Join(err, p.letGo(closing))
		if p.old != nil {
			err = errors.Join(err, p.old.close(closing))
		}
		switch {
		case p.new == nil:
		case d.plan.Way == Chain && p.arrived:
			left = p.new
		default:
			err = errors.Join(err, p.new.close(closing))
		}
		engine.Seconds = time.Since(began).Seconds()
		if err != nil {
			engine.Trouble = err.Error()
		}
	}()
	return nil, p.carryOut(ctx)
}

// logs is the folder of a cluster's log.
func (d *drill) logs(engine drivers.Engine) string {
	return filepath.Join(d.plan.Dir, fmt.Sprintf("%s-%d", engine.Product, engine.Major))
}

// stepsOfPair is how many steps a pair has at most, for the bar.
const stepsOfPair = 30

// step does one step of the runbook; where there are several pairs it names its own.
func (p *passage) step(what string, do func(*result.Step) error) error {
	if len(p.plan.Pairs) > 1 {
		what = p.pair.Title() + ": " + what
	}
	return p.book.Step(what, do)
}
