// Package replay sends a trace to a server as it was recorded, and records what became
// of it.
//
// A statement is sent when it is due, at the recorded rate, a multiple of it or as fast
// as possible. The statements of one session are sent one after the other and in their
// order, sessions beside each other on a fixed number of connections. A connection
// belongs to a session for as long as a transaction of it is open, and between two
// transactions to whoever comes first, as behind a pooler: the number of sessions in a
// trace has no bound, that of connections has.
//
// Opinion: the trace is the queue. When every connection is busy, statements stay in the
// file and start late, and their latency runs from when they were due; none is left out
// to catch up. By default a replay is read-only: every read stands in a transaction that
// the server keeps read-only, no other statement is sent, and each one that was not is
// counted by its reason.
// Arrow: replay imports drivers, reports/result, and of scenarios road, trace, load, measure and witness.
package replay
