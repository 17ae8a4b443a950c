// Package dataset says what the stores hold before a load: every row is a pure
// function of (seed, index), so that a workload, a replay or a reader of a saved run
// knows what must be there without a look-up and without keeping it.
//
// A Loading inserts rows on several connections and goes on where an interrupted one
// stopped; a Verification compares stores with the rows as they are computed again.
//
// Identity fills users and permissions, Collections fills what agents leave behind.
// A Stream gives the choices of one arrival; Keys says which rows are asked for:
// uniform, zipfian or latest.
//
// Opinion: user 0 is a deactivated account that no workload and no replay asks for,
// so that a row lost from the head of a table is found by comparing content and not
// by luck. Sizes are numbers in the plan; times are fixed, never the clock's.
// Arrow: dataset imports drivers/store and drivers/deployment.
package dataset
