// Package faults is deliberate damage, to prove that the checks can fail.
//
// A fault sits where a check cannot see it: in the database after it was migrated
// or restored, or between the check and a store. It shares no code with any check.
// A fault that changed nothing reports an error, because a fault that did not fire
// proves nothing.
//
// Opinion: the zero Fault is no damage, so that every road calls its hooks and
// nobody asks whether there is one. Arrow: faults imports drivers, store,
// deployment, postgres and mongo; no scenario looks inside it.
package faults
