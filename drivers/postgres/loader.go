package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers/store"
)

// tables are the record types of one store.
type tables struct {
	session
	shapes map[string]*shape // by table
}

func newTables(on session, records ...store.Record) tables {
	t := tables{on, map[string]*shape{}}
	for _, record := range records {
		s := shapeOf(record)
		t.shapes[record.Table()] = &s
	}
	return t
}

// Insert writes records of one type: one by INSERT, more by COPY, which is one
// statement and so all or nothing.
func (t tables) Insert(ctx context.Context, records ...store.Record) store.Outcome {
	if len(records) == 0 {
		return store.Done()
	}
	into, known := t.shapes[records[0].Table()]
	if !known {
		return store.Refuse(store.Invalid, "this store has no table %s", records[0].Table())
	}
	for i, record := range records {
		if record.Table() != into.table {
			return store.Refuse(store.Invalid, "one call inserts records of one type: record %d goes to %s, the first to %s", i, record.Table(), into.table)
		}
	}
	if len(records) == 1 {
		values, err := into.values(records[0])
		if err != nil {
			return invalid(err)
		}
		_, outcome := t.exec(ctx, into.insert, values...)
		return outcome
	}
	return t.copy(ctx, into.table, into.columns, bulk{len(records), func(i int) ([]any, error) { return into.values(records[i]) }})
}

// bulk is rows that are made when their turn comes, while the server takes those before.
type bulk struct {
	rows int
	row  func(i int) ([]any, error)
}

// copy streams rows into a table in one statement. A row that cannot be made ends it, and
// the server then keeps none.
func (s session) copy(ctx context.Context, table string, columns []string, from bulk) store.Outcome {
	connection, err := s.pool.Acquire(ctx)
	if err != nil {
		return outcomeOf(&unsent{err})
	}
	defer connection.Release()
	var bad error
	_, err = connection.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(from.rows, func(i int) (values []any, err error) {
		values, err = from.row(i)
		if err != nil {
			bad = fmt.Errorf("row %d: %w", i, err)
		}
		return values, bad
	}))
	if bad != nil && err != nil {
		return invalid(bad)
	}
	return outcomeOf(err)
}
