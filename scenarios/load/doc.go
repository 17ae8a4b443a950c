// Package load offers arrivals to a step at times that the step cannot influence.
//
// A Pacer says when each arrival is due, as a function of its number; Open starts each
// at its due time or as soon after as a worker is free, and hands what happened to
// measure. A Step is one unit of work; the loop belongs here.
//
// Opinion: the schedule never waits for the store. Arrivals that can still start late
// are started late, and their latency runs from when they were due; one is dropped
// only when the bounded queue is full or the run ends, and then it is counted.
// Arrow: load imports measure, drivers/store and reports/result.
package load
