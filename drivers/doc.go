// Package drivers names what a platform's stores live on: the engine, how we
// reach it, and the addresses and secrets used on the way.
//
// Below it stand the store contract (store), its two implementations
// (postgres, mongo), the clusters that run them (cluster), the placing of three
// stores on clusters (deployment), backup tools (backup) and deliberate damage
// (faults). Arrow: drivers imports reports/result and nothing else of ours.
package drivers
