package observe

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
)

// look is one window over a cluster: a thorough reading at its beginning and at its end,
// and small ones between them.
type look struct {
	plan   Plan
	on     *subject
	seen   *result.Observed
	home   string        // the database of the URL
	rights time.Duration // spent before the window
	tally  tally
	before thorough
}

// thorough is what costs more, and is read twice.
type thorough struct {
	tables     map[string][]drivers.TableStats
	statements []drivers.StatementStats
	read       bool // statements were read
}

// through takes the samples, and makes facts of what was read until the end, however that came.
func (l *look) through(ctx context.Context) error {
	within := budget{l.plan.Cap, time.Now()}
	err := l.sample(ctx, within)
	l.seen.Cost.Seconds = l.spent().Seconds()
	l.tally.into(l.plan, l.seen)
	l.on.told(l)
	if length := time.Since(within.began).Seconds(); length > 0 {
		l.seen.Cost.Share = l.seen.Cost.Seconds / length
		if active, told := l.seen.Levels["active"]; told && l.seen.Cost.Seconds > 0 {
			l.seen.Cost.OfActive = l.seen.Cost.Seconds / (active.Mean*length + l.seen.Cost.Seconds)
		}
	}
	return err
}

func (l *look) spent() time.Duration { return l.on.Spent() - l.rights }

func (l *look) sample(ctx context.Context, within budget) error {
	if err := l.read(ctx); err != nil {
		return err
	}
	if err := l.begin(ctx); err != nil {
		return err
	}
	thoroughly := l.spent()
	end, last := within.began.Add(l.plan.For), within.began.Add(longerAtMost*l.plan.For)
	for due := within.began.Add(l.plan.Every); ; due = due.Add(l.plan.Every) {
		small := l.tally.cost
		if earliest := within.earliest(l.spent(), thoroughly+small); earliest.After(end) {
			end = earliest
		}
		if end.After(last) {
			end = last
		}
		at, putOff := within.next(due, l.spent(), small)
		if !at.Before(end) {
			break
		}
		if putOff {
			l.seen.Cost.BackedOff++
			due = at
		}
		if err := wait(ctx, at); err != nil {
			return err
		}
		if err := l.read(ctx); err != nil {
			return err
		}
		l.plan.tell(time.Since(within.began), fmt.Sprintf("sample %d", l.tally.samples))
	}
	if err := wait(ctx, end); err != nil {
		return err
	}
	return l.finish(ctx, within, thoroughly)
}

// read takes a small reading.
func (l *look) read(ctx context.Context) error {
	spent := l.on.Spent()
	reading, err := l.on.Read(ctx)
	if err != nil {
		return err
	}
	l.tally.cost = l.on.Spent() - spent
	if l.tally.samples > 0 {
		l.seen.Cost.Longest = max(l.seen.Cost.Longest, reading.At.Sub(l.tally.last.At).Seconds())
	}
	l.tally.add(reading)
	return nil
}

// begin takes the thorough reading that the one at the end is compared with.
func (l *look) begin(ctx context.Context) (err error) {
	l.before.tables = map[string][]drivers.TableStats{}
	for _, database := range l.databases() {
		tables, why, err := l.on.Tables(ctx, database)
		if err != nil {
			return err
		}
		if why == "" {
			l.before.tables[database] = tables
		}
	}
	statements, why, err := l.on.Statements(ctx)
	if why != "" {
		l.leaveOut("hot statements", why)
	}
	l.before.statements, l.before.read = statements, err == nil && why == ""
	return err
}

// databasesMax bounds the databases whose tables are read.
const databasesMax = 32

// databases are those that hold a store, and that of the URL, since each costs a
// connection; where none is known to hold one, all of people's.
func (l *look) databases() []string {
	var all, held []string
	for _, name := range slices.Sorted(maps.Keys(l.tally.first.Counters)) {
		if name == "" || name == "template0" || name == "template1" {
			continue
		}
		all = append(all, name)
		if storeOf(l.plan, name) != "" {
			held = append(held, name)
		}
	}
	if len(held) > 0 {
		if all = held; !slices.Contains(all, l.home) {
			all = append(all, l.home)
		}
	}
	if len(all) > databasesMax {
		l.leaveOut(fmt.Sprintf("tables of %d databases", len(all)-databasesMax), fmt.Sprintf("the first %d by name are looked at from inside", databasesMax))
		all = all[:databasesMax]
	}
	return all
}

// finish takes the last small reading, and the thorough one unless that would break the cap.
func (l *look) finish(ctx context.Context, within budget, thoroughly time.Duration) error {
	if err := l.read(ctx); err != nil {
		return err
	}
	if within.earliest(l.spent(), thoroughly).After(time.Now()) {
		l.leaveOut("sizes, tables and hot statements", fmt.Sprintf("reading them again would have cost over %g %% of a session in a window of %s: ask for a longer --for", 100*l.plan.Cap, longerAtMost*l.plan.For))
		return nil
	}
	sizes, err := l.on.Sizes(ctx)
	if err != nil {
		return err
	}
	l.tally.sizes, l.tally.tables, l.tally.pages = sizes, map[string][]result.ObservedTable{}, map[string]drivers.Named{}
	for _, database := range slices.Sorted(maps.Keys(l.before.tables)) {
		tables, why, err := l.on.Tables(ctx, database)
		if err != nil {
			return err
		}
		if why != "" {
			l.leaveOut("tables of database "+database, why)
			continue
		}
		l.tally.tables[database] = tablesOf(l.before.tables[database], tables, l.tally.seconds())
		if pages := pagesOf(l.before.tables[database], tables); pages != nil {
			l.tally.pages[database] = pages
		}
	}
	if l.before.read {
		if err := l.hot(ctx); err != nil {
			return err
		}
	}
	return l.on.also(ctx, l)
}

func (l *look) leaveOut(what, why string) {
	l.seen.NotRead = append(l.seen.NotRead, result.NotRun{What: what, Why: strings.TrimSpace(why)})
}

// wait returns at a moment, or with the context.
func wait(ctx context.Context, until time.Time) error {
	if drivers.Pause(ctx, time.Until(until)) != nil {
		return context.Cause(ctx)
	}
	return nil
}
