// Package conformance checks that a store keeps the contract on the engine at hand:
// one winner per unique value, no lost share, the documented difference and no other
// between the engines, all-or-nothing bulks, tenants that never meet, and plans that
// use indexes.
//
// Each exported function is a scenarios.Check; its comment lists the facts it records
// and what a sound store gives. It judges nothing and knows of no fault. An Unknown
// outcome is counted and taken as neither committed nor refused.
// Arrow: conformance imports scenarios, drivers and reports/result.
package conformance
