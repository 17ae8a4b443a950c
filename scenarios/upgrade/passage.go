package upgrade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"tristore/drivers/backup"
	"tristore/drivers/postgres"
	"tristore/reports/result"
	"tristore/scenarios"
	scenariobackup "tristore/scenarios/backup"
	"tristore/scenarios/road"
	"tristore/scenarios/traffic"
)

// passage is one pair on its way.
type passage struct {
	*drill
	book     road.Runbook
	index    int
	pair     Pair
	old, new *side
	content  scenariobackup.Moved
	folder   string // of dumps
	traffic  *traffic.Writers
	mover    mover
	before   answers
	// proven is the snapshot that lets the upgrade begin; nil lets nothing begin.
	proven *proof
	// oldThen and newThen are both sides as they were when nobody wrote, by store.
	oldThen, newThen []*postgres.Held
	cut              result.Observation // of the cut-over, filled on the way
	arrived          bool               // the new side is whole enough to go on with
}

// mover is a method of getting the content over.
type mover interface {
	// prepare does what can be done while the application writes.
	prepare(ctx context.Context) error
	// move brings over what is left, while nobody writes. An error for which backup.Broke
	// holds is a tool that failed.
	move(ctx context.Context) error
	// reserve readies the way back, while nobody writes.
	reserve(ctx context.Context) error
	// back shows the way back, while the application writes to the new side.
	back(ctx context.Context, saw *result.Observation) error
	// end removes what the method made; it may be called at any stage.
	end(ctx context.Context) error
}

// carryOut is the story of one upgrade.
func (p *passage) carryOut(ctx context.Context) error {
	if p.plan.By == InPlace {
		return p.inPlace(ctx)
	}
	p.content = scenariobackup.NewMoved(scenarios.Stage{Engine: p.pair.From, Seed: p.plan.Seed, Depth: scenarios.Smoke})
	if err := p.begin(ctx); err != nil {
		return err
	}
	p.book.Try(ctx, Snapshot, p.snapshot)
	if p.proven == nil {
		return p.step("no snapshot, no upgrade", func(s *result.Step) error {
			s.Said = "the old one serves on, unchanged"
			return ctx.Err()
		})
	}
	if err := p.startNew(ctx); err != nil {
		return err
	}
	moved, err := p.over(ctx)
	if err != nil || !moved {
		return err
	}
	for _, claim := range []struct {
		id    string
		check func(context.Context, *result.Observation) error
	}{{CutOver, p.cutOver}, {Content, p.same}, {Order, p.order}, {Statistics, p.statistics}, {Answers, p.alike}, {Serve, p.serve}} {
		p.book.Try(ctx, claim.id, claim.check)
	}
	p.arrived = ctx.Err() == nil
	return ctx.Err()
}

// begin starts the old cluster and fills it, unless a chain left it filled, and lets the
// application write to it.
func (p *passage) begin(ctx context.Context) (err error) {
	if p.folder, err = os.MkdirTemp(p.plan.Dir, "dump-"); err != nil {
		return fmt.Errorf("making a folder for dumps: %w", err)
	}
	if p.old == nil {
		if err := p.step("start "+p.pair.From.Title(), func(*result.Step) (err error) { p.old, err = p.start(ctx, p.pair.From, ""); return err }); err != nil {
			return err
		}
		if err := p.step("fill it: migrations, data set, probes", func(*result.Step) error { return p.fill(ctx) }); err != nil {
			return err
		}
	} else if err := p.old.open(ctx); err != nil {
		return err
	}
	p.traffic = traffic.Start(ctx, p.old.opened, p.index*rowsOfPair)
	return p.traffic.Await(ctx, 0, 5)
}

// startNew starts the new cluster.
func (p *passage) startNew(ctx context.Context) error {
	if err := p.step("start an empty "+p.pair.To.Title(), func(*result.Step) (err error) { p.new, err = p.start(ctx, p.pair.To, p.old.role.Name); return err }); err != nil {
		return err
	}
	engine, running := &p.facts.Engines[p.index], p.new.host.Cluster
	engine.Version, engine.ReadySeconds = running.Version, running.Ready.Seconds()
	p.facts.Environment.Asked[engine.Engine], p.facts.Environment.InForce[engine.Engine] = running.Asked, running.InForce
	return nil
}

// rowsOfPair keeps the rows of one pair apart from those of the next one in a chain.
const rowsOfPair = 1 << 18

// over is the upgrade itself. It is false when a tool failed, which is then observed.
func (p *passage) over(ctx context.Context) (moved bool, err error) {
	if err := p.step("ask the old one for what the new one must answer", func(s *result.Step) (err error) {
		p.before, err = ask(ctx, p, p.old)
		s.Said = p.before.String()
		return err
	}); err != nil {
		return false, err
	}
	p.mover = &dumping{passage: p}
	if p.plan.By == BlueGreen {
		p.mover = &following{passage: p}
	}
	for _, part := range []func(context.Context) error{p.mover.prepare, p.fence, p.mover.move} {
		if err = part(ctx); err != nil {
			break
		}
	}
	if backup.Broke(err) {
		p.book.Try(ctx, Content, func(_ context.Context, saw *result.Observation) error {
			saw.Set("tools_failed", 1)
			saw.See("%s", firstLine(err.Error()))
			return nil
		})
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, p.handOver(ctx)
}

// letGo ends what is still held, at any stage.
func (p *passage) letGo(ctx context.Context) error {
	var all []error
	if p.traffic != nil {
		p.traffic.Stop()
	}
	if p.mover != nil {
		all = append(all, p.mover.end(ctx))
	}
	for _, view := range append(p.oldThen, p.newThen...) {
		if view != nil {
			all = append(all, view.Close(ctx))
		}
	}
	if p.folder != "" {
		all = append(all, os.RemoveAll(p.folder))
	}
	if p.new != nil {
		all = append(all, p.new.shut(ctx))
	}
	return errors.Join(all...)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// record begins every named fact at zero, so that a count of nothing is recorded.
func record(saw *result.Observation, facts ...string) {
	for _, fact := range facts {
		saw.Set(fact, 0)
	}
}
