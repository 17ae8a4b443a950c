package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Raw is one connection that sends statements as somebody else wrote them, such as those
// of a trace, and reads their rows without keeping any. It is for one goroutine.
type Raw struct {
	target     drivers.Target
	connection *pgconn.PgConn
	prepared   map[string]string // name of a prepared statement by its text
	serial     int
	rows       int64
}

// RawStatement is one statement with its parameters in text form; nil is NULL. Their
// types are those that the server infers.
type RawStatement struct {
	Text   string
	Params [][]byte
	// Prepared parses the statement once per connection, under a name.
	Prepared bool
	// Commit says that it ends a transaction block, and is refused when that rolls it back.
	Commit bool
	// ReadOnly puts it into a read-only transaction of its own, in the same round trip.
	ReadOnly bool
}

// preparedMax bounds the statements that one connection keeps prepared.
const preparedMax = 256

// DialRaw opens a connection.
func DialRaw(ctx context.Context, target drivers.Target) (*Raw, error) {
	r := &Raw{target: target}
	return r, r.dial(ctx)
}

func (r *Raw) dial(ctx context.Context) error {
	config, err := pgconn.ParseConfig(address(r.target).Reveal())
	if err != nil {
		return fmt.Errorf("reading the address of %s: %w", r.target.URL.HostPort(), err)
	}
	if r.connection, err = pgconn.ConnectConfig(ctx, config); err != nil {
		return fmt.Errorf("opening database %s at %s as %s: %w", r.target.URL.Database(), r.target.URL.HostPort(), r.target.URL.User(), err)
	}
	r.prepared = map[string]string{}
	return nil
}

// Close ends the connection.
func (r *Raw) Close(ctx context.Context) error {
	if r.connection == nil {
		return nil
	}
	return r.connection.Close(ctx)
}

// InTransaction tells whether a transaction block is open, a failed one included.
func (r *Raw) InTransaction() bool {
	return r.connection != nil && !r.connection.IsClosed() && r.connection.TxStatus() != idle
}

// Rows is how many rows the statements brought back or touched until now.
func (r *Raw) Rows() int64 { return r.rows }

// idle is how the server says that no transaction block is open.
const idle = 'I'

// Run sends one statement and tells how it ended. A connection that was lost is opened
// again first; its transaction is gone.
func (r *Raw) Run(ctx context.Context, s RawStatement) store.Outcome {
	if r.connection == nil || r.connection.IsClosed() {
		if err := r.dial(ctx); err != nil {
			return outcomeOf(&unsent{err})
		}
	}
	name, err := r.prepare(ctx, s)
	if err == nil && s.ReadOnly {
		err = r.alone(ctx, s, name)
	} else if err == nil {
		err = r.send(ctx, s, name)
	}
	return outcomeOf(err)
}

func (r *Raw) prepare(ctx context.Context, s RawStatement) (name string, err error) {
	if !s.Prepared {
		return "", nil
	}
	if name, is := r.prepared[s.Text]; is {
		return name, nil
	}
	if len(r.prepared) >= preparedMax {
		if _, err := r.connection.Exec(ctx, "DEALLOCATE ALL").ReadAll(); err != nil {
			return "", err
		}
		clear(r.prepared)
	}
	r.serial++
	name = "raw" + strconv.Itoa(r.serial)
	if _, err := r.connection.Prepare(ctx, name, s.Text, nil); err != nil {
		return "", err
	}
	r.prepared[s.Text] = name
	return name, nil
}

func (r *Raw) send(ctx context.Context, s RawStatement, name string) error {
	var rows *pgconn.ResultReader
	if name != "" {
		rows = r.connection.ExecPrepared(ctx, name, s.Params, nil, nil)
	} else {
		rows = r.connection.ExecParams(ctx, s.Text, s.Params, nil, nil, nil)
	}
	tag, err := rows.Close()
	r.rows += tag.RowsAffected()
	if err == nil && s.Commit && tag.String() == "ROLLBACK" {
		return &pgconn.PgError{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: failedTransaction, Message: "the transaction had failed, so that COMMIT rolled it back"}
	}
	return err
}

// alone sends BEGIN READ ONLY, the statement and COMMIT at once. What fails skips the
// rest, so that the block is then still to be ended.
func (r *Raw) alone(ctx context.Context, s RawStatement, name string) error {
	batch := &pgconn.Batch{}
	batch.ExecParams("BEGIN READ ONLY", nil, nil, nil, nil)
	if name != "" {
		batch.ExecPrepared(name, s.Params, nil, nil)
	} else {
		batch.ExecParams(s.Text, s.Params, nil, nil, nil)
	}
	batch.ExecParams("COMMIT", nil, nil, nil, nil)
	results := r.connection.ExecBatch(ctx, batch)
	for results.NextResult() {
		tag, _ := results.ResultReader().Close() // its error is that of all results
		r.rows += tag.RowsAffected()
	}
	err := results.Close()
	if err != nil && r.InTransaction() {
		if _, endErr := r.connection.Exec(ctx, "ROLLBACK").ReadAll(); endErr != nil {
			return errors.Join(err, endErr)
		}
	}
	return err
}

// Rollback ends an open transaction block.
func (r *Raw) Rollback(ctx context.Context) error {
	if !r.InTransaction() {
		return nil
	}
	_, err := r.connection.Exec(ctx, "ROLLBACK").ReadAll()
	return err
}

// EnsureDatabase makes a database of which the name is somebody else's, unless it is there.
func EnsureDatabase(ctx context.Context, admin drivers.Target, name string) error {
	err := Exec(ctx, admin, "CREATE DATABASE "+quote(name))
	var said *pgconn.PgError
	if errors.As(err, &said) && said.Code == "42P04" { // duplicate_database
		return nil
	}
	return err
}
