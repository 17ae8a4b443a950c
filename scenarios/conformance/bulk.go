package conformance

import (
	"context"
	"fmt"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// Bulk sends empty filters, which must be refused, and bulk inserts of 5,000 rows:
// good ones must be written whole, and those with one bad row not at all.
//
// Cases: each refusal and each row count, by name; a sound check compares at least 14.
// Facts:
//   - bulks: bulk inserts sent; at least 5
//   - rows_changed_by_empty_filter = 0
//   - rows_from_refused_bulk = 0: rows left by a bulk that was refused
//   - rows_missing_from_bulk = 0: rows of an acknowledged bulk that are not there
//   - unknown = 0
func Bulk(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	deployed, err := on.Deploy(ctx)
	if err != nil {
		saw.Stop(err)
		return
	}
	defer func() { saw.Stop(deployed.Close(context.WithoutCancel(ctx))) }()
	for _, fact := range []string{"bulks", "rows_changed_by_empty_filter", "rows_from_refused_bulk", "rows_missing_from_bulk", "unknown"} {
		saw.Set(fact, 0)
	}
	b := bulkCheck{in: deployed.Collections, namespace: newIDs(on.Seed, "bulk").subject(), saw: saw}
	for _, step := range []func(context.Context) error{b.emptyFilters, b.badBulks, b.goodBulk} {
		if err := step(ctx); err != nil {
			saw.Stop(err)
			return
		}
	}
}

type bulkCheck struct {
	in        store.Collections
	namespace string
	saw       *result.Observation
}

// declare makes a collection with a unique key and a required field.
func (b bulkCheck) declare(ctx context.Context, name string) (store.Collection, error) {
	at := store.Collection{Namespace: b.namespace, Name: name}
	outcome := b.in.UpdateSchema(ctx, store.Schema{Collection: at,
		Properties: []store.Property{{Name: "key", Type: store.Text, Required: true}, {Name: "n", Type: store.Integer, Required: true}},
		Indexes:    []store.Index{{Fields: []string{"key"}, Unique: true}}})
	if !outcome.OK() {
		return at, errorOf("declaring "+name, outcome)
	}
	return at, nil
}

func rowsOf(n int) []store.Document {
	rows := make([]store.Document, n)
	for i := range rows {
		rows[i] = store.Document{"key": fmt.Sprintf("k%05d", i), "n": int64(i)}
	}
	return rows
}

func (b bulkCheck) count(ctx context.Context, at store.Collection, filter store.Filter) (int64, error) {
	n, outcome := b.in.Count(ctx, at, filter)
	if !outcome.OK() {
		return 0, errorOf("counting "+at.Name, outcome)
	}
	return n, nil
}

// compare keeps the case, and counts an unknown outcome.
func (b bulkCheck) compare(name, want string, got store.Outcome) {
	b.saw.Compare(name, want, got)
	if got.Status == store.Unknown {
		b.saw.Add("unknown", 1)
	}
	if got.String() != want {
		b.saw.See("%s: %s", name, got.Detail())
	}
}

func (b bulkCheck) emptyFilters(ctx context.Context) error {
	at, err := b.declare(ctx, "filtered")
	if err != nil {
		return err
	}
	const rows = 20
	if outcome := b.in.BulkCreate(ctx, at, rowsOf(rows)); !outcome.OK() {
		return errorOf("filling a small collection", outcome)
	}
	for _, many := range []bool{false, true} {
		_, outcome := b.in.Update(ctx, at, store.Filter{}, store.Update{Set: map[string]any{"n": int64(-1)}, Many: many})
		b.compare(fmt.Sprintf("update with an empty filter, many=%t", many), "refused(invalid)", outcome)
	}
	changed, err := b.count(ctx, at, store.Where(store.Condition{Field: "n", Op: store.Eq, Value: int64(-1)}))
	if err != nil {
		return err
	}
	_, outcome := b.in.Delete(ctx, at, store.Filter{})
	b.compare("delete with an empty filter", "refused(invalid)", outcome)
	left, err := b.count(ctx, at, store.Filter{})
	if err != nil {
		return err
	}
	b.saw.Set("rows_changed_by_empty_filter", float64(changed+rows-left))
	b.saw.Compare("rows changed by refused updates", 0, changed)
	b.saw.Compare("rows left after a refused delete", rows, left)
	if left == 0 {
		return nil // nothing is left to be changed on purpose
	}
	matched, outcome := b.in.Update(ctx, at, store.Filter{}, store.Update{Set: map[string]any{"n": int64(-2)}, Many: true, AllowEmpty: true})
	b.compare("update of all rows, allowed on purpose", "committed", outcome)
	b.saw.Compare("rows matched by it", left, matched)
	return nil
}

func (b bulkCheck) badBulks(ctx context.Context) error {
	last := store.BulkMax - 1
	for _, bad := range []struct {
		name, want string
		spoil      func(rows []store.Document)
	}{
		{"a bulk whose last row repeats a key", "refused(unique)", func(rows []store.Document) { rows[last]["key"] = rows[0]["key"] }},
		{"a bulk whose middle row lacks a required field", "refused(invalid)", func(rows []store.Document) { delete(rows[last/2], "n") }},
		{"a bulk with a field nobody declared", "refused(invalid)", func(rows []store.Document) { rows[last]["nobody"] = "x" }},
	} {
		rows := rowsOf(store.BulkMax)
		bad.spoil(rows)
		if err := b.refused(ctx, refusedBulk{bad.name, bad.want, rows}); err != nil {
			return err
		}
	}
	return b.refused(ctx, refusedBulk{"a bulk of 5,001 rows", "refused(invalid)", rowsOf(store.BulkMax + 1)})
}

type refusedBulk struct {
	name, want string
	rows       []store.Document
}

// refused sends a bulk that must be refused into a collection of its own.
func (b bulkCheck) refused(ctx context.Context, bulk refusedBulk) error {
	at, err := b.declare(ctx, fmt.Sprintf("bulk%d", int(b.saw.Facts["bulks"])))
	if err != nil {
		return err
	}
	b.saw.Add("bulks", 1)
	b.compare(bulk.name, bulk.want, b.in.BulkCreate(ctx, at, bulk.rows))
	left, err := b.count(ctx, at, store.Filter{})
	if err != nil {
		return err
	}
	b.saw.Add("rows_from_refused_bulk", float64(left))
	b.saw.Compare("rows left by "+bulk.name, 0, left)
	return nil
}

func (b bulkCheck) goodBulk(ctx context.Context) error {
	at, err := b.declare(ctx, "good")
	if err != nil {
		return err
	}
	b.saw.Add("bulks", 1)
	outcome := b.in.BulkCreate(ctx, at, rowsOf(store.BulkMax))
	b.compare("a good bulk of 5,000 rows", "committed", outcome)
	written, err := b.count(ctx, at, store.Filter{})
	if err != nil {
		return err
	}
	b.saw.Compare("rows written by it", store.BulkMax, written)
	if outcome.OK() {
		b.saw.Set("rows_missing_from_bulk", float64(store.BulkMax-written))
	}
	return nil
}
