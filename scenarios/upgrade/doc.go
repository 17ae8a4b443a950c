// Package upgrade brings three filled stores from one PostgreSQL major to a later one, by
// dump and restore or by logical replication, while an application writes, and asks of the
// new major what an operator needs to know before the real one: is everything there, in
// force and in order, does the application live on it, are the answers the same, how long
// could nobody write, and is there a way back.
//
// Drill is one run over one or more pairs of majors; every observation is about one pair.
// A snapshot that was restored and compared comes first: without one no upgrade begins.
//
// Opinion: the old cluster is never changed beyond what its own upgrade would need, and
// stays as it was when the application left it. What replication does not carry is named
// beforehand. Downtime runs from the last write that the old one acknowledged to the first
// that the new one did, as the application saw it, store by store; the worst counts.
// Arrow: upgrade imports scenarios, scenarios/backup, scenarios/dataset, scenarios/traffic, drivers and reports/result.
package upgrade
