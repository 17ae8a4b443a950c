package postgres

import (
	"context"
	"strconv"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Point reads rows of one column, through all that a read of a store passes.
type Point struct{ on session }

// OpenPoint opens a session as stores do.
func OpenPoint(ctx context.Context, target drivers.Target) (*Point, error) {
	on, err := openSession(ctx, target)
	return &Point{on}, err
}

// Close closes it.
func (p *Point) Close(ctx context.Context) error { return p.on.Close(ctx) }

// pgbench is the statement of `pgbench -S`.
func pgbench() lookup {
	return lookup{`SELECT "abalance" FROM "pgbench_accounts" WHERE "aid" = $1`, column{}}
}

// Balance reads the balance of one account of pgbench's.
func (p *Point) Balance(ctx context.Context, key int) (int32, store.Outcome) {
	return first[int32](ctx, p.on, pgbench(), strconv.Itoa(key))
}

// Balances reads those of several accounts together.
func (p *Point) Balances(ctx context.Context, keys ...int) ([]int32, []store.Outcome) {
	found, all := make([]int32, len(keys)), make([]pending, len(keys))
	for i, key := range keys {
		all[i] = wantOne(pgbench(), &found[i], strconv.Itoa(key))
	}
	return found, p.on.pipeline(ctx, all...)
}

// Text reads the first row of any statement that gives one column of text.
func (p *Point) Text(ctx context.Context, query string, args ...string) (string, store.Outcome) {
	return first[string](ctx, p.on, lookup{query, column{}}, args...)
}

// Texts asks several such statements together, each with the one argument.
func (p *Point) Texts(ctx context.Context, arg string, queries ...string) ([]string, []store.Outcome) {
	found, all := make([]string, len(queries)), make([]pending, len(queries))
	for i, query := range queries {
		all[i] = wantOne(lookup{query, column{}}, &found[i], arg)
	}
	return found, p.on.pipeline(ctx, all...)
}
