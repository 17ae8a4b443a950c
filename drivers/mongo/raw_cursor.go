package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"

	"tristore/drivers/store"
)

// keptMax bounds the cursors that all senders of a client keep for batches to come.
const keptMax = 1024

// Holds tells whether a cursor is open here, so that its next batch can be asked for.
func (r *Raw) Holds(cursor string) bool {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	return r.of.kept[cursor] != nil
}

// begin sends a command whose cursor others read on in, maybe of other senders: the
// driver keeps the server's session with it.
func (r *Raw) begin(ctx context.Context, name string, command bson.D) store.Outcome {
	return r.session.do(ctx, func(ctx context.Context) error {
		cursor, err := r.session.in.RunCommandCursor(ctx, command)
		if err != nil {
			return err
		}
		r.rows += int64(cursor.RemainingBatchLength())
		r.of.mu.Lock()
		keep := cursor.ID() != 0 && len(r.of.kept) < keptMax && r.of.kept[name] == nil
		if keep {
			r.of.kept[name] = cursor
		}
		r.of.mu.Unlock()
		if !keep {
			return cursor.Close(ctx)
		}
		return nil
	})
}

// further asks for the next batch of a cursor.
func (r *Raw) further(ctx context.Context, command RawCommand, parsed bson.D) store.Outcome {
	r.of.mu.Lock()
	cursor := r.of.kept[command.Cursor]
	r.of.mu.Unlock()
	if cursor == nil {
		return invalid(errors.New("a further batch of a cursor that is not open"))
	}
	for _, e := range parsed {
		if size, is := e.Value.(int32); is && e.Key == "batchSize" {
			cursor.SetBatchSize(size)
		}
	}
	outcome := r.session.do(ctx, func(ctx context.Context) error {
		for here := cursor.RemainingBatchLength(); here > 0; here-- {
			cursor.Next(ctx) // of the batch that is here already, which asks nobody
		}
		if cursor.Next(ctx) {
			r.rows += int64(1 + cursor.RemainingBatchLength())
		}
		return cursor.Err()
	})
	if command.Last || cursor.ID() == 0 || !outcome.OK() {
		r.of.forget(ctx, command.Cursor)
	}
	return outcome
}

// forget closes a cursor. One that cannot be closed is left to the server, which ends it
// when nobody asked for ten minutes.
func (r *RawClient) forget(ctx context.Context, name string) {
	r.mu.Lock()
	cursor := r.kept[name]
	delete(r.kept, name)
	r.mu.Unlock()
	if cursor != nil {
		_ = cursor.Close(ctx)
	}
}
