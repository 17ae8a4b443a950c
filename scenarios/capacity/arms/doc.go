// Package arms asks why the auth path is slow beside collections, and whether it is the
// neighbour at all: it runs the two workloads in several ways (arms), each once in every
// block, and keeps what each window measured with what the server's statistics said of it.
//
// Three tests: dose (0, 33, 66 and 100 % of the collections rate), growth (three sizes of
// the collections' data, from inside to beyond the cache) and causes (interventions, each
// with an arm of auth alone and one of both).
//
// Opinion: what statistics show together is a suspicion; a cause is what an intervention
// took away, in the same blocks. The package decides nothing: reports/effect does.
// Arrow: arms imports capacity, observe, dataset, drivers and reports/result.
package arms
