package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tristore/drivers"
	"tristore/drivers/store"
)

// session runs statements on a pool and tells how each ended. A connection is taken
// before anything is sent, so that a full or unreachable pool is never Unknown.
type session struct {
	pool       *pgxpool.Pool
	unprepared bool // the address asks for statements that are not prepared by name
}

// openSession opens a pool, and reads from its address how statements are to be sent.
func openSession(ctx context.Context, target drivers.Target) (session, error) {
	pool, err := openPool(ctx, target)
	if err != nil {
		return session{}, err
	}
	return session{pool, pool.Config().ConnConfig.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement}, nil
}

// Close returns the pool's connections; operations under way are waited for.
func (s session) Close(ctx context.Context) error { return closePool(ctx, s.pool) }

// one reads the first row of a query into the given places.
func (s session) one(ctx context.Context, query string, into []any, args ...any) store.Outcome {
	connection, err := s.pool.Acquire(ctx)
	if err != nil {
		return outcomeOf(&unsent{err})
	}
	defer connection.Release()
	return outcomeOf(connection.QueryRow(ctx, query, args...).Scan(into...))
}

// exec runs a statement and returns how many rows it touched.
func (s session) exec(ctx context.Context, statement string, args ...any) (int64, store.Outcome) {
	connection, err := s.pool.Acquire(ctx)
	if err != nil {
		return 0, outcomeOf(&unsent{err})
	}
	defer connection.Release()
	tag, err := connection.Exec(ctx, statement, args...)
	return tag.RowsAffected(), outcomeOf(err)
}

// each calls see for every row of a query.
func (s session) each(ctx context.Context, statement statement, see func(pgx.Rows) error) store.Outcome {
	connection, err := s.pool.Acquire(ctx)
	if err != nil {
		return outcomeOf(&unsent{err})
	}
	defer connection.Release()
	rows, err := connection.Query(ctx, statement.text, statement.args...)
	if err != nil {
		return outcomeOf(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := see(rows); err != nil {
			return outcomeOf(err)
		}
	}
	return outcomeOf(rows.Err())
}

// statement is SQL with its values.
type statement struct {
	text string
	args []any
}

// together sends statements in one round trip, as one transaction, and returns how many
// rows each touched.
func (s session) together(ctx context.Context, statements ...statement) ([]int64, store.Outcome) {
	connection, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, outcomeOf(&unsent{err})
	}
	defer connection.Release()
	batch := &pgx.Batch{} // without BEGIN the server runs one batch as one transaction
	for _, one := range statements {
		batch.Queue(one.text, one.args...)
	}
	results := connection.SendBatch(ctx, batch)
	touched := make([]int64, 0, len(statements))
	for range statements {
		tag, err := results.Exec()
		if err != nil {
			return nil, failedBatch(err, results)
		}
		touched = append(touched, tag.RowsAffected())
	}
	return touched, outcomeOf(results.Close())
}

// failedBatch reports the first error; closing repeats it.
func failedBatch(err error, results pgx.BatchResults) store.Outcome {
	_ = results.Close()
	return outcomeOf(err)
}

// transaction runs do between BEGIN and COMMIT. An Unknown from the commit stays Unknown.
func (s session) transaction(ctx context.Context, do func(pgx.Tx) error) store.Outcome {
	connection, err := s.pool.Acquire(ctx)
	if err != nil {
		return outcomeOf(&unsent{err})
	}
	defer connection.Release()
	var refusal *refusedHere
	err = pgx.BeginFunc(ctx, connection, do)
	if errors.As(err, &refusal) {
		return refusal.outcome
	}
	return outcomeOf(err)
}

// refusedHere carries a refusal of ours out of a transaction, which it rolls back.
type refusedHere struct{ outcome store.Outcome }

func (r *refusedHere) Error() string { return r.outcome.Detail() }
