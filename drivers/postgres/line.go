package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// line is one connection of a pool as the reads of a request use it: every statement
// prepared once, arguments as text, buffers and places of values used again. A load that
// measures a store must not be what it measures: on the wire this is what pgx does, at
// two thirds of its processor time (BenchmarkPointSelect).
type line struct {
	on       *pgx.Conn
	front    *pgproto3.Frontend
	cutoff   cutoff
	prepared map[string]*prepared // by its text; the stores' texts are few and fixed
	stale    []string             // names of statements that are to be dropped
	serial   int

	bind    pgproto3.Bind
	execute pgproto3.Execute
	sync    pgproto3.Sync
	text    []byte // the arguments, one behind the other
	open    int    // groups of statements of which the answers were not read to their end
	refused bool   // the server passes over what is left of the group
	dead    error  // what ended the connection
}

// prepared is one statement on one connection.
type prepared struct {
	name    string
	types   []uint32          // of its columns
	formats []int16           // as which they are asked for, text or binary
	row     any               // a *T, where T is what a row is read as; it is used for every row
	into    []any             // the places of the columns in it
	plans   []pgtype.ScanPlan // how each column is read into its place
}

// textRoom is for most arguments; it is never nil, since a nil argument is NULL.
const textRoom = 256

// lineKey is where a connection keeps its line.
const lineKey = "tristore.line"

// lineOf gives the line of a connection, which lives as long as it does.
func lineOf(pooled *pgxpool.Conn) *line {
	connection := pooled.Conn()
	own := connection.PgConn().CustomData()
	if l, is := own[lineKey].(*line); is {
		return l
	}
	l := &line{on: connection, front: connection.PgConn().Frontend(), prepared: map[string]*prepared{}, text: make([]byte, 0, textRoom)}
	l.cutoff.on = connection.PgConn().Conn()
	own[lineKey] = l
	return l
}

// closeLine is called before a connection is closed.
func closeLine(connection *pgx.Conn) {
	if l, is := connection.PgConn().CustomData()[lineKey].(*line); is {
		l.cutoff.close()
	}
}

// prepare gives a statement of this connection, which is parsed when it is asked first.
// Whoever calls has begun the watch, so that no other context is needed.
func (l *line) prepare(text string) (*prepared, error) {
	if p, is := l.prepared[text]; is {
		return p, nil
	}
	l.serial++
	described, err := l.on.PgConn().Prepare(context.Background(), "line"+strconv.Itoa(l.serial), text, nil)
	if err != nil {
		return nil, err
	}
	p := &prepared{name: described.Name}
	for _, field := range described.Fields {
		p.types = append(p.types, field.DataTypeOID)
		p.formats = append(p.formats, l.on.TypeMap().FormatCodeForOID(field.DataTypeOID))
	}
	l.prepared[text] = p
	return p, nil
}

// forget drops a statement that the server no longer runs, since the schema changed under
// it, when the line is released; it is prepared anew when it is asked again.
func (l *line) forget(text string, err error) {
	if err == nil {
		return
	}
	var said *pgconn.PgError
	if p, is := l.prepared[text]; is && errors.As(err, &said) && (said.Code == changedResult || said.Code == noStatement) {
		delete(l.prepared, text)
		l.stale = append(l.stale, p.name)
	}
}

const (
	changedResult = "0A000" // cached plan must not change result type
	noStatement   = "26000" // invalid_sql_statement_name
)

// readInto makes a row the place that the statement's rows are read into.
func (p *prepared) readInto(types *pgtype.Map, row any, places []any) error {
	if len(places) != len(p.types) {
		return fmt.Errorf("a row of %d columns is read into %d places", len(p.types), len(places))
	}
	plans := make([]pgtype.ScanPlan, len(places))
	for i, place := range places {
		if plans[i] = types.PlanScan(p.types[i], p.formats[i], place); plans[i] == nil {
			return fmt.Errorf("column %d, of type %d, cannot be read into a %T", i+1, p.types[i], place)
		}
	}
	p.row, p.into, p.plans = row, places, plans
	return nil
}

// scan reads one row into the statement's places.
func (p *prepared) scan(values [][]byte) error {
	if len(values) != len(p.plans) {
		return fmt.Errorf("a row has %d columns and not %d", len(values), len(p.plans))
	}
	for i, plan := range p.plans {
		if err := plan.Scan(values[i], p.into[i]); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// queue puts a statement into the send buffer.
func (l *line) queue(p *prepared, args []string) {
	l.text, l.bind.Parameters = l.text[:0], l.bind.Parameters[:0]
	for _, arg := range args {
		l.text = append(l.text, arg...)
	}
	from := 0
	for _, arg := range args {
		l.bind.Parameters, from = append(l.bind.Parameters, l.text[from:from+len(arg):from+len(arg)]), from+len(arg)
	}
	l.bind.PreparedStatement, l.bind.ResultFormatCodes = p.name, p.formats
	l.front.SendBind(&l.bind)
	l.front.SendExecute(&l.execute)
}

// send sends what was queued, as a group: one transaction, of which the server passes over
// what comes after a statement that it refuses.
func (l *line) send() error {
	l.front.SendSync(&l.sync)
	l.open++
	err := l.front.Flush()
	if err != nil {
		l.dead = err
	}
	return err
}

// next gives the values of the next row of the statement whose turn it is, valid until it
// is called again; nil when there is none left, with the error that the statement ended with.
func (l *line) next() ([][]byte, error) {
	for {
		message, err := l.receive()
		if err != nil {
			return nil, err
		}
		switch m := message.(type) {
		case *pgproto3.DataRow:
			return m.Values, nil
		case *pgproto3.CommandComplete, *pgproto3.EmptyQueryResponse:
			return nil, nil
		}
	}
}

// ready reads to the end of the group. Its error is one of all its statements: what the
// server could not end.
func (l *line) ready() (end error) {
	for l.dead == nil {
		message, err := l.receive()
		if err != nil && end == nil {
			end = err
		}
		if _, is := message.(*pgproto3.ReadyForQuery); is {
			l.open, l.refused = l.open-1, false
			break
		}
	}
	return end
}

// receive gives the next message, or what the server says instead.
func (l *line) receive() (pgproto3.BackendMessage, error) {
	if l.dead != nil {
		return nil, l.dead
	}
	message, err := l.front.Receive()
	if err != nil {
		l.dead = err
		return nil, err
	}
	refusal, is := message.(*pgproto3.ErrorResponse)
	if !is {
		return message, nil
	}
	said := pgconn.ErrorResponseToPgError(refusal)
	if l.refused = true; said.SeverityUnlocalized == "FATAL" || said.SeverityUnlocalized == "PANIC" {
		l.dead = said // nothing comes after it
	}
	return nil, said
}

// release ends what was begun and gives the connection back. One with an answer that was
// not read to its end is closed: by pgconn, which asks the server as well to stop what it
// may still be doing. The context tells what a broken wait is due to.
func (l *line) release(ctx context.Context, pooled *pgxpool.Conn) (cause error) {
	for _, name := range l.stale {
		if l.open == 0 {
			_ = l.on.PgConn().Deallocate(context.Background(), name) //nolint:contextcheck // the context may be over, and the line watches it; a failure closes the connection
		}
	}
	l.stale = nil
	if l.cutoff.over() {
		cause = ctx.Err()
	}
	if l.open > 0 && !l.on.IsClosed() {
		unfinished := l.on.PgConn().StartPipeline(context.Background()) //nolint:contextcheck // the context is over
		unfinished.SendFlushRequest()
		_ = unfinished.Close() // a pipeline without its end is what makes pgconn close
	}
	pooled.Release()
	return cause
}
