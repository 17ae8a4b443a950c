// Package measure records what a load saw and merges it without loss.
//
// Each worker owns a Shard and writes to it without a lock; Merge adds the shards up
// once, after the last worker has ended. All recorders share one fixed configuration,
// so that merging is exact and shards may come from anywhere, in any order.
//
// Opinion: latency runs from the due time; a stall of the store is thereby in every
// arrival that had to wait for it. Outcomes stay apart: latencies are those of
// committed arrivals, refused and unknown ones are counted by reason and kept as
// evidence. What does not fit the recorder's range is counted, and then nobody may
// believe the percentiles.
// Arrow: measure imports drivers/store and reports/result.
package measure
