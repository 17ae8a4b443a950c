package observe

import (
	"cmp"
	"context"
	"slices"

	"tristore/drivers"
	"tristore/reports/result"
)

// How many statements and tables are kept.
const (
	hottest   = 20
	tablesTop = 12
)

// hot finds the statements that took most time in the window. Their texts are reduced to
// templates before anything else sees them.
func (l *look) hot(ctx context.Context) error {
	after, why, err := l.on.Statements(ctx)
	if err != nil || why != "" {
		if why != "" {
			l.leaveOut("hot statements", why)
		}
		return err
	}
	grown, total := growth(l.before.statements, after)
	for _, s := range grown {
		if s.Own {
			l.seen.Cost.ServerTime += s.TotalMs / 1000
		}
	}
	grown = slices.DeleteFunc(grown, func(s drivers.StatementStats) bool { return s.Own })
	slices.SortStableFunc(grown, func(a, b drivers.StatementStats) int { return cmp.Compare(b.TotalMs, a.TotalMs) })
	grown = grown[:min(len(grown), hottest)]
	var ids []string
	for _, s := range grown {
		ids = append(ids, s.ID)
	}
	texts, err := l.on.texts(ctx, ids)
	if err != nil {
		return err
	}
	for _, s := range grown {
		calls := float64(s.Calls)
		l.seen.Statements = append(l.seen.Statements, result.ObservedStatement{
			Database: s.Database, From: l.on.counts, Text: texts[s.ID], CallsPerS: calls / l.tally.seconds(), MeanMs: s.TotalMs / calls,
			SharePercent: 100 * s.TotalMs / total, RowsPerCall: float64(s.Rows) / calls,
			BlocksHit: float64(s.BlocksHit) / calls, BlocksRead: float64(s.BlocksRead) / calls, WALBytes: float64(s.WAL) / calls,
		})
	}
	return nil
}

// growth is what each statement did between two readings, and the time of all but our own.
// A line that shrank was reset in between, and is left out.
func growth(before, after []drivers.StatementStats) (grown []drivers.StatementStats, total float64) {
	was := map[string]drivers.StatementStats{}
	for _, s := range before {
		was[s.ID] = s
	}
	for _, s := range after {
		old := was[s.ID]
		s.Calls, s.Rows, s.TotalMs = s.Calls-old.Calls, s.Rows-old.Rows, s.TotalMs-old.TotalMs
		s.BlocksHit, s.BlocksRead, s.WAL = s.BlocksHit-old.BlocksHit, s.BlocksRead-old.BlocksRead, s.WAL-old.WAL
		if s.Calls > 0 && s.TotalMs > 0 {
			grown = append(grown, s)
			if !s.Own {
				total += s.TotalMs
			}
		}
	}
	return grown, total
}

// tablesOf keeps the largest tables and those with most dead rows.
func tablesOf(before, after []drivers.TableStats, seconds float64) []result.ObservedTable {
	was := map[string]drivers.TableStats{}
	for _, t := range before {
		was[t.Name] = t
	}
	var all []result.ObservedTable
	for _, t := range after {
		line := result.ObservedTable{Name: t.Name, Bytes: t.Bytes, Rows: t.Live, Dead: t.Dead, VacuumedAgo: t.VacuumedAgo, PerSecond: rates(was[t.Name].Counters, t.Counters, seconds)}
		if old, known := was[t.Name]; known && t.Scans >= old.Scans && t.IndexScans >= old.IndexScans {
			line.ScansPerS, line.ScannedPerS, line.IndexScansPerS = float64(t.Scans-old.Scans)/seconds, float64(t.ScannedRows-old.ScannedRows)/seconds, float64(t.IndexScans-old.IndexScans)/seconds
		}
		all = append(all, line)
	}
	weight := func(t result.ObservedTable) float64 {
		return t.ScannedPerS + float64(t.Dead) + float64(t.Bytes)/8192 + t.PerSecond["total"]
	}
	slices.SortStableFunc(all, func(a, b result.ObservedTable) int { return cmp.Compare(weight(b), weight(a)) })
	return all[:min(len(all), tablesTop)]
}

// pagesOf is how many pages of the cache the collections of one database wanted, and had to
// read, between two readings; nil where the server does not tell.
func pagesOf(before, after []drivers.TableStats) drivers.Named {
	was := map[string]drivers.Named{}
	for _, t := range before {
		was[t.Name] = t.Counters
	}
	var sum drivers.Named
	for _, t := range after {
		grown := rates(was[t.Name], t.Counters, 1)
		wanted, known := grown["cache_pages_wanted"]
		if !known {
			continue
		}
		if sum == nil {
			sum = drivers.Named{}
		}
		sum["cache_pages_wanted"] += wanted
		sum["cache_pages_read"] += grown["cache_pages_read"]
	}
	return sum
}
