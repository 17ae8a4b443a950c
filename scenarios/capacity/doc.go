// Package capacity measures what a second cluster would change: the 2×2 of auth alone,
// collections alone, both on one cluster, and both on two clusters of the same total
// hardware, in interleaved blocks; and, when asked, the load at which the one cluster
// breaks the promise to the auth path, by package boundary.
//
// Opinion: cells of one block see the same minute of the machine, the same arrivals
// and the same requests, so that what differs is the placing. All clusters stay up,
// idle ones too. Windows in which the generator was late are kept and marked; a few
// spare blocks make up for theirs, whatever the stores did in them. Facts are kept after
// every window, so that a measurement goes on where it was interrupted. The package
// decides nothing: reports/advice reads the facts.
// Arrow: capacity imports boundary, road, the two workloads, load, dataset, witness, drivers and
// reports/result.
package capacity
