package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"tristore/drivers"
	"tristore/drivers/store"
)

// RawClient sends commands as somebody else wrote them, such as those of a trace. It is
// one pool of connections, so that its monitoring costs the server the same for any number.
type RawClient struct {
	session session
	mu      sync.Mutex
	kept    map[string]*driver.Cursor // of which further batches are to come, by the name that the trace has for them
}

// DialRaw opens a client with that many connections. Nothing is repeated by the driver.
func DialRaw(ctx context.Context, target drivers.Target, connections int) (*RawClient, error) {
	target.PoolMax = connections
	settings, err := settingsOf(target)
	if err != nil {
		return nil, err
	}
	settings.SetMinPoolSize(uint64(max(0, connections))).SetRetryReads(false).SetRetryWrites(false)
	client, err := driver.Connect(settings)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", target.URL.HostPort(), err)
	}
	r := &RawClient{session: session{client: client, in: client.Database(target.URL.Database())}, kept: map[string]*driver.Cursor{}}
	if err := r.session.in.RunCommand(ctx, bson.D{{Key: "ping", Value: 1}}).Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s as %s: %w", target.URL.HostPort(), target.URL.User(), err), r.Close(context.WithoutCancel(ctx)))
	}
	return r, nil
}

// Close ends the client, and with it cursors of which further batches never came.
func (r *RawClient) Close(ctx context.Context) error {
	for name := range r.kept {
		r.forget(ctx, name)
	}
	return r.session.Close(ctx)
}

// On gives a sender to one database; "" is that of the address.
func (r *RawClient) On(database string) *Raw {
	in := r.session.in
	if database != "" {
		in = r.session.client.Database(database)
	}
	return &Raw{of: r, session: session{client: r.session.client, in: in}}
}

// Raw sends commands to one database. It is for one goroutine.
type Raw struct {
	of      *RawClient
	session session
	rows    int64
	open    map[string]bson.A // cursors of which only the first batch was wanted, by collection
	cursors int
}

// cursorsMax bounds the cursors that a sender leaves open on the server.
const cursorsMax = 64

// Rows is how many documents the commands brought back, counted or touched until now.
func (r *Raw) Rows() int64 { return r.rows }

// RawCommand is a command in extended JSON.
type RawCommand struct {
	Text string
	// Cursor names the cursor that it opens for commands to come, or reads on in.
	Cursor string
	// Last tells that nobody reads on in it afterwards.
	Last bool
}

// Run sends one command and tells how it ended. Of a result of several batches it takes
// the first. Reading the command belongs to the time it takes.
func (r *Raw) Run(ctx context.Context, command RawCommand) store.Outcome {
	var parsed bson.D
	if err := bson.UnmarshalExtJSON([]byte(command.Text), false, &parsed); err != nil || len(parsed) == 0 {
		return invalid(errors.Join(errors.New("the trace holds what is no command"), err))
	}
	switch {
	case parsed[0].Key == "getMore" && command.Cursor != "":
		return r.further(ctx, command, parsed)
	case command.Cursor != "" && (parsed[0].Key == "find" || parsed[0].Key == "aggregate"):
		return r.begin(ctx, command.Cursor, parsed)
	}
	if r.cursors >= cursorsMax {
		r.closeCursors(ctx)
	}
	outcome := r.session.do(ctx, func(ctx context.Context) error {
		reply, err := r.session.in.RunCommand(ctx, parsed).Raw()
		if len(reply) > 0 {
			r.count(reply)
		}
		return err
	})
	if slices.Contains([]string{"insert", "update", "delete"}, parsed[0].Key) || strings.Contains(command.Text, `"$merge"`) {
		return partly(outcome)
	}
	return outcome
}

// count reads of a reply how many documents it tells of, and whether a cursor is left.
func (r *Raw) count(reply bson.Raw) {
	var told struct {
		Cursor struct {
			ID    int64      `bson:"id"`
			NS    string     `bson:"ns"`
			Batch []bson.Raw `bson:"firstBatch"`
		} `bson:"cursor"`
		N      float64         `bson:"n"`
		Values []bson.RawValue `bson:"values"`
		Last   struct {
			N float64 `bson:"n"`
		} `bson:"lastErrorObject"`
	}
	if bson.Unmarshal(reply, &told) != nil {
		return
	}
	r.rows += int64(len(told.Cursor.Batch)+len(told.Values)) + int64(told.N+told.Last.N)
	if told.Cursor.ID == 0 {
		return
	}
	if r.open == nil {
		r.open = map[string]bson.A{}
	}
	r.open[told.Cursor.NS] = append(r.open[told.Cursor.NS], told.Cursor.ID)
	r.cursors++
}

// closeCursors ends what is open on the server, which would hold it for ten minutes. One
// that cannot be ended is left to that.
func (r *Raw) closeCursors(ctx context.Context) {
	for ns, ids := range r.open {
		collection := strings.TrimPrefix(ns, r.session.in.Name()+".")
		_ = r.session.in.RunCommand(ctx, bson.D{{Key: "killCursors", Value: collection}, {Key: "cursors", Value: ids}}).Err()
	}
	clear(r.open)
	r.cursors = 0
}

// Close ends what the sender left open; its client stays.
func (r *Raw) Close(ctx context.Context) error {
	r.closeCursors(ctx)
	return nil
}
