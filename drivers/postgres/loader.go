package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tristore/drivers/store"
)

// tables are the record types of one store.
type tables struct {
	session
	shapes map[string]shape // by table
}

func newTables(on session, records ...store.Record) tables {
	t := tables{on, map[string]shape{}}
	for _, record := range records {
		t.shapes[record.Table()] = shapeOf(record)
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
	rows := make([][]any, len(records))
	for i, record := range records {
		if record.Table() != into.table {
			return store.Refuse(store.Invalid, "one call inserts records of one type: record %d goes to %s, the first to %s", i, record.Table(), into.table)
		}
		var err error
		if rows[i], err = into.values(record); err != nil {
			return invalid(err)
		}
	}
	if len(rows) == 1 {
		_, outcome := t.exec(ctx, into.insert, rows[0]...)
		return outcome
	}
	return t.copy(ctx, into.table, into.columns, rows)
}

// copy streams rows into a table in one statement.
func (s session) copy(ctx context.Context, table string, columns []string, rows [][]any) store.Outcome {
	connection, err := s.pool.Acquire(ctx)
	if err != nil {
		return outcomeOf(&unsent{err})
	}
	defer connection.Release()
	_, err = connection.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
	return outcomeOf(err)
}
