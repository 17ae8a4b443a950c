// Package mongo keeps the store contract on MongoDB 6 to 8 and on servers that speak
// its protocol, with the official driver.
//
// Opinion: what the contract promises to be atomic is one command over one document, or
// one transaction where a probe has shown that the server has transactions; where it
// has none, a unique _id decides, and the doc comment says what a crash leaves behind.
// What decides an outcome is the server's code or the driver's label, in one table, and
// whether a command had left for the server. The answers are the engine's own: nothing
// of PostgreSQL is imitated here.
//
// Beside the contract stand what the harness asks of a server: migrations, inspection
// of its indexes and plans, fingerprints of content, and the administrator's work.
// Arrow: mongo imports drivers and store.
package mongo
