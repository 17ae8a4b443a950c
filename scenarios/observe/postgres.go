package observe

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/postgres"
	"tristore/reports/result"
	"tristore/scenarios/trace"
)

// postgresSubject connects to a PostgreSQL server, and makes sure that nothing can be written.
func postgresSubject(ctx context.Context, o order, target drivers.Target) (*subject, error) {
	plan, seen := o.plan, o.facts.Observed
	w, err := postgres.OpenWatcher(ctx, target)
	if postgres.NoSlot(err) { // itself the gravest thing that could be seen
		seen.SlotsAsked, seen.SlotsRefused = 1, 1
		return nil, fmt.Errorf("the server had no slot for the observer: %w", err)
	}
	if err != nil {
		return nil, unreachable(plan, target, err)
	}
	o.ends.Add(w.Close)
	if w.Major() != plan.Engine.Major {
		return nil, fmt.Errorf("%w: the server at %s is PostgreSQL %d, and %s was asked for: give --engine postgres:%d", cluster.ErrUnreachable, target.URL.HostPort(), w.Major(), plan.Engine, w.Major())
	}
	rights, err := w.Rights(ctx)
	if err != nil {
		return nil, unasked(target, err)
	}
	if refusal := rights.Refusal(target.URL.User(), target.URL.Database()); refusal != "" {
		return nil, fmt.Errorf("%w: %s", cluster.ErrUnreachable, refusal)
	}
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
		return nil, err
	}
	o.answers(version, settings)
	seen.Limits = limits(settings)
	texts := func(ctx context.Context, ids []string) (map[string]string, error) {
		texts, err := w.StatementTexts(ctx, ids)
		for id, text := range texts {
			texts[id] = trace.Template(text)
		}
		return texts, err
	}
	return &subject{eyes: w, texts: texts, also: func(context.Context, *look) error { return nil }, told: func(*look) {}, slots: w.Slots}, nil
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
