// Package trace keeps recorded workloads: it makes a trace from the logs of a real
// server, reads one, and says what a replay may do with a statement.
//
// A trace is one file that is written and read as a stream:
//
//	header    a skippable zstd frame that holds "tristore-trace 1\n" in plain text
//	body      one zstd frame of records in the order in which they are due
//	trailer   a skippable zstd frame that holds the Summary as JSON and ends in "trcend1\n"
//
// so that head tells what the file is, zstd -d unpacks it, a file without its end is
// known before anything of it is used, and a version that this package does not know is
// refused by name. A record is its length and its fields (record.go); nothing is longer
// than RecordMax, and neither a reader nor a writer holds more than one record.
//
// From the collection of MongoDB's profiler come commands in canonical extended JSON instead
// of SQL; the summary's Source tells which. What a driver puts around a command (session,
// concerns, cluster time, comment) stays behind, and a field that is not known
// keeps a command out of the trace: on MongoDB nothing else keeps a replay from writing.
//
// Opinion: nothing is dropped in silence. A statement of a log that no replay could send
// is counted by reason while importing, one that this replay does not send is counted
// by reason while replaying, and both counts stand in the result.
// Arrow: trace imports nothing of ours; replay plays what it reads.
package trace
