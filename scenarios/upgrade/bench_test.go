package upgrade

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/scenarios"
	"tristore/scenarios/backup"
	"tristore/scenarios/road"
)

// BenchmarkCutOver is the time in which nobody can write when the application goes from
// one major to the other by logical replication: the median of ten cut-overs of a cluster
// that holds 100,000 rows, there and back again in turns, while it writes. The bound is one
// second.
func BenchmarkCutOver(b *testing.B) {
	const cutOvers, rows = 10, 100_000
	p := benchPassage(b)
	ctx := b.Context()
	if err := p.begin(ctx); err != nil {
		b.Fatal(err)
	}
	if err := postgres.Exec(ctx, p.old.of(store.CollectionsStore).Target, fmt.Sprintf(`INSERT INTO %s (word) SELECT 'row ' || n FROM generate_series(1, %d) n`, numbersTable, rows)); err != nil {
		b.Fatal(err)
	}
	if err := p.startNew(ctx); err != nil {
		b.Fatal(err)
	}
	m := &following{passage: p}
	p.mover = m
	if err := m.prepare(ctx); err != nil {
		b.Fatal(err)
	}
	link := m.there
	for b.Loop() {
		var took []time.Duration
		for n := range cutOvers {
			next := newLink(link.to, link.from, 100+n)
			if n == 0 {
				next = m.back_ // published already
			}
			took = append(took, cutOverOnce(b, p, turn{link, next, n}))
			link = next
		}
		m.there, m.back_ = link, newLink(p.new, p.old, 1) // what is left is ended with the rest
		slices.Sort(took)
		b.Logf("cut-overs: %v", took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ours-ms")
		b.ReportMetric(1000, "theirs-ms")
		b.ReportMetric(1, "target-at-most")
	}
}

// benchPassage is a pair that nobody carries out.
func benchPassage(b *testing.B) *passage {
	b.Helper()
	plan := Plan{Head: road.Head{RunID: "bench", Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Embedded, Dir: b.TempDir(), Cache: programs.DefaultDir()},
		Pairs: []Pair{{drivers.Engine{Product: drivers.Postgres, Major: 12}, drivers.Engine{Product: drivers.Postgres, Major: 16}}}, By: BlueGreen, Seed: 1}
	facts := plan.Facts()
	d := &drill{plan: plan, facts: facts}
	p := &passage{drill: d, pair: plan.Pairs[0], book: road.Runbook{Head: plan.Head, Facts: facts, About: "bench"}}
	p.content = backup.NewMoved(scenarios.Stage{Engine: p.pair.From, Seed: 1, Depth: scenarios.Smoke})
	b.Cleanup(func() {
		closing := context.Background()
		if err := p.letGo(closing); err != nil {
			b.Error(err)
		}
		for _, s := range []*side{p.old, p.new} {
			if s != nil {
				if err := s.close(closing); err != nil {
					b.Error(err)
				}
			}
		}
	})
	return p
}

// turn is one cut-over: along which link, and the one that follows after it.
type turn struct {
	link, next link
	n          int
}

// cutOverOnce moves the application along a link and turns the direction round.
func cutOverOnce(b *testing.B, p *passage, at turn) time.Duration {
	b.Helper()
	link, next, n := at.link, at.next, at.n
	ctx := b.Context()
	for _, step := range []func() error{
		func() error {
			if n == 0 {
				return nil
			}
			return next.each(func(one postgres.Stream) error { return one.Publish(ctx) })
		},
		func() error { return p.traffic.Await(ctx, n, 5) },
		func() error { return p.fenceAll(ctx, link.from) },
		func() error { _, err := link.drain(ctx); return err },
		func() error { return next.each(func(one postgres.Stream) error { return one.Reserve(ctx) }) },
		func() error { p.traffic.SwitchTo(link.to.opened); return p.traffic.Await(ctx, n+1, 5) },
		func() error { return link.end(ctx) },
		func() error { return next.each(func(one postgres.Stream) error { return one.Follow(ctx, false) }) },
		func() error { return p.unfence(ctx, link.from) },
	} {
		if err := step(); err != nil {
			b.Fatalf("cut-over %d: %v", n, err)
		}
	}
	took, err := p.traffic.Downtime(n)
	if err != nil {
		b.Fatal(err)
	}
	return took
}
