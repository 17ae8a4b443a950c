package transfer

import (
	"context"
	"errors"
	"fmt"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// batchRows and batchBytes bound one insert. Rows' sizes are told by their JSON text; the
// protocols allow 16 MB a row and 48 MB a message.
const (
	batchRows  = 1000
	batchBytes = 4 << 20
)

// batch is rows of one table on their way.
type batch struct {
	of      table
	in      store.Name
	into    *deployment.Deployment
	account *Account

	ids       []string
	records   []store.Record
	documents []store.Document
	bytes     int
}

func (b *batch) add(id string, row any) {
	b.ids = append(b.ids, id)
	switch row := row.(type) {
	case store.Document:
		b.documents = append(b.documents, row)
		b.bytes += sizeOf(row)
	case store.Record:
		b.records = append(b.records, row)
		b.bytes += sizeOf(row)
	}
}

// sizeOf guesses: printing costs less than encoding.
func sizeOf(row any) int { return len(fmt.Sprint(row)) }

func (b *batch) full() bool { return len(b.ids) >= batchRows || b.bytes >= batchBytes }

// send inserts the rows and empties the batch. A row that the target refuses is counted and
// named, and the others go in; an end that nobody can tell is an error, since another pass
// must look first.
func (b *batch) send(ctx context.Context) error {
	defer func() { b.ids, b.records, b.documents, b.bytes = nil, nil, nil, 0 }()
	return b.insert(ctx, 0, len(b.ids))
}

// insert sends rows from, to: all in one call, and where that is refused by halves, so that
// one bad row is found in as many calls as its number has bits.
func (b *batch) insert(ctx context.Context, from, to int) error {
	if from == to {
		return nil
	}
	outcome := b.call(ctx, from, to)
	switch {
	case outcome.OK():
		b.account.Inserted += int64(to - from)
		return nil
	case !outcome.Is(store.Invalid) && !outcome.Is(store.Unique):
		return fmt.Errorf("inserting %d rows: %w", to-from, errors.New(outcome.Detail()))
	case to-from == 1:
		b.account.Refused++
		b.account.name("%s %s: the target refuses this row: %s", b.of.name, b.ids[from], outcome)
		return nil
	}
	middle := from + (to-from)/2
	return errors.Join(b.insert(ctx, from, middle), b.insert(ctx, middle, to))
}

func (b *batch) call(ctx context.Context, from, to int) store.Outcome {
	switch {
	case b.of.like == nil:
		return b.into.Collections.BulkCreate(ctx, b.of.schema.Collection, b.documents[from:to])
	case b.in == store.UsersStore:
		return b.into.Users.Insert(ctx, b.records[from:to]...)
	case b.in == store.PermissionsStore:
		return b.into.Permissions.Insert(ctx, b.records[from:to]...)
	default:
		return b.into.Collections.Insert(ctx, b.records[from:to]...)
	}
}
