package observe

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/mongo"
	"tristore/reports/result"
	"tristore/scenarios/trace"
)

// mongoSubject connects to a MongoDB-compatible server, and makes sure that nothing can be
// written; where the server does not tell, that its owner said so.
func mongoSubject(ctx context.Context, o order, target drivers.Target) (*subject, error) {
	plan, seen := o.plan, o.facts.Observed
	w, err := mongo.OpenWatcher(ctx, target)
	if err != nil {
		return nil, unreachable(plan, target, err)
	}
	o.ends.Add(w.Close)
	engine, version, settings := w.Server()
	if engine != plan.Engine {
		return nil, fmt.Errorf("%w: the server at %s is %s %s, and %s was asked for: give --engine %s", cluster.ErrUnreachable, target.URL.HostPort(), engine.Product, version, plan.Engine, engine)
	}
	rights, err := w.Rights(ctx)
	if err != nil {
		return nil, unasked(target, err)
	}
	if refusal := rights.Refusal(target.URL.User(), plan.Trust); refusal != "" {
		return nil, fmt.Errorf("%w: %s", cluster.ErrUnreachable, refusal)
	}
	if seen.Trusted = !rights.Told; seen.Trusted {
		seen.NotRead = append(seen.NotRead, result.NotRun{What: "whether the account can write", Why: "the server does not tell; its owner said --trust-account, and nothing but reads was sent"})
	}
	o.answers(version, settings)
	told := func(l *look) {
		l.met()
		last := l.tally.last.Levels[""]
		if free, told := last["connections_free"]; told {
			seen.Limits = map[string]float64{"connections": free + last["connections"]}
		}
		for what, why := range w.Lacks() {
			l.leaveOut(what, why)
		}
	}
	also := func(ctx context.Context, l *look) error { return l.recorded(ctx, w) }
	return &subject{eyes: w, counts: result.FromTop, texts: w.StatementTexts, also: also, told: told, slots: func() (int, int) { return w.Slots(), 0 }}, nil
}

// met makes facts of the shapes that samples met under way.
func (l *look) met() {
	all, total := 0, l.tally.shapes
	for _, times := range total {
		all += times
	}
	byTimes := func(a, b shape) int { return cmp.Or(total[b]-total[a], cmp.Compare(a.text, b.text)) }
	shapes := slices.SortedFunc(maps.Keys(total), byTimes)
	for _, s := range shapes[:min(len(shapes), hottest)] {
		l.seen.Statements = append(l.seen.Statements, result.ObservedStatement{From: result.FromSamples, Database: s.database, Text: s.text, SharePercent: 100 * float64(total[s]) / float64(all)})
	}
}

// kept is what the profiler kept of one shape.
type kept struct {
	shape
	calls int
	ms    float64
}

// recorded makes facts of what the profilers kept in the window, where they are on.
func (l *look) recorded(ctx context.Context, w *mongo.Watcher) error {
	shapes, total := map[shape]*kept{}, 0.0
	for _, database := range slices.Sorted(maps.Keys(l.before.tables)) {
		running, why, err := w.Recorded(ctx, database, l.tally.first.At)
		if err != nil {
			return err
		}
		if why != "" {
			l.leaveOut("recorded operations of database "+database, why)
		}
		for _, one := range running {
			of := shape{database, trace.CommandTemplate(one.Command)}
			if shapes[of] == nil {
				shapes[of] = &kept{shape: of}
			}
			ms := float64(one.Took.Microseconds()) / 1000
			shapes[of].calls, shapes[of].ms, total = shapes[of].calls+1, shapes[of].ms+ms, total+ms
		}
	}
	hot := slices.SortedFunc(maps.Values(shapes), func(a, b *kept) int { return cmp.Or(cmp.Compare(b.ms, a.ms), cmp.Compare(a.text, b.text)) })
	for _, k := range hot[:min(len(hot), hottest)] {
		line := result.ObservedStatement{From: result.FromProfiler, Database: k.database, Text: k.text, CallsPerS: float64(k.calls) / l.tally.seconds(), MeanMs: k.ms / float64(k.calls)}
		if total > 0 {
			line.SharePercent = 100 * k.ms / total
		}
		l.seen.Statements = append(l.seen.Statements, line)
	}
	return nil
}
