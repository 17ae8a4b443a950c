package mongo

import (
	"hash/fnv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"tristore/drivers"
	"tristore/reports/result"
)

// figure is one number of serverStatus [G]: where the versions keep it, the first that is
// there counts, and under which name it stands in a reading.
type figure struct {
	name  string
	scale float64
	paths []string // parts divided by /, since some hold dots and spaces
}

// statusCounters are what only grows until the server starts again.
func statusCounters() []figure {
	all := []figure{
		{"documents_returned", 1, []string{"metrics/document/returned"}}, {"documents_inserted", 1, []string{"metrics/document/inserted"}},
		{"documents_updated", 1, []string{"metrics/document/updated"}}, {"documents_deleted", 1, []string{"metrics/document/deleted"}},
		{"documents_examined", 1, []string{"metrics/queryExecutor/scannedObjects"}}, {"keys_examined", 1, []string{"metrics/queryExecutor/scanned"}},
		{"collection_scans", 1, []string{"metrics/queryExecutor/collectionScans/total"}}, {"sorts_in_memory", 1, []string{"metrics/operation/scanAndOrder"}},
		{"write_conflicts", 1, []string{"metrics/operation/writeConflicts"}}, {"page_faults", 1, []string{"extra_info/page_faults"}},
		{"network_bytes_in", 1, []string{"network/bytesIn"}}, {"network_bytes_out", 1, []string{"network/bytesOut"}}, {"network_requests", 1, []string{"network/numRequests"}},
		{"connections_made", 1, []string{"connections/totalCreated"}}, {"connections_rejected", 1, []string{"connections/rejected"}},
		{"cache_pages_wanted", 1, []string{"wiredTiger/" + pagesWanted}}, {"cache_pages_read", 1, []string{"wiredTiger/" + pagesRead}},
		{"cache_evicted_by_operations", 1, []string{"wiredTiger/cache/pages evicted by application threads"}},
		{"cache_bytes_read", 1, []string{"wiredTiger/cache/bytes read into cache"}}, {"cache_bytes_written", 1, []string{"wiredTiger/cache/bytes written from cache"}},
		{"journal_bytes", 1, []string{"wiredTiger/log/log bytes written"}}, {"journal_syncs", 1, []string{"wiredTiger/log/log sync operations"}},
		{"checkpoints", 1, []string{"wiredTiger/transaction/transaction checkpoints", "wiredTiger/checkpoint/total succeed number of checkpoints"}},
		{"transactions_committed", 1, []string{"transactions/totalCommitted"}}, {"transactions_aborted", 1, []string{"transactions/totalAborted"}},
		{"latency_reads_ms", 1e-3, []string{"opLatencies/reads/latency"}}, {"latency_reads", 1, []string{"opLatencies/reads/ops"}},
		{"latency_writes_ms", 1e-3, []string{"opLatencies/writes/latency"}}, {"latency_writes", 1, []string{"opLatencies/writes/ops"}},
		{"latency_commands_ms", 1e-3, []string{"opLatencies/commands/latency"}}, {"latency_commands", 1, []string{"opLatencies/commands/ops"}},
	}
	for _, kind := range []string{"insert", "query", "update", "delete", "getmore", "command"} {
		all = append(all, figure{"operations_" + kind, 1, []string{"opcounters/" + kind}})
	}
	for _, command := range []string{"find", "getMore", "insert", "update", "delete", "findAndModify", "aggregate", "count", "distinct"} {
		all = append(all, figure{"commands_" + command, 1, []string{"metrics/commands/" + command + "/total"}})
	}
	return all
}

// Pages of the cache, in the words of the storage engine.
const (
	pagesWanted = "cache/pages requested from the cache"
	pagesRead   = "cache/pages read into cache"
)

// statusLevels are what goes up and down. Tickets moved to queues in MongoDB 8.
func statusLevels() []figure {
	all := []figure{
		{"connections", 1, []string{"connections/current"}}, {"connections_free", 1, []string{"connections/available"}}, {"connections_active", 1, []string{"connections/active"}},
		{"queued_readers", 1, []string{"globalLock/currentQueue/readers"}}, {"queued_writers", 1, []string{"globalLock/currentQueue/writers"}},
		{"active_readers", 1, []string{"globalLock/activeClients/readers"}}, {"active_writers", 1, []string{"globalLock/activeClients/writers"}},
		{"memory_resident_bytes", 1 << 20, []string{"mem/resident"}}, {"cache_bytes", 1, []string{"wiredTiger/cache/bytes currently in the cache"}},
		{"cache_dirty_bytes", 1, []string{"wiredTiger/cache/tracked dirty bytes in the cache"}}, {"cache_max_bytes", 1, []string{"wiredTiger/cache/maximum bytes configured"}},
		{"transactions_open", 1, []string{"transactions/currentOpen"}}, {"cursors_open", 1, []string{"metrics/cursor/open/total"}},
	}
	for _, kind := range []string{"read", "write"} {
		old, now := "wiredTiger/concurrentTransactions/"+kind, "queues/execution/"+kind
		all = append(all, figure{"tickets_" + kind + "_free", 1, []string{old + "/available", now + "/available"}}, figure{"tickets_" + kind + "_total", 1, []string{old + "/totalTickets", now + "/totalTickets"}},
			figure{"tickets_" + kind + "_queued", 1, []string{old + "/normalPriority/queueLength", now + "/normalPriority/queueLength"}})
	}
	return all
}

// sections are what a reader would look for, and the name of one figure that tells
// whether it was there.
func sections() map[string]string {
	return map[string]string{result.UntoldConnections: "connections", result.UntoldRefused: "connections_rejected", result.UntoldTickets: "tickets_read_free", "queues of operations": "queued_readers",
		"operations by kind": "operations_query", "documents read and changed": "documents_returned", "the cache": "cache_pages_wanted", "transactions of several documents": "transactions_open"}
}

// readStatus reads a reply to serverStatus. What it does not hold is missing in the reading.
func readStatus(reply bson.Raw, r *drivers.Reading) (missing []string) {
	counters, levels := drivers.Named{}, drivers.Named{}
	for _, from := range []struct {
		figures []figure
		into    drivers.Named
	}{{statusCounters(), counters}, {statusLevels(), levels}} {
		for _, f := range from.figures {
			if value, known := lookup(reply, f.paths...); known {
				from.into[f.name] = f.scale * value
			}
		}
	}
	for what, name := range sections() {
		_, counts := counters[name]
		if _, stands := levels[name]; !counts && !stands {
			missing = append(missing, what)
		}
	}
	if most := levels["cache_max_bytes"]; most > 0 {
		levels["cache_used_pct"], levels["cache_dirty_pct"] = 100*levels["cache_bytes"]/most, 100*levels["cache_dirty_bytes"]/most
	}
	if pid, known := lookup(reply, "pid"); known { // counters of another process begin anew
		counters["reset_process"] = pid
	}
	if host, is := reply.Lookup("host").StringValueOK(); is {
		sum := fnv.New32()
		_, _ = sum.Write([]byte(host)) // which cannot fail
		counters["reset_host"] = float64(sum.Sum32())
	}
	r.Counters[""], r.Levels[""] = counters, levels
	return missing
}

// lookup is the number at the first of some paths that is there.
func lookup(document bson.Raw, paths ...string) (value float64, known bool) {
	for _, path := range paths {
		found, err := document.LookupErr(strings.Split(path, "/")...)
		if err != nil {
			continue
		}
		if value, known = found.AsFloat64OK(); known {
			return value, true
		}
		if whole, is := found.AsInt64OK(); is {
			return float64(whole), true
		}
	}
	return 0, false
}
