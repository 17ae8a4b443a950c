// Package postgres keeps the store contract on PostgreSQL 12 to 18, with pgx.
//
// Opinion: what the contract promises to be atomic is one statement or one
// transaction on the server, never a read followed by a write here. Values are
// always parameters; names are always quoted identifiers; what decides an outcome
// is SQLSTATE, in one table. Every statement works through a pooler in transaction
// mode, except migrations, whose lock belongs to a session.
//
// Beside the contract stand what the harness asks of a server: migrations,
// inspection of its catalogue and plans, fingerprints of content, and the
// administrator's work. Arrow: postgres imports drivers and store.
package postgres
