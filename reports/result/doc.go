// Package result is the saved run: facts first, then the findings judged from them.
//
// One file, run.json, schema 1. Names others may rely on: schema, id, verdict,
// seed, command, engines[] {engine, version, reach, verdict, seconds},
// findings[] {claim, engine, status, reason, evidence}, plan,
// environment {asked, in_force}, measurements. Besides them stand observations,
// the raw facts of each claim, from which the findings can be judged again
// without any server; not_run, what was left out and why; fault, what was broken on
// purpose, if anything; split, the windows of the split measurement; observed, what
// was read of a live cluster.
//
// Opinion: the zero Status is INCONCLUSIVE, so a finding nobody filled in never
// passes. A file with a newer schema is refused by name; older ones are read.
// Arrow: result imports nothing of ours.
package result
