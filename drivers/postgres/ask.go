package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tristore/drivers/store"
)

// lookup is a statement, and how its rows lie in what they are read as.
type lookup struct {
	text string
	as   layout
}

// layout gives the places of a row's columns in the value that a pointer points to.
type layout interface{ places(row any) []any }

// column is the layout of a value that is a row's only column.
type column struct{}

func (column) places(row any) []any { return []any{row} }

// first reads the first row of a lookup; to find none is a refusal as NotFound.
func first[T any](ctx context.Context, s session, q lookup, args ...string) (T, store.Outcome) {
	var found, nothing T
	none := true
	outcome := ask(ctx, s, q, args, func(row *T) {
		if none {
			found, none = *row, false
		}
	})
	if outcome.OK() && none {
		outcome = outcomeOf(pgx.ErrNoRows)
	}
	if !outcome.OK() {
		return nothing, outcome
	}
	return found, outcome
}

// every reads all rows of a lookup.
func every[T any](ctx context.Context, s session, q lookup, args ...string) ([]T, store.Outcome) {
	found := []T{}
	outcome := ask(ctx, s, q, args, func(row *T) { found = append(found, *row) })
	if !outcome.OK() {
		return nil, outcome
	}
	return found, outcome
}

// ask asks one lookup and calls see with every row; the next one overwrites it.
func ask[T any](ctx context.Context, s session, q lookup, args []string, see func(*T)) (outcome store.Outcome) {
	if s.unprepared {
		return askUnprepared(ctx, s, q, args, see)
	}
	l, pooled, err := s.line(ctx)
	if err != nil {
		return outcomeOf(&unsent{err})
	}
	defer func() { outcome = told(err, l.release(ctx, pooled)) }()
	p, err := prepare[T](l, q) //nolint:contextcheck // the line watches the context itself; this very err is what the deferred function tells
	if err != nil {
		return outcome
	}
	l.queue(p, args)
	if err = l.send(); err == nil {
		err = rows(l, p, see)
		if end := l.ready(); end != nil {
			err = end // it was not committed, whatever rows it gave
		}
		l.forget(q.text, err)
	}
	return outcome
}

// line takes a connection of the pool and watches the context on it until it is released.
func (s session) line(ctx context.Context) (*line, *pgxpool.Conn, error) {
	pooled, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, nil, err
	}
	l := lineOf(pooled)
	if err := l.cutoff.begin(ctx); err != nil {
		_ = l.release(ctx, pooled) // nothing was sent
		return nil, nil, err
	}
	return l, pooled, nil
}

// told is the outcome of an error, and of the context's own that may have caused it.
func told(err, cause error) store.Outcome {
	if err != nil && cause != nil {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return outcomeOf(err)
}

// prepare gives the statement of a lookup, with its places for rows read as a T.
func prepare[T any](l *line, q lookup) (*prepared, error) {
	p, err := l.prepare(q.text)
	if err == nil && p.row == nil {
		row := new(T)
		err = p.readInto(l.on.TypeMap(), row, q.as.places(row))
	}
	return p, err
}

// rows reads the answer of one statement to its end, whatever comes.
func rows[T any](l *line, p *prepared, see func(*T)) error {
	var wrong error
	var empty T
	row := p.row.(*T) // a text is asked for as one type
	for {
		values, err := l.next()
		if err != nil {
			return err
		}
		if values == nil {
			return wrong
		}
		if wrong == nil {
			*row = empty // nothing of the row before may be in this one
			if wrong = p.scan(values); wrong == nil {
				see(row)
			}
		}
	}
}

// askUnprepared is ask where the address says that statements are not to be prepared, as
// behind a pooler that changes sessions between them.
func askUnprepared[T any](ctx context.Context, s session, q lookup, args []string, see func(*T)) store.Outcome {
	anything := make([]any, len(args))
	for i, arg := range args {
		anything[i] = arg
	}
	return s.each(ctx, statement{q.text, anything}, func(rows pgx.Rows) error {
		row := new(T)
		if err := rows.Scan(q.as.places(row)...); err != nil {
			return err
		}
		see(row)
		return nil
	})
}
