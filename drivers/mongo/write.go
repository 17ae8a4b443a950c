package mongo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
	"tristore/drivers/store"
)

// errEmptyFilter refuses to change every row by accident.
var errEmptyFilter = errors.New("the filter restricts nothing, so every row would be changed")

// Create inserts one row.
func (c *Collections) Create(ctx context.Context, into store.Collection, row store.Document) (string, store.Outcome) {
	whole, outcome := checked(ctx, c, into, func(d *declared) (bson.D, error) { return d.row(row, time.Now()) })
	if !outcome.OK() {
		return "", outcome
	}
	outcome = c.insertOne(ctx, c.rows(into), whole)
	if outcome.Status == store.Refused {
		return "", outcome
	}
	return whole[0].Value.(string), outcome
}

// BulkCreate checks every row before it sends one; see insertAll for what a server
// without transactions may leave.
func (c *Collections) BulkCreate(ctx context.Context, into store.Collection, rows []store.Document) store.Outcome {
	if len(rows) > store.BulkMax {
		return store.Refuse(store.Invalid, "a bulk of %d rows, over %d", len(rows), store.BulkMax)
	}
	all, outcome := checked(ctx, c, into, func(d *declared) ([]any, error) {
		all, now := make([]any, len(rows)), time.Now()
		for i, row := range rows {
			whole, err := d.row(row, now)
			if err != nil {
				return nil, fmt.Errorf("row %d: %w", i, err)
			}
			all[i] = whole
		}
		return all, nil
	})
	if !outcome.OK() || len(all) == 0 {
		return outcome
	}
	return c.insertAll(ctx, c.rows(into), all)
}

// changing is an update as it is sent.
type changing struct{ filter, update bson.D }

// Update applies operators to one row that fits, or to all.
func (c *Collections) Update(ctx context.Context, in store.Collection, filter store.Filter, update store.Update) (matched int64, outcome store.Outcome) {
	request, outcome := checked(ctx, c, in, func(d *declared) (changing, error) {
		where, err := d.where(filter)
		if err == nil && len(where) == 0 && !update.AllowEmpty {
			err = errEmptyFilter
		}
		if err != nil {
			return changing{}, err
		}
		operators, err := d.operators(update)
		return changing{where, operators}, err
	})
	if !outcome.OK() {
		return 0, outcome
	}
	outcome = c.do(ctx, func(ctx context.Context) (err error) {
		var result *driver.UpdateResult
		if update.Many {
			result, err = c.rows(in).UpdateMany(ctx, request.filter, request.update)
		} else {
			result, err = c.rows(in).UpdateOne(ctx, request.filter, request.update)
		}
		if err == nil {
			matched = result.MatchedCount
		}
		return err
	})
	if update.Many {
		outcome = partly(outcome)
	}
	return matched, outcome
}

// operators gives the update document. One field under two operators is refused by the server.
func (d *declared) operators(update store.Update) (bson.D, error) {
	set := bson.D{}
	for _, field := range slices.Sorted(maps.Keys(update.Set)) {
		if field == fieldID {
			return nil, errors.New("_id cannot be changed")
		}
		value, err := d.value(field, update.Set[field])
		if err != nil {
			return nil, err
		}
		set = append(set, bson.E{Key: field, Value: value})
	}
	all, err := d.increments(update.Inc)
	if err != nil {
		return nil, err
	}
	for operator, values := range map[string]map[string]any{"$push": update.Push, "$addToSet": update.AddToSet, "$pull": update.Pull} {
		if len(values) == 0 {
			continue
		}
		fields := bson.D{}
		for _, field := range slices.Sorted(maps.Keys(values)) {
			value, err := d.element(field, values[field])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", operator, err)
			}
			fields = append(fields, bson.E{Key: field, Value: value})
		}
		all = append(all, bson.E{Key: operator, Value: fields})
	}
	if len(set) == 0 && len(all) == 0 {
		return nil, errors.New("the update changes nothing")
	}
	if _, given := update.Set[fieldUpdatedAt]; !given {
		set = append(set, bson.E{Key: fieldUpdatedAt, Value: time.Now()})
	}
	return append(bson.D{{Key: "$set", Value: set}}, all...), nil
}

// increments keeps integers integers: a fraction added to one is refused.
func (d *declared) increments(by map[string]float64) (bson.D, error) {
	if len(by) == 0 {
		return nil, nil
	}
	fields := bson.D{}
	for _, field := range slices.Sorted(maps.Keys(by)) {
		property, inside, err := d.property(field)
		if err != nil {
			return nil, err
		}
		var value any = by[field]
		isWhole := by[field] == math.Trunc(by[field]) && math.Abs(by[field]) <= 1<<53
		switch {
		case property.Type == store.Integer && !isWhole:
			return nil, fmt.Errorf("field %q is integer and cannot grow by %v", field, value)
		case property.Type == store.Integer, inside && isWhole:
			value = int64(by[field])
		case property.Type != store.Double && !inside:
			return nil, fmt.Errorf("field %q is %s and cannot be incremented", field, property.Type)
		}
		fields = append(fields, bson.E{Key: field, Value: value})
	}
	return bson.D{{Key: "$inc", Value: fields}}, nil
}

// element checks one element of a list.
func (d *declared) element(field string, value any) (any, error) {
	property, _, err := d.property(field)
	if err != nil {
		return nil, err
	}
	_, isText := value.(string)
	if property.Type != store.JSON && (property.Type != store.TextArray || !isText) {
		return nil, fmt.Errorf("field %q is %s and has no element of type %T", field, property.Type, value)
	}
	return plain(value)
}

// Upsert writes one row in one update, found by equality on the conflict fields. Where
// an index makes them unique, of two at once the one that loses the insert is repeated
// as an update; where none does, both may insert, as is this family's way [D].
func (c *Collections) Upsert(ctx context.Context, into store.Collection, upsert store.Upsert) store.Outcome {
	request, outcome := checked(ctx, c, into, func(d *declared) (changing, error) { return d.upsert(upsert) })
	if !outcome.OK() {
		return outcome
	}
	for range conflictTries {
		outcome = c.do(ctx, func(ctx context.Context) error {
			_, err := c.rows(into).UpdateOne(ctx, request.filter, request.update, options.UpdateOne().SetUpsert(true))
			return err
		})
		if !outcome.Is(store.Unique) && !outcome.Is(store.Conflict) || drivers.Pause(ctx, 5*time.Millisecond) != nil {
			break
		}
	}
	return outcome
}

func (d *declared) upsert(upsert store.Upsert) (changing, error) {
	if len(upsert.ConflictFields) == 0 {
		return changing{}, errors.New("an upsert needs conflict fields")
	}
	filter, set, onlyNew := bson.D{}, bson.D{}, bson.D{}
	for _, field := range upsert.ConflictFields {
		value, there := upsert.Row[field]
		if !there {
			return changing{}, fmt.Errorf("conflict field %q has no value", field)
		}
		value, err := d.value(field, value)
		if err != nil {
			return changing{}, err
		}
		if !direct(value) {
			value = equal("$eq", value)
		}
		filter = append(filter, bson.E{Key: field, Value: value})
	}
	now := time.Now()
	for _, field := range slices.Sorted(maps.Keys(upsert.Row)) {
		if slices.Contains(upsert.ConflictFields, field) {
			continue
		}
		value, err := d.value(field, upsert.Row[field])
		if err != nil {
			return changing{}, err
		}
		set = append(set, bson.E{Key: field, Value: value})
	}
	for _, field := range slices.Sorted(maps.Keys(upsert.InsertOnly)) {
		value, err := d.value(field, upsert.InsertOnly[field])
		if err != nil {
			return changing{}, err
		}
		onlyNew = append(onlyNew, bson.E{Key: field, Value: value})
	}
	has := func(field string) bool {
		_, inRow := upsert.Row[field]
		_, inNew := upsert.InsertOnly[field]
		_, inInc := upsert.Inc[field]
		return inRow || inNew || inInc
	}
	for field, value := range map[string]any{fieldID: newID(), fieldCreatedAt: now} {
		if !has(field) {
			onlyNew = append(onlyNew, bson.E{Key: field, Value: value})
		}
	}
	if !has(fieldUpdatedAt) {
		set = append(set, bson.E{Key: fieldUpdatedAt, Value: now})
	}
	increments, err := d.increments(upsert.Inc)
	if err == nil {
		err = d.complete(has)
	}
	return changing{filter, append(bson.D{{Key: "$set", Value: set}, {Key: "$setOnInsert", Value: onlyNew}}, increments...)}, err
}

// Delete removes the rows that fit.
func (c *Collections) Delete(ctx context.Context, from store.Collection, filter store.Filter) (gone int64, outcome store.Outcome) {
	where, outcome := checked(ctx, c, from, func(d *declared) (bson.D, error) {
		where, err := d.where(filter)
		if err == nil && len(where) == 0 {
			err = errEmptyFilter
		}
		return where, err
	})
	if !outcome.OK() {
		return 0, outcome
	}
	outcome = c.do(ctx, func(ctx context.Context) error {
		result, err := c.rows(from).DeleteMany(ctx, where)
		if err == nil {
			gone = result.DeletedCount
		}
		return err
	})
	return gone, partly(outcome)
}
