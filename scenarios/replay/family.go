package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/scenarios/road"
	"tristore/scenarios/trace"
)

// statement is what is sent, as postgres.RawStatement explains its fields. A command of
// MongoDB is Text, and in Params its cursor: what may be sent read-only was decided by its class.
type statement struct {
	Text     string
	Params   [][]byte
	Prepared bool
	Commit   bool
	ReadOnly bool
}

// sender is what one worker has of one database.
type sender interface {
	Run(ctx context.Context, s statement) store.Outcome
	InTransaction() bool
	Rollback(ctx context.Context) error
	// Rows is how many rows statements brought back or touched until now.
	Rows() int64
	Close(ctx context.Context) error
}

// holder is a sender whose commands read on in cursors of commands before.
type holder interface{ Holds(cursor string) bool }

// lost tells a command that reads on in a cursor which is not open here: the data has fewer
// batches, the command that opens it failed, or too many are open.
func lost(to sender, i item) bool {
	on, is := to.(holder)
	return is && trace.ReadsOn(i.Text) && (len(i.Params) == 0 || !on.Holds(i.Params[0].Value))
}

type postgresSender struct{ *postgres.Raw }

func (p postgresSender) Run(ctx context.Context, s statement) store.Outcome {
	return p.Raw.Run(ctx, postgres.RawStatement(s))
}

type mongoSender struct{ *mongo.Raw }

func (m mongoSender) Run(ctx context.Context, s statement) store.Outcome {
	command := mongo.RawCommand{Text: s.Text, Last: len(s.Params) > 1}
	if len(s.Params) > 0 {
		command.Cursor = string(s.Params[0])
	}
	return m.Raw.Run(ctx, command)
}
func (mongoSender) InTransaction() bool            { return false }
func (mongoSender) Rollback(context.Context) error { return nil }

// senders are those of all workers, by database, and how they all end.
type senders struct {
	workers []map[string]sender
	client  *mongo.RawClient // that all of them share; nil on PostgreSQL
}

// connect opens every connection before the first statement is due, so that none of
// them waits for one, and a database that is not there is known at once.
func (p Plan) connect(ctx context.Context, admin drivers.Target) (all senders, err error) {
	p.Say(road.Progress{Current: "connecting"})
	if p.About.Commands() {
		// The address stays as it is: its database is also the one that the account is of.
		if all.client, err = mongo.DialRaw(ctx, p.at(admin, ""), p.Connections*max(1, len(p.databases()))); err != nil {
			return all, fmt.Errorf("%w: %w", cluster.ErrUnreachable, err)
		}
	}
	for range p.Connections {
		mine := map[string]sender{}
		all.workers = append(all.workers, mine)
		for _, name := range p.databases() {
			if all.client != nil {
				mine[name] = mongoSender{all.client.On(name)}
				continue
			}
			raw, err := postgres.DialRaw(ctx, p.at(admin, name))
			if err != nil {
				return all, fmt.Errorf("%w: %w; the trace names its databases, --database NAME sends all statements to one", cluster.ErrUnreachable, err)
			}
			mine[name] = postgresSender{raw}
		}
	}
	return all, nil
}

func (s senders) hangUp(ctx context.Context) error {
	var all []error
	bounded, cancel := context.WithTimeout(ctx, rollbackMax) // of a server that is gone, each would wait
	defer cancel()
	for _, mine := range s.workers {
		for _, one := range mine {
			all = append(all, one.Close(bounded))
		}
	}
	if s.client != nil {
		all = append(all, s.client.Close(ctx))
	}
	return errors.Join(all...)
}

// fill runs the user's file in a database of a server that we started: SQL, or commands
// in extended JSON, one a line. MongoDB makes a database when something is written to it.
func (p Plan) fill(ctx context.Context, admin drivers.Target, name string, file []byte) error {
	target, parts, exec := p.at(admin, name), [][]byte{file}, postgres.Exec
	if p.About.Commands() {
		parts, exec = bytes.Split(file, []byte{'\n'}), mongo.Exec
	} else if err := postgres.EnsureDatabase(ctx, admin, target.URL.Database()); err != nil {
		return err
	}
	for _, part := range parts {
		if part = bytes.TrimSpace(part); len(part) == 0 {
			continue
		}
		if err := exec(ctx, target, string(part)); err != nil {
			return fmt.Errorf("%w: running %s: %w", cluster.ErrUnreachable, p.Prepare, err)
		}
	}
	return nil
}

// fits says whether the engine speaks what the trace holds.
func (p Plan) fits() error {
	switch family := p.Engine.Family(); {
	case p.About.Commands() && family != drivers.FamilyMongo:
		return fmt.Errorf("the trace holds commands of MongoDB, so that %s cannot replay it: name a mongo or ferretdb engine", p.Engine)
	case !p.About.Commands() && family != drivers.FamilyPostgres:
		return fmt.Errorf("the trace holds statements of PostgreSQL, so that %s cannot replay it: name a postgres engine", p.Engine)
	}
	return nil
}
