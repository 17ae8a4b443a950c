package prepared

import (
	"time"

	"tristore/reports/result"
	"tristore/scenarios/auth"
	"tristore/scenarios/capacity"
	"tristore/scenarios/collections"
	"tristore/scenarios/dataset"
)

// beside is a reading of the cluster that both loads share.
func beside(reading string, least float64, says string) result.Shown {
	return result.Shown{Cell: result.SharedCluster, Reading: reading, Says: says, AtLeast: least}
}

// fewLarge are few and large tables, read by id, in lists and whole.
func fewLarge(conversations int) capacity.Sizes {
	return capacity.Sizes{Workspaces: 3, Conversations: conversations, MessagesPerConversation: 10, MessageBytes: 100, Agents: 4, MetricHours: 24, Bindings: 4, HugeFactor: 1}
}

func cpuCollections() Deployment {
	return Deployment{
		Prepared: result.Prepared{Name: "cpu-collections", Verdict: "ISOLATE", Cause: "CPU",
			Made:  "reports that sum up whole collections, all of them in the cache, ask for more than the cores have beside auth",
			Proof: []result.Shown{beside("on_cpu", 1, "sessions on the CPU or waiting for it")}},
		change: func(p *capacity.Plan) {
			p.CollectionsRate, p.Mix, p.BulkRows, p.Collections = 150, collections.Heavy, 1, fewLarge(1000)
		},
	}
}

func noisyNeighbour() Deployment {
	return Deployment{
		Prepared: result.Prepared{Name: "noisy-neighbour", Verdict: "ISOLATE", Cause: "CPU",
			Made:  "imports in bulks of thousands of rows keep the cores that auth shares with them busy",
			Proof: []result.Shown{beside("rows_inserted", 2000, "rows inserted per second"), beside("active", 0.5, "sessions at work")}},
		change: func(p *capacity.Plan) {
			p.CollectionsRate, p.Mix, p.BulkRows = 30, collections.Heavy, 3000
			p.Made = &capacity.Made{Settings: map[string]string{"max_wal_size": "4GB", "wal_buffers": "64MB"}}
		},
	}
}

func cacheGrowth() Deployment {
	return Deployment{Since: 16, // the first that can read past the machine's cache
		Prepared: result.Prepared{Name: "cache-growth", Verdict: "REMEDY_FIRST", Cause: "cache",
			Made:  "collections many times as large as shared_buffers, read past the machine's own cache (debug_io_direct), so that what the server does not hold comes from the disk",
			Proof: []result.Shown{beside("wait.IO", 0.3, "sessions waiting for the disk"), beside("blocks_read", 200, "blocks read from outside the cache per second")}},
		change: func(p *capacity.Plan) {
			p.CollectionsRate, p.Mix, p.Collections = 40, collections.Everyday, fewLarge(2000)
			p.Made = &capacity.Made{Settings: map[string]string{"debug_io_direct": "data", "shared_buffers": "2MB", "max_parallel_workers_per_gather": "0"}}
		},
	}
}

func walBulks() Deployment {
	return Deployment{
		Prepared: result.Prepared{Name: "wal-bulks", Verdict: "REMEDY_FIRST", Cause: "checkpoints",
			Made:  "bulks through the smallest WAL buffers, each write of which waits for the disk (open_datasync), beside visitors whose every sign-up waits for the same",
			Proof: []result.Shown{beside("wal_buffers_full", 20, "times per second that WAL buffers were full"), beside("wal_bytes", 500_000, "bytes of WAL per second")}},
		Since: 14,
		change: func(p *capacity.Plan) {
			p.CollectionsRate, p.Mix, p.BulkRows, p.AuthMix = 20, collections.Heavy, 1000, auth.Visitors
			p.Made = &capacity.Made{Settings: map[string]string{"wal_buffers": "32kB", "wal_sync_method": "open_datasync", "max_wal_size": "64MB"}}
		},
	}
}

func missingIndex() Deployment {
	return Deployment{
		Prepared: result.Prepared{Name: "missing-index", Verdict: "REMEDY_FIRST", Cause: "index",
			Made:  "the indexes that lists of collections look rows up by are dropped, on few and large tables",
			Proof: []result.Shown{beside("rows_read", 100_000, "rows read by scans per second")}},
		change: func(p *capacity.Plan) {
			p.CollectionsRate, p.Mix, p.Collections = 60, collections.Everyday, fewLarge(4000)
			p.Made = &capacity.Made{NoIndexes: true}
		},
	}
}

func lockContention() Deployment {
	return Deployment{
		Prepared: result.Prepared{Name: "lock-contention", Verdict: "REMEDY_FIRST", Cause: "locks",
			Made:  "a backfill beside collections locks all users, time and again, and does something else for a tenth of a second while it holds them",
			Proof: []result.Shown{beside("lock_waits", 0.3, "sessions waiting for a lock"), beside("idle_in_transaction_max", 1, "sessions idle in a transaction")}},
		change: func(p *capacity.Plan) {
			p.CollectionsRate, p.Mix, p.AuthMix = 5, collections.Everyday, auth.Storm
			p.Identity, p.Collections = dataset.Small(), dataset.SmallCollections()
			p.Made = &capacity.Made{Held: 100 * time.Millisecond}
		},
	}
}
