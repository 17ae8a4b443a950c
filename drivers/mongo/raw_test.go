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
		outcome := raw.Run(t.Context(), c.command)
		if outcome.Status != c.status || outcome.Reason != c.reason || raw.Rows()-before != c.rows {
			t.Errorf("%.60s: %v, %d rows; wanted %v %v, %d", c.command, outcome, raw.Rows()-before, c.status, c.reason, c.rows)
		}
	}
	open := raw.OpenCursors()
	if len(open) != 2 {
		t.Fatalf("%d cursors are open, wanted 2", len(open))
	}
	more := fmt.Sprintf(`{"getMore":{"$numberLong":"%d"},"collection":"a","batchSize":1}`, open[0])
	if outcome := raw.Run(t.Context(), more); !outcome.OK() {
		t.Errorf("an open cursor gives no more: %s", outcome.Detail())
	}
	if err := raw.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if outcome := raw.Run(t.Context(), more); outcome.OK() || len(raw.OpenCursors()) > 0 {
		t.Error("a cursor outlived its sender")
	}
}
