package observe

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/trace"
)

// tally makes rates and levels of readings.
type tally struct {
	samples     int
	cost        time.Duration // of the last reading
	first, last drivers.Reading
	peaks       map[string]drivers.Named // per database
	levels      map[string]map[string]*gauge
	waits       map[result.ObservedWait]int
	reset       map[string]bool // databases whose counters somebody reset meanwhile
	shapes      map[shape]int   // of operations that were met under way

	sizes  map[string]int64
	tables map[string][]result.ObservedTable
	pages  map[string]drivers.Named // of the cache, that the collections of a database wanted and read
}

// shape is a command without its literals.
type shape struct{ database, text string }

// gauge is a level over the samples.
type gauge struct {
	sum, most, least float64
	met              int
}

func (t *tally) seconds() float64 { return t.last.At.Sub(t.first.At).Seconds() }

func (t *tally) add(r drivers.Reading) {
	if t.samples++; t.samples == 1 {
		t.first = r
		t.peaks, t.levels, t.waits, t.reset = map[string]drivers.Named{}, map[string]map[string]*gauge{}, map[result.ObservedWait]int{}, map[string]bool{}
		t.shapes = map[shape]int{}
	} else {
		t.between(t.last, r)
	}
	for _, one := range r.Running {
		t.shapes[shape{one.Database, trace.CommandTemplate(one.Command)}]++
	}
	r.Running = nil // they hold what somebody wrote
	t.last = r
	t.sessions(r)
	t.worst(r)
}

// between keeps the highest rates, and sees resets.
func (t *tally) between(was, is drivers.Reading) {
	seconds := is.At.Sub(was.At).Seconds()
	for database, counters := range is.Counters {
		old, known := was.Counters[database]
		if !known || !(seconds > 0) {
			continue
		}
		rates := rates(old, counters, seconds)
		if rates == nil {
			t.reset[database] = true
			continue
		}
		if _, known := rates["commits"]; known {
			rates["transactions"] = rates["commits"] + rates["rollbacks"]
		}
		if t.peaks[database] == nil {
			t.peaks[database] = drivers.Named{}
		}
		for name, rate := range rates {
			t.peaks[database][name] = max(t.peaks[database][name], rate)
		}
	}
}

// rates of counters between two readings; nil when they were reset in between.
func rates(was, is drivers.Named, seconds float64) drivers.Named {
	all := drivers.Named{}
	for name, value := range is {
		old, known := was[name]
		switch {
		case strings.HasPrefix(name, "reset"):
			if !known || old != value {
				return nil
			}
		case known && value < old:
			return nil
		case known:
			all[name] = (value - old) / seconds
		}
	}
	return all
}

// sessions counts what sessions of people were doing. A server that does not tell of any
// has none that are known.
func (t *tally) sessions(r drivers.Reading) {
	if r.Sessions == nil {
		return
	}
	levels := map[string]drivers.Named{"": {"active": 0, "on_cpu": 0, "lock_waits": 0}}
	if r.AllSessions {
		levels[""]["connections"], levels[""]["idle_in_transaction"], levels[""]["autovacuum_workers"] = 0, 0, 0
	}
	add := func(database, name string, n int) {
		for _, at := range slices.Compact([]string{"", database}) {
			if levels[at] == nil {
				levels[at] = drivers.Named{}
			}
			levels[at][name] += float64(n)
		}
	}
	for _, s := range r.Sessions {
		client := s.Kind == "client backend"
		if s.Kind == "autovacuum worker" {
			add(s.Database, "autovacuum_workers", s.Count)
		}
		if client {
			add(s.Database, "connections", s.Count)
		}
		if client && strings.HasPrefix(s.State, "idle in transaction") {
			add(s.Database, "idle_in_transaction", s.Count)
		}
		works := s.State == "active" && (client || s.Kind == "parallel worker" || s.Kind == "operation") || s.Kind == "autovacuum worker"
		if !works {
			continue
		}
		add(s.Database, "active", s.Count)
		if s.Class == "" {
			add(s.Database, "on_cpu", s.Count)
		}
		if s.Class == "Lock" {
			add(s.Database, "lock_waits", s.Count)
		}
		t.waits[result.ObservedWait{Database: s.Database, Class: s.Class, Event: s.Wait}] += s.Count
	}
	t.meet(levels)
}

// worst takes the levels that sources read; the cluster's is the highest of its databases'.
func (t *tally) worst(r drivers.Reading) {
	levels := map[string]drivers.Named{"": {}}
	if r.AllSessions {
		levels[""]["oldest_transaction_s"], levels[""]["prepared_transaction_s"] = 0, 0
	}
	for database, named := range r.Levels {
		if levels[database] == nil {
			levels[database] = drivers.Named{}
		}
		for name, value := range named {
			levels[database][name] = value
			levels[""][name] = max(levels[""][name], value)
		}
	}
	t.meet(levels)
}

func (t *tally) meet(levels map[string]drivers.Named) {
	for database, named := range levels {
		if t.levels[database] == nil {
			t.levels[database] = map[string]*gauge{}
		}
		for name, value := range named {
			g := t.levels[database][name]
			if g == nil {
				g = &gauge{least: value}
				t.levels[database][name] = g
			}
			g.sum, g.most, g.least, g.met = g.sum+value, max(g.most, value), min(g.least, value), g.met+1
		}
	}
}

// into makes the facts.
func (t *tally) into(plan Plan, seen *result.Observed) {
	seen.Samples = t.samples
	if t.samples == 0 {
		return
	}
	seen.Seconds = t.seconds()
	seen.PerSecond, seen.Levels = t.rates("", seen), levelsOf(t.levels[""], t.samples)
	seen.Standby = seen.Levels["in_recovery"].Max > 0
	for _, database := range slices.Sorted(maps.Keys(t.last.Counters)) {
		if database == "" || database == "template0" || database == "template1" {
			continue
		}
		line := result.ObservedStore{Database: database, Store: string(storeOf(plan, database)), Bytes: t.sizes[database], Levels: levelsOf(t.levels[database], t.samples), Tables: t.tables[database]}
		line.PerSecond, line.PeakPerSecond = t.rates(database, seen), t.peaks[database]
		hit, read := line.PerSecond["blocks_hit"]*seen.Seconds, line.PerSecond["blocks_read"]*seen.Seconds
		if pages, known := t.pages[database]; known {
			hit, read = pages["cache_pages_wanted"]-pages["cache_pages_read"], pages["cache_pages_read"]
		}
		if line.Blocks = int64(hit + read + 0.5); line.Blocks > 0 {
			line.HitPercent = 100 * max(0, hit) / (hit + read)
		}
		seen.Stores = append(seen.Stores, line)
	}
	for wait, met := range t.waits {
		wait.Sessions = float64(met) / float64(t.samples)
		seen.Waits = append(seen.Waits, wait)
	}
	slices.SortFunc(seen.Waits, func(a, b result.ObservedWait) int {
		return cmp.Or(cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(a.Database, b.Database), cmp.Compare(a.Class+a.Event, b.Class+b.Event))
	})
}

// rates over the whole window; none of counters that were reset in it, which is said.
func (t *tally) rates(database string, seen *result.Observed) map[string]float64 {
	was, known := t.first.Counters[database]
	if !known || !(t.seconds() > 0) {
		return nil
	}
	all := rates(was, t.last.Counters[database], t.seconds())
	if len(was) == 0 {
		return nil // of this one the server tells nothing, which is said once for all
	}
	if all == nil || t.reset[database] {
		seen.NotRead = append(seen.NotRead, result.NotRun{What: fmt.Sprintf("rates of %s", cmp.Or(database, "the cluster")), Why: "its statistics were reset in the window"})
		return nil
	}
	return all
}

// levelsOf makes levels of gauges; in a sample that did not meet something there was none.
func levelsOf(gauges map[string]*gauge, samples int) map[string]result.Level {
	all := map[string]result.Level{}
	for name, g := range gauges {
		all[name] = result.Level{Mean: g.sum / float64(samples), Max: g.most, Min: g.least}
		if g.met < samples {
			all[name] = result.Level{Mean: g.sum / float64(samples), Max: g.most}
		}
	}
	return all
}

// storeOf says which store a database holds: as the plan says, else by the end of its name.
func storeOf(plan Plan, database string) store.Name {
	if len(plan.Stores) > 0 {
		return plan.Stores[database]
	}
	return store.ByDatabase(database)
}
