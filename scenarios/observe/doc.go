// Package observe reads a live cluster through an account that cannot write, and says what
// was seen: rates per store, sizes, cache, waits, hot statements, connections, checkpoints
// and vacuum. Judge decides on the platform's thresholds afterwards.
//
// Opinion: that the account cannot write is found out, never believed. What observing costs
// is measured with it and capped: a sample that would cost too much is put off, and said to
// be. Of the rows nothing is read, and of statements their literals are not kept.
// Arrow: observe imports trace (which knows literals), drivers and reports/result.
package observe
