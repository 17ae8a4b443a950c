// Package store is the contract that both engine families keep: three stores,
// their records, the operations a request path uses, and the outcome of each.
//
// Opinion: an operation ends Committed, Refused with a typed reason, or Unknown,
// and the zero value is Unknown. A store never returns a bare error: whatever the
// driver said is evidence inside the Outcome, classified by SQLSTATE, server code
// or error label and never by its text.
//
// Records carry the platform's names: snake_case columns for PostgreSQL (db tags,
// tables quoted and case-sensitive), camelCase fields for MongoDB (bson tags).
// Source marks [D] documented, [C] seen in code, [I] inferred are those of the
// platform fact sheet. Arrow: store imports nothing of ours.
package store
