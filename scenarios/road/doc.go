// Package road is the one way from a plan for one engine to the facts of its run: the
// head that such plans have in common, the start of the cluster, the proof of the
// generator and the canaries around a window, the look at it once a second, and the end
// of everything that was started.
//
// Opinion: whatever happens, facts are left, with the reason beside them. Nothing here
// knows a workload, and nothing here judges.
// Arrow: road imports drivers, reports/result, and of scenarios load, measure and witness.
package road
