// Package suites is the catalogue of claims and the lane that tries them on one engine.
//
// Ginkgo says only: run this check, expect that finding. The specs are declared by
// functions (conformance.Declare(lane) and its siblings below this folder), so that
// the same specs run inside the tristore command, under ginkgo, and under go test.
//
// Opinion: what a claim does is a scenarios.Check, what it promises is a judge.Rule,
// and one literal table ties the two to the sentence a reader sees. A lane saves
// facts; the expectation of a spec is the judgement of those facts and nothing else.
// Arrow: suites imports scenarios, drivers and reports; nothing imports suites but the
// root command.
package suites
