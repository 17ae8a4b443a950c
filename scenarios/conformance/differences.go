package conformance

import (
	"context"
	"strings"

	"tristore/drivers"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// Differences asks one question per documented difference between the engines, per
// fixed bug worth guarding, and per plain operator, and compares the answer with the
// one promised for the engine's family.
//
// Cases: one per question answered; a sound check compares at least 75.
// Facts:
//   - questions: asked; at least 75
//   - cases_unsupported = 0, except on a stand-in: questions that a stand-in engine
//     refused as unsupported; each has a witness line and no case
//   - unknown = 0: answers nobody can tell
func Differences(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	deployed, err := on.Deploy(ctx)
	if err != nil {
		saw.Stop(err)
		return
	}
	defer func() { saw.Stop(deployed.Close(context.WithoutCancel(ctx))) }()
	q := &questioner{in: deployed.Collections, namespace: newIDs(on.Seed, "differences").subject()}
	if err := q.prepare(ctx); err != nil {
		saw.Stop(err)
		return
	}
	saw.Set("cases_unsupported", 0)
	saw.Set("unknown", 0)
	for _, d := range differences() {
		if err := ctx.Err(); err != nil {
			saw.Stop(err)
			return
		}
		got, want := d.ask(ctx, q), d.want(on.Engine.Family())
		saw.Add("questions", 1)
		switch {
		case got == store.Refuse(store.Unsupported, "").String() && on.Engine.Support().StandIn:
			saw.Add("cases_unsupported", 1)
			saw.See("%s: %s answers %s", d.name, on.Engine.Title(), got)
		case strings.HasSuffix(got, store.Unknown.String()): // also the second half of an answer
			saw.Add("unknown", 1)
			saw.See("%s: unknown outcome: %s", d.name, q.detail)
		default:
			saw.Compare(d.name, want, got)
			if got != want && q.detail != "" {
				saw.See("%s: %s", d.name, q.detail)
			}
		}
		q.detail = ""
	}
}

// difference is one question with the answer promised for each family.
type difference struct {
	name            string
	ask             func(ctx context.Context, q *questioner) string
	postgres, mongo string
}

func (d difference) want(family drivers.Family) string {
	if family == drivers.FamilyMongo {
		return d.mongo
	}
	return d.postgres
}

// same is a question with one answer everywhere.
func same(name, want string, ask func(context.Context, *questioner) string) difference {
	return difference{name, ask, want, want}
}

func differences() []difference {
	var all []difference
	all = append(all, documented()...)
	all = append(all, guarded()...)
	all = append(all, comparisons()...)
	all = append(all, shapes()...)
	return append(all, changes()...)
}

// documented are the differences the platform's documents admit.
func documented() []difference {
	return []difference{
		{"an empty $in", find(is("key", store.In, []any{})), "a,b,c,d", "none"},
		{"$ne and a missing value", find(is("n", store.Ne, int64(1))), "b,d", "b,c,d"},
		{"array equality", matches(is("tags", store.Eq, []any{"y"})), "no match", "b"},
		{"array equality with one element", matches(is("tags", store.Eq, "y")), "no match", "a,b"},
		same("$in over an array, instead", "a,b", find(is("tags", store.In, []any{"y"}))),
		{"a dotted path into an array of objects", matches(is("items.sku", store.Eq, "p2")), "no match", "a,b"},
		same("$elemMatch, instead", "a,b", find(is("items", store.ElemMatch, map[string]any{"sku": "p2"}))),
		same("$elemMatch wants one element that fits wholly", "none", find(is("items", store.ElemMatch, map[string]any{"sku": "p1", "qty": int64(5)}))),
		{"upsert without a unique index over the conflict fields", upsertUnkeyed, "refused(invalid)", "committed"},
		{"$addToSet on null", changed(store.Document{"tags": nil}, store.Update{AddToSet: map[string]any{"tags": "z"}}, "tags"), "{z}", "refused(invalid)"},
		same("$push, as a set", "{x y z}", changed(tagged("x", "y"), store.Update{Push: map[string]any{"tags": "z"}}, "tags")),
		same("$push of a value already there", "{x x}", changed(tagged("x"), store.Update{Push: map[string]any{"tags": "x"}}, "tags")),
		same("$addToSet, as a set", "{x y}", changed(tagged("x", "y"), store.Update{AddToSet: map[string]any{"tags": "y"}}, "tags")),
		same("$pull, as a set", "{x}", changed(tagged("x", "y", "y"), store.Update{Pull: map[string]any{"tags": "y"}}, "tags")),
		same("an index name of 64 bytes", "refused(invalid)", declareIndex(strings.Repeat("i", 64))),
		same("an index name of 63 bytes", "committed", declareIndex(strings.Repeat("i", 63))),
	}
}

// guarded are bugs the platform has fixed, and traps its plugin notes name.
func guarded() []difference {
	return []difference{
		same("$inc on a value that is not there", "4", changed(store.Document{}, store.Update{Inc: map[string]float64{"n": 4}}, "n")),
		same("$exists on arrays", "a,b,d", find(is("tags", store.Exists, true))),
		same("$exists false on arrays", "c", find(is("tags", store.Exists, false))),
		same("a question mark in a json value", "d", find(is("doc.note", store.Eq, "what?"))),
		same("a question mark in a json key", "d", find(is("doc.q?", store.Eq, int64(1)))),
		{"NUL in text", roundTrip("note", "a\x00b"), "refused(invalid)", "kept"},
		same("a reserved word as a column, compared", "a", find(is("order", store.Eq, "first"))),
		same("a reserved word as a column, sorted", "b,a", ordered(store.Query{Filter: store.Where(is("order", store.Exists, true)), Sort: []store.Sort{{Field: "order", Descending: true}}})),
		same("two reserved words in one row", "kept", roundTrip("select", "from where")),
		same("$in over an array means any of", "a,b", find(is("tags", store.In, []any{"x", "y"}))),
		same("a float compared", "b", find(is("price", store.Eq, 2.25))),
		same("a float kept", "kept", roundTrip("price", 0.1)),
		same("a float incremented", "1.75", changed(store.Document{"price": 1.5}, store.Update{Inc: map[string]float64{"price": 0.25}}, "price")),
		same("a timestamp in milliseconds", "kept", roundTrip("n", int64(1_700_000_000_000))),
		same("the largest integer of 53 bits", "kept", roundTrip("n", int64(1)<<53)),
		same("text beyond ASCII", "kept", roundTrip("note", "Żółw — 日本 🐢 ' \" \\ % _ $1")),
		same("an unknown field in a new row", "refused(invalid)", createWith("nobody", "x")),
		same("an unknown field in an update", "refused(invalid)", changed(store.Document{}, store.Update{Set: map[string]any{"nobody": "x"}}, "nobody")),
		same("a required field left out", "refused(invalid)", createWithout("key")),
		same("a unique value a second time", "refused(unique)", createTwice),
	}
}

// comparisons are the plain operators of a filter.
func comparisons() []difference {
	return []difference{
		same("no filter", "a,b,c,d", find()),
		same("$eq on text", "b", find(is("key", store.Eq, "b"))),
		same("$ne where nothing is missing", "a,c,d", find(is("key", store.Ne, "b"))),
		same("$gt", "b,d", find(is("n", store.Gt, int64(1)))),
		same("$gte", "a,b,d", find(is("n", store.Gte, int64(1)))),
		same("$lt", "a", find(is("n", store.Lt, int64(2)))),
		same("$lte", "a,b", find(is("n", store.Lte, int64(2)))),
		same("$gt and $lt together", "b", find(is("n", store.Gt, int64(1)), is("n", store.Lt, int64(3)))),
		same("$in", "a,d", find(is("n", store.In, []any{int64(1), int64(3), int64(9)}))),
		same("$nin where nothing is missing", "c,d", find(is("key", store.NotIn, []any{"a", "b"}))),
		same("$exists", "a,b,d", find(is("n", store.Exists, true))),
		same("$exists false", "c", find(is("n", store.Exists, false))),
		same("$regex at the start", "a", find(is("order", store.Regex, "^fir"))),
		same("$regex inside, as a pattern", "a,b", find(is("order", store.Regex, "(irs|eco)"))),
		same("a boolean", "b", find(is("active", store.Eq, false))),
		same("a moment", "b,d", find(is("at", store.Gt, moment(1)))),
		same("a field inside json", "a,d", find(is("doc.city", store.Eq, "Paris"))),
		same("a number inside json", "a", find(is("doc.zip", store.Eq, int64(75)))),
		same("a quote in a value", "none", find(is("key", store.Eq, "a' OR '1'='1"))),
		same("alternatives", "a,d", findFilter(store.Filter{Any: []store.Filter{store.Where(is("key", store.Eq, "a")), store.Where(is("key", store.Eq, "d"))}})),
		same("alternatives beside a condition", "d", findFilter(store.Filter{All: []store.Condition{is("n", store.Gt, int64(2))},
			Any: []store.Filter{store.Where(is("key", store.Eq, "a")), store.Where(is("key", store.Eq, "d"))}})),
	}
}

// shapes are order, pages, projections, counts and aggregates.
func shapes() []difference {
	return []difference{
		same("sort ascending", "a,b,c,d", ordered(store.Query{Sort: []store.Sort{{Field: "key"}}})),
		same("sort descending", "d,c,b,a", ordered(store.Query{Sort: []store.Sort{{Field: "key", Descending: true}}})),
		same("sort by two keys", "b,d,a", ordered(store.Query{Filter: store.Where(is("n", store.Exists, true)), Sort: []store.Sort{{Field: "active"}, {Field: "key", Descending: true}}})),
		same("skip and limit", "b,c", ordered(store.Query{Sort: []store.Sort{{Field: "key"}}, Skip: 1, Limit: 2})),
		same("a field list leaves the rest out", "key=a note absent", projected),
		same("count", "3", counted(is("n", store.Exists, true))),
		same("distinct, without null", "[false true]", distinct("active")),
		same("sum", "true=4,false=2", aggregated("sum", "n")),
		same("avg", "true=2,false=2", aggregated("avg", "n")),
		same("min", "true=1,false=2", aggregated("min", "n")),
		same("max", "true=3,false=2", aggregated("max", "n")),
		same("count by group", "true=2,false=1", aggregated("count", "")),
	}
}

// changes are plain updates, upserts and deletes.
func changes() []difference {
	return []difference{
		same("$set", "new", changed(store.Document{"note": "old"}, store.Update{Set: map[string]any{"note": "new"}}, "note")),
		same("$set to null", "null", changed(store.Document{"note": "old"}, store.Update{Set: map[string]any{"note": nil}}, "note")),
		same("$inc", "5", changed(store.Document{"n": int64(3)}, store.Update{Inc: map[string]float64{"n": 2}}, "n")),
		same("$inc below zero", "-1", changed(store.Document{"n": int64(1)}, store.Update{Inc: map[string]float64{"n": -2}}, "n")),
		same("an update of one row when two match", "1 matched, 1 changed", updateTwo(false)),
		same("an update of many", "2 matched, 2 changed", updateTwo(true)),
		same("an update of no row", "0", updateNone),
		same("upsert, new and then known", "n=1 first=yes; n=3 first=yes", upsertTwice),
		same("updatedAt is not before createdAt", "set", touched),
		same("delete", "1 deleted, 0 left", deleted),
	}
}
