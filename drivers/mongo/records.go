package mongo

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers/store"
)

// records reads and inserts the record types of one store.
type records struct {
	session
	tables map[string]bool
}

func newRecords(on session, all ...store.Record) records {
	r := records{on, map[string]bool{}}
	for _, record := range all {
		r.tables[record.Table()] = true
	}
	return r
}

// read gets the first record that the filter finds.
func read[T store.Record](ctx context.Context, r records, filter bson.D, order ...bson.E) (T, store.Outcome) {
	var record T
	how := options.FindOne()
	if len(order) > 0 {
		how.SetSort(bson.D(order))
	}
	outcome := r.do(ctx, func(ctx context.Context) error {
		return r.in.Collection(record.Table()).FindOne(ctx, filter, how).Decode(&record)
	})
	if !outcome.OK() {
		var none T
		return none, outcome
	}
	return record, outcome
}

// listDefault is how many rows a list gives when the caller does not say [C].
const listDefault = 20

// readAll gets the records that the filter finds, at most limit; zero is no limit.
func readAll[T store.Record](ctx context.Context, r records, filter bson.D, how *options.FindOptionsBuilder) ([]T, store.Outcome) {
	var none T
	all := []T{}
	outcome := r.do(ctx, func(ctx context.Context) error {
		found, err := r.in.Collection(none.Table()).Find(ctx, filter, how)
		if err != nil {
			return err
		}
		return found.All(ctx, &all)
	})
	if !outcome.OK() {
		return nil, outcome
	}
	return all, outcome
}

// Insert writes records of one type, all or none; see insertAll for servers without
// transactions.
func (r records) Insert(ctx context.Context, all ...store.Record) store.Outcome {
	if len(all) == 0 {
		return store.Done()
	}
	table := all[0].Table()
	if !r.tables[table] {
		return store.Refuse(store.Invalid, "this store has no collection %s", table)
	}
	rows := make([]any, len(all))
	for i, record := range all {
		if record.Table() != table {
			return store.Refuse(store.Invalid, "one call inserts records of one type: record %d goes to %s, the first to %s", i, record.Table(), table)
		}
		rows[i] = stored(record)
	}
	return r.insertAll(ctx, r.in.Collection(table), rows)
}

// stored is a record as it is kept: an email in lower case, as the platform keeps it
// [C], and a permission map that is never null, so that one entry can be set in it.
func stored(record store.Record) store.Record {
	some := func(s *store.Subject) {
		if s.Permissions == nil {
			s.Permissions = map[string]store.Grant{}
		}
	}
	switch r := record.(type) {
	case store.User:
		if r.Email != nil {
			lower := strings.ToLower(*r.Email)
			r.Email = &lower
		}
		return r
	case store.Workspace:
		some(&r.Subject)
		return r
	case store.Page:
		some(&r.Subject)
		return r
	case store.File:
		some(&r.Subject)
		return r
	case store.AppSecret:
		some(&r.Subject)
		return r
	case store.Role:
		some(&r.Subject)
		return r
	}
	return record
}

// takeBackMax bounds the removal of what a refused bulk had written.
const takeBackMax = 30 * time.Second

// messageMax is the protocol's limit on one message: more rows go in several commands.
const messageMax = 48_000_000

// insertAll writes rows, each with its _id, all or none: in a transaction where the
// server has them. Where it has none, it stops at the first refused row and removes the
// rows before it by their _id. There, a crash of this process in between leaves those
// rows, others can see them for that moment, and a removal that fails is Unknown.
func (s session) insertAll(ctx context.Context, into *driver.Collection, rows []any) store.Outcome {
	if len(rows) == 1 {
		return s.insertOne(ctx, into, rows[0])
	}
	insert := func(ctx context.Context) error {
		_, err := into.InsertMany(ctx, rows, options.InsertMany().SetOrdered(true))
		return err
	}
	if s.transactions {
		return s.transaction(ctx, insert)
	}
	var refusal error
	outcome := s.do(ctx, func(ctx context.Context) error {
		refusal = insert(ctx)
		return refusal
	})
	if outcome.Status != store.Refused {
		return outcome
	}
	written, known := writtenBefore(refusal, rows)
	if !known {
		return store.Outcome{Code: outcome.Code, Err: refusal}
	}
	if len(written) == 0 {
		return outcome
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeBackMax)
	defer cancel()
	if _, err := into.DeleteMany(bounded, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: written}}}}); err != nil {
		return store.Outcome{Code: outcome.Code, Err: errors.Join(refusal, err)}
	}
	return outcome
}

// insertOne writes one row. A Conflict is handed to the caller: FerretDB 2 lets those who
// race for one unique value deadlock below it and ends one of them a second, and sending
// the losers in again keeps anybody from winning (tried: five times the duration).
func (s session) insertOne(ctx context.Context, into *driver.Collection, row any) store.Outcome {
	return s.do(ctx, func(ctx context.Context) error {
		_, err := into.InsertOne(ctx, row)
		return err
	})
}

// writtenBefore gives the _ids of the rows before the one that was refused. They are not
// known when a later one of several commands was refused as a whole.
func writtenBefore(refusal error, rows []any) (ids []any, known bool) {
	var many driver.BulkWriteException
	if errors.As(refusal, &many) && len(many.WriteErrors) > 0 {
		for _, row := range rows[:many.WriteErrors[0].Index] {
			id, err := idOf(row)
			if err != nil {
				return nil, false
			}
			ids = append(ids, id)
		}
		return ids, true
	}
	size := 0
	for _, row := range rows {
		raw, err := bson.Marshal(row)
		if size += len(raw); err != nil || size > messageMax/2 {
			return nil, err != nil // what cannot be encoded was never sent
		}
	}
	return nil, true
}

func idOf(row any) (id any, err error) {
	raw, err := bson.Marshal(row)
	if err != nil {
		return nil, err
	}
	value, err := bson.Raw(raw).LookupErr("_id")
	if err != nil {
		return nil, err
	}
	value.Value = bytes.Clone(value.Value)
	return value, nil
}
