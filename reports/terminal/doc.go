// Package terminal says on the command line how a run is doing and how it ended.
//
// Opinion: progress is pulled. Whoever runs lanes offers a function that says where
// they stand; a Board asks it on its own tick, draws bars on a terminal and writes
// plain timestamped lines anywhere else, and holds nobody up.
// Arrow: terminal imports reports/result, reports/advice and reports/latency.
package terminal
