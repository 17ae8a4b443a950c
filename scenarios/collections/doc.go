// Package collections is the load that agents and their owners put on the collections
// store: lists by workspace sorted by date, look-ups, counts, sums, appended messages
// with their counters, upserts of metrics, a few bulks, rare deletes.
//
// Workspaces are asked for by a zipfian, and the few huge ones are the hottest. What
// is asked is a function of the arrival's number, and the answers are compared with
// what the data set says.
//
// The package knows nothing of rates, phases or pages. Arrow: collections imports
// scenarios, dataset, load, drivers and reports/result.
package collections
