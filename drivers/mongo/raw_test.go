package mongo_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tristore/drivers/mongo"
	"tristore/drivers/store"
)

// Commands of somebody else end as a store's do, and no cursor is left behind.
func TestRawCommands(t *testing.T) {
	target := emptyDatabase(t)
	client, err := mongo.DialRaw(t.Context(), started.Admin, 2)
	if err != nil {
		t.Fatal(err)
	}
	raw := client.On(target.URL.Database())
	defer func() {
		if err := errors.Join(raw.Close(t.Context()), client.Close(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	var documents []string
	for i := range 50 {
		documents = append(documents, fmt.Sprintf(`{"_id":%d}`, i))
	}
	for _, c := range []struct {
		command string
		status  store.Status
		reason  store.Reason
		rows    int64
	}{
		{`{"insert":"a","documents":[` + strings.Join(documents, ",") + `]}`, store.Committed, store.ReasonNone, 50},
		{`{"insert":"a","documents":[{"_id":7}]}`, store.Refused, store.Unique, 0},
		{`{"find":"a","filter":{},"batchSize":10}`, store.Committed, store.ReasonNone, 10},
		{`{"aggregate":"a","pipeline":[{"$match":{}}],"cursor":{"batchSize":5}}`, store.Committed, store.ReasonNone, 5},
		{`{"count":"a","query":{"_id":{"$lt":20}}}`, store.Committed, store.ReasonNone, 20},
		{`{"distinct":"a","key":"_id","query":{}}`, store.Committed, store.ReasonNone, 50},
		{`{"update":"a","updates":[{"q":{"_id":1},"u":{"$set":{"b":1}}}]}`, store.Committed, store.ReasonNone, 1},
		{`{"find":"a","filter":{"_id":{"$no":1}}}`, store.Refused, store.Invalid, 0},
		{`{"find":"a"`, store.Refused, store.Invalid, 0},
	} {
		before := raw.Rows()
		outcome := raw.Run(t.Context(), mongo.RawCommand{Text: c.command})
		if outcome.Status != c.status || outcome.Reason != c.reason || raw.Rows()-before != c.rows {
			t.Errorf("%.60s: %v, %d rows; wanted %v %v, %d", c.command, outcome, raw.Rows()-before, c.status, c.reason, c.rows)
		}
	}
	open := raw.OpenCursors()
	if len(open) != 2 {
		t.Fatalf("%d cursors are open, wanted 2", len(open))
	}
	more := fmt.Sprintf(`{"getMore":{"$numberLong":"%d"},"collection":"a","batchSize":1}`, open[0])
	if outcome := raw.Run(t.Context(), mongo.RawCommand{Text: more}); !outcome.OK() {
		t.Errorf("an open cursor gives no more: %s", outcome.Detail())
	}
	if err := raw.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if outcome := raw.Run(t.Context(), mongo.RawCommand{Text: more}); outcome.OK() || len(raw.OpenCursors()) > 0 {
		t.Error("a cursor outlived its sender")
	}
}

// A cursor is read on in to as many batches as are asked for, by any sender of its client.
func TestRawReadsOn(t *testing.T) {
	target := emptyDatabase(t)
	client, err := mongo.DialRaw(t.Context(), started.Admin, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	one, other := client.On(target.URL.Database()), client.On(target.URL.Database())
	run := func(on *mongo.Raw, command mongo.RawCommand, rows int64) {
		t.Helper()
		before := on.Rows()
		if outcome := on.Run(t.Context(), command); !outcome.OK() || on.Rows()-before != rows {
			t.Errorf("%.40s: %s, %d rows, wanted %d", command.Text, outcome.Detail(), on.Rows()-before, rows)
		}
	}
	var documents []string
	for i := range 50 {
		documents = append(documents, fmt.Sprintf(`{"_id":%d}`, i))
	}
	run(one, mongo.RawCommand{Text: `{"insert":"a","documents":[` + strings.Join(documents, ",") + `]}`}, 50)
	more := mongo.RawCommand{Text: `{"getMore":{"$numberLong":"0"},"collection":"a","batchSize":{"$numberInt":"15"}}`, Cursor: "c"}
	run(one, mongo.RawCommand{Text: `{"find":"a","filter":{},"batchSize":10}`, Cursor: "c"}, 10)
	if !other.Holds("c") || other.Holds("d") {
		t.Error("the cursor is not known to the other sender")
	}
	run(other, more, 15)
	run(one, more, 15)
	run(other, more, 10)
	if one.Holds("c") {
		t.Error("a cursor that was read to its end is held")
	}
	if outcome := one.Run(t.Context(), more); outcome.Status != store.Refused {
		t.Errorf("behind the end: %v", outcome)
	}
	run(one, mongo.RawCommand{Text: `{"find":"a","filter":{},"batchSize":10}`, Cursor: "e"}, 10)
	run(one, mongo.RawCommand{Text: more.Text, Cursor: "e", Last: true}, 15)
	if one.Holds("e") {
		t.Error("a cursor whose last batch was asked for is held")
	}
	run(one, mongo.RawCommand{Text: `{"find":"a","filter":{},"batchSize":100}`, Cursor: "f"}, 50)
	if one.Holds("f") {
		t.Error("a cursor without a further batch is held")
	}
}
