package render

import (
	"fmt"
	"strings"

	"tristore/reports/result"
)

// observed is what was read of a live cluster, as the report shows it.
type observed struct {
	*result.Observed
	CostLine string
	Rows     []storeLine
	Cluster  []pair
	Unhealth []tableLine
	Hot      []hotLine
	Waiting  []waitLine
	Words    observedWords
}

// observedWords are how the two families call what they count.
type observedWords struct{ Work, Read, Changed, Pages, Table, Tables string }

func wordsOf(o result.Observed) observedWords {
	if o.Postgres() {
		return observedWords{"Transactions", "Rows read", "Rows changed", "In the cache", "Table", "Tables"}
	}
	return observedWords{"Operations", "Of them reads", "Of them changes", "Cache pages found", "Collection", "Collections"}
}

type storeLine struct {
	Name                                      string
	Size, Transactions, Read, Changed, Cached string
	Connections                               string
}

type tableLine struct{ Database, Name, Size, Rows, Dead, Vacuumed, Scanned string }

type hotLine struct{ Database, Text, Calls, Mean, Share, PerCall string }

type waitLine struct{ Database, What, Sessions string }

// Bounds of what the page lists; run.json has all that was kept.
const (
	waitsShown  = 15
	tablesShown = 20
)

func observedOf(run *result.Run) *observed {
	if run.Observed == nil {
		return nil
	}
	o := &observed{Observed: run.Observed, CostLine: costLine(*run.Observed), Words: wordsOf(*run.Observed)}
	for _, s := range o.Stores {
		o.Rows = append(o.Rows, storeRow(s, o.Postgres()))
		for _, t := range s.Tables {
			o.Unhealth = append(o.Unhealth, tableRow(s.Database, t, o.Postgres()))
		}
	}
	o.Unhealth = o.Unhealth[:min(len(o.Unhealth), tablesShown)]
	for _, c := range clusterCounters() {
		if rate, known := o.PerSecond[c.name]; known {
			o.Cluster = append(o.Cluster, pair{c.says, perSecondText(rate, c.bytes)})
		}
	}
	for _, name := range []string{"active", "on_cpu", "lock_waits", "idle_in_transaction", "oldest_transaction_s", "vacuums", "backups", "standbys", "replication_lag_s", "without_primary_s",
		"connections_active", "queued_readers", "queued_writers", "tickets_read_free", "tickets_write_free", "cache_used_pct", "cache_dirty_pct", "transactions_open", "cursors_open"} {
		if met, known := o.Levels[name]; known {
			o.Cluster = append(o.Cluster, pair{strings.ReplaceAll(name, "_", " "), fmt.Sprintf("%.3g in the mean, %.3g at most", met.Mean, met.Max)})
		}
	}
	for _, s := range o.Statements {
		o.Hot = append(o.Hot, hotRow(s))
	}
	for _, w := range o.Waits[:min(len(o.Waits), waitsShown)] {
		what := "CPU, or waiting for it"
		if w.Class != "" {
			what = w.Class + ": " + w.Event
		}
		o.Waiting = append(o.Waiting, waitLine{w.Database, what, fmt.Sprintf("%.2f", w.Sessions)})
	}
	return o
}

func hotRow(s result.ObservedStatement) hotLine {
	line := hotLine{s.Database, s.Text, fmt.Sprintf("%.3g/s", s.CallsPerS), milli(s.MeanMs), fmt.Sprintf("%.1f %%", s.SharePercent), "not told"}
	switch s.From {
	case result.FromTop:
	case result.FromProfiler:
		line.Calls += " of the profiler's"
	case result.FromSamples:
		line.Calls, line.Mean, line.Share = "not told", "not told", line.Share+" of what samples met"
	default:
		line.PerCall = fmt.Sprintf("%.3g rows, %.3g blocks, %.3g read", s.RowsPerCall, s.BlocksHit+s.BlocksRead, s.BlocksRead)
	}
	return line
}

// counter is one of the cluster's counters, and how the page names it.
type counter struct {
	name, says string
	bytes      bool
}

func clusterCounters() []counter {
	return []counter{
		{"wal_bytes", "WAL", true}, {"wal_full_page_images", "WAL images of whole pages", false}, {"wal_buffers_full", "WAL buffers full", false}, {"wal_syncs", "WAL syncs", false},
		{"checkpoints_timed", "checkpoints by time", false}, {"checkpoints_requested", "checkpoints asked for, by WAL or people", false}, {"buffers_checkpoint", "buffers written by checkpoints", false},
		{"buffers_backend", "buffers written by sessions", false}, {"buffers_alloc", "buffers allocated", false}, {"io_client_reads", "blocks read by sessions", false},
		{"io_client_evictions", "buffers evicted by sessions", false}, {"io_client_fsyncs", "fsyncs by sessions", false},
		{"operations_query", "finds", false}, {"operations_insert", "inserts", false}, {"operations_update", "updates", false}, {"operations_delete", "deletes", false},
		{"operations_getmore", "further batches", false}, {"operations_command", "other commands", false}, {"commands_find", "commands find", false}, {"commands_insert", "commands insert", false},
		{"commands_update", "commands update", false}, {"commands_delete", "commands delete", false}, {"commands_aggregate", "commands aggregate", false}, {"documents_returned", "documents returned", false},
		{"documents_examined", "documents examined", false}, {"collection_scans", "scans of whole collections", false}, {"write_conflicts", "write conflicts", false}, {"cache_bytes_read", "read into the cache", true},
		{"cache_bytes_written", "written from the cache", true}, {"cache_evicted_by_operations", "pages evicted by operations", false}, {"journal_bytes", "journal", true}, {"checkpoints", "checkpoints", false},
	}
}

func costLine(o result.Observed) string {
	c := o.Cost
	said := fmt.Sprintf("%d samples in %s. Observing kept a session busy for %s, %.2f %% of the time (cap %g %%)", o.Samples, span(o.Seconds), milli(1000*c.Seconds), 100*c.Share, 100*c.Cap)
	if c.ServerTime > 0 {
		said += fmt.Sprintf(", of which its statements ran for %s by the server's own count", milli(1000*c.ServerTime))
	}
	if c.BackedOff > 0 {
		said += fmt.Sprintf("; %s put off to stay below it, so that up to %.1f s lay between two, and not the %.1f s asked for", plural(c.BackedOff, "sample"), c.Longest, c.Asked)
	}
	if o.Trusted {
		said += ". The server does not tell whether the account can write: its owner's word was taken, and nothing but reads was sent"
	}
	return said + fmt.Sprintf(". Before the window, finding out what the account may do took %s.", milli(1000*c.BeforeOnly))
}

func storeRow(s result.ObservedStore, postgres bool) storeLine {
	name := s.Database
	if s.Store != "" {
		name += " (" + s.Store + ")"
	}
	line := storeLine{Name: name, Size: "not read", Transactions: "not told", Read: "not told", Changed: "not told", Cached: "not told", Connections: "not told"}
	if postgres {
		line.Transactions, line.Read, line.Changed, line.Cached, line.Connections = "not read", "not read", "not read", "no block wanted", "0"
	}
	if s.Bytes > 0 {
		line.Size = size(s.Bytes)
	}
	if p := s.PerSecond; p != nil {
		mean, peak := s.Transactions()
		line.Transactions = fmt.Sprintf("%.3g/s, peak %.3g/s", mean, peak)
		line.Read = fmt.Sprintf("%.3g/s", p["rows_read"]+p["rows_fetched"]+p["queries"]+p["getmore"])
		line.Changed = fmt.Sprintf("%.3g/s", s.Changes())
	}
	if s.Blocks > 0 {
		line.Cached = fmt.Sprintf("%.2f %% of %s", s.HitPercent, count(s.Blocks))
	}
	if met, known := s.Levels["connections"]; known {
		line.Connections = fmt.Sprintf("%.3g, at most %.0f", met.Mean, met.Max)
	}
	return line
}

func tableRow(database string, t result.ObservedTable, postgres bool) tableLine {
	line := tableLine{Database: database, Name: t.Name, Size: size(t.Bytes), Rows: count(t.Rows), Dead: count(t.Dead), Vacuumed: "never", Scanned: fmt.Sprintf("%.3g scans/s of %.3g rows/s; by index %.3g/s", t.ScansPerS, t.ScannedPerS, t.IndexScansPerS)}
	if !postgres { // MongoDB has no dead rows
		line.Dead, line.Vacuumed, line.Scanned = "none", "not needed", "operations not told"
		if all, counted := t.PerSecond["total"]; counted {
			line.Scanned = fmt.Sprintf("%.3g operations/s, %.3g finds/s", all, t.PerSecond["queries"])
		}
		return line
	}
	if t.VacuumedAgo >= 0 {
		line.Vacuumed = span(t.VacuumedAgo) + " ago"
	}
	if all := t.Rows + t.Dead; t.Dead > 0 && all > 0 {
		line.Dead += fmt.Sprintf(" (%.0f %%)", 100*float64(t.Dead)/float64(all))
	}
	return line
}

// size prints bytes in the unit that people use.
func size(bytes int64) string {
	value, units := float64(bytes), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	at := 0
	for ; value >= 1024 && at < len(units)-1; at++ {
		value /= 1024
	}
	return fmt.Sprintf("%.3g %s", value, units[at])
}

func perSecondText(rate float64, bytes bool) string {
	if bytes {
		return size(int64(rate)) + "/s"
	}
	return fmt.Sprintf("%.3g/s", rate)
}

func summaryObserved(page *strings.Builder, run *result.Run) {
	o := observedOf(run)
	if o == nil {
		return
	}
	fmt.Fprintf(page, "\n## What was seen\n\n%s\n", inline(o.CostLine))
	if len(o.Rows) > 0 {
		fmt.Fprintf(page, "\n| Database | Size | %s | %s | %s | %s | Connections |\n|---|--:|--:|--:|--:|--:|--:|\n", o.Words.Work, o.Words.Read, o.Words.Changed, o.Words.Pages)
	}
	for _, s := range o.Rows {
		fmt.Fprintf(page, "| %s | %s | %s | %s | %s | %s | %s |\n", inline(s.Name), s.Size, s.Transactions, s.Read, s.Changed, s.Cached, s.Connections)
	}
	if len(o.Hot) > 0 {
		page.WriteString("\n| Hot statement | Database | Calls | Mean | Share of time |\n|---|---|--:|--:|--:|\n")
	}
	for _, s := range o.Hot {
		fmt.Fprintf(page, "| %s | %s | %s | %s | %s |\n", inline(s.Text), inline(s.Database), s.Calls, s.Mean, s.Share)
	}
	for _, n := range o.NotRead {
		fmt.Fprintf(page, "\n- Not read: %s: %s", inline(n.What), inline(n.Why))
	}
	page.WriteString("\n")
}
