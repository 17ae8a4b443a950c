// Package campaign offers one workload to one engine at one rate and keeps the facts: it
// starts the cluster, loads the data set, offers the load in an open loop, and writes
// down what must be known to judge the window again without any server.
//
// Opinion: whatever happens, facts are left. A run that is cancelled or whose store dies
// keeps what was measured until then, with the reason beside it; it is never an average
// of what went well. Nothing here judges.
// Before the window the generator proves itself, and canaries say how fast the machine is;
// the window begins when the series of latencies has no change of level any more.
// Arrow: campaign imports road, the workloads, dataset, load, measure, witness, drivers,
// reports/result and reports/stats.
package campaign
