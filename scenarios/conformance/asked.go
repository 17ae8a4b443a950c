package conformance

import (
	"context"
	"fmt"
	"time"

	"tristore/drivers/store"
)

// Questions that need more than one call, in the order of the table.

func upsertUnkeyed(ctx context.Context, q *questioner) string {
	outcome := q.in.Upsert(ctx, q.at("unkeyed"), store.Upsert{ConflictFields: []string{"key"}, Row: store.Document{"key": "u", "n": int64(1)}})
	return q.told(outcome).String()
}

// declareIndex adds an index of a given name to a collection of its own.
func declareIndex(name string) question {
	return func(ctx context.Context, q *questioner) string {
		schema := store.Schema{Collection: q.at(fmt.Sprintf("named%d", len(name))), Properties: properties(),
			Indexes: []store.Index{{Name: name, Fields: []string{"n"}}}}
		return q.told(q.in.UpdateSchema(ctx, schema)).String()
	}
}

func createWithout(field string) question {
	return func(ctx context.Context, q *questioner) string {
		row := store.Document{"key": q.key(), "note": "a row"}
		delete(row, field)
		_, outcome := q.in.Create(ctx, q.at("changing"), row)
		return q.told(outcome).String()
	}
}

func createTwice(ctx context.Context, q *questioner) string {
	key, outcome := q.with(ctx, store.Document{})
	if !outcome.OK() {
		return "creating: " + outcome.String()
	}
	_, outcome = q.in.Create(ctx, q.at("changing"), store.Document{"key": key})
	return q.told(outcome).String()
}

// updateTwo updates where two rows match and counts both what the store says and what changed.
func updateTwo(many bool) question {
	return func(ctx context.Context, q *questioner) string {
		group := fmt.Sprintf("pair-%t", many)
		for range 2 {
			if _, outcome := q.with(ctx, store.Document{"note": group, "n": int64(1)}); !outcome.OK() {
				return "creating: " + outcome.String()
			}
		}
		pair := is("note", store.Eq, group)
		matched, outcome := q.in.Update(ctx, q.at("changing"), store.Where(pair), store.Update{Set: map[string]any{"n": int64(2)}, Many: many})
		if !q.told(outcome).OK() {
			return outcome.String()
		}
		changed, outcome := q.in.Count(ctx, q.at("changing"), store.Where(pair, is("n", store.Eq, int64(2))))
		return answer(q.told(outcome), fmt.Sprintf("%d matched, %d changed", matched, changed))
	}
}

func updateNone(ctx context.Context, q *questioner) string {
	matched, outcome := q.in.Update(ctx, q.at("changing"), store.Where(is("key", store.Eq, "nobody")), store.Update{Set: map[string]any{"n": int64(2)}})
	return answer(q.told(outcome), matched)
}

func upsertTwice(ctx context.Context, q *questioner) string {
	key, said := q.key(), ""
	for i, insertOnly := range []string{"yes", "no"} {
		upsert := store.Upsert{ConflictFields: []string{"key"}, Row: store.Document{"key": key, "note": fmt.Sprint("write ", i)},
			InsertOnly: store.Document{"order": insertOnly}, Inc: map[string]float64{"n": float64(i + 1)}}
		if outcome := q.in.Upsert(ctx, q.at("changing"), upsert); !q.told(outcome).OK() {
			return said + outcome.String()
		}
		row, outcome := q.read(ctx, key)
		if !outcome.OK() {
			return said + outcome.String()
		}
		if i > 0 {
			said += "; "
		}
		said += "n=" + text(row["n"]) + " first=" + text(row["order"])
	}
	return said
}

func touched(ctx context.Context, q *questioner) string {
	key, outcome := q.with(ctx, store.Document{"n": int64(1)})
	if !outcome.OK() {
		return "creating: " + outcome.String()
	}
	if _, outcome := q.in.Update(ctx, q.at("changing"), store.Where(is("key", store.Eq, key)), store.Update{Set: map[string]any{"n": int64(2)}}); !q.told(outcome).OK() {
		return outcome.String()
	}
	row, outcome := q.read(ctx, key)
	if !outcome.OK() {
		return outcome.String()
	}
	created, hasCreated := row["createdAt"].(time.Time)
	updated, hasUpdated := row["updatedAt"].(time.Time)
	if !hasCreated || !hasUpdated || updated.Before(created) {
		return fmt.Sprintf("createdAt=%v updatedAt=%v", row["createdAt"], row["updatedAt"])
	}
	return "set"
}

func deleted(ctx context.Context, q *questioner) string {
	key, outcome := q.with(ctx, store.Document{})
	if !outcome.OK() {
		return "creating: " + outcome.String()
	}
	this := store.Where(is("key", store.Eq, key))
	gone, outcome := q.in.Delete(ctx, q.at("changing"), this)
	if !q.told(outcome).OK() {
		return outcome.String()
	}
	left, outcome := q.in.Count(ctx, q.at("changing"), this)
	return answer(q.told(outcome), fmt.Sprintf("%d deleted, %d left", gone, left))
}
