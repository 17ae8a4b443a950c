package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tristore/drivers"
)

// Resting are connections that do nothing, as those of a pool that does not shrink.
type Resting struct{ connections []*pgx.Conn }

// Rest opens so many. The caller must Close them.
func Rest(ctx context.Context, target drivers.Target, n int) (*Resting, error) {
	r := &Resting{}
	for range n {
		connection, err := dial(ctx, target)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("connection %d of %d: %w", len(r.connections)+1, n, err), r.Close(context.WithoutCancel(ctx)))
		}
		r.connections = append(r.connections, connection)
	}
	return r, nil
}

// FreeSlots is how many connections more the server has for accounts that are no superuser.
func FreeSlots(ctx context.Context, target drivers.Target) (free int, err error) {
	err = oneSession(ctx, target, func(connection *pgx.Conn) error {
		return connection.QueryRow(ctx, `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - coalesce(current_setting('reserved_connections', true), '0')::int
			- count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&free)
	})
	if err != nil {
		return 0, fmt.Errorf("asking %s for its free connection slots: %w", target.URL.HostPort(), err)
	}
	return free, nil
}

// Close ends them.
func (r *Resting) Close(ctx context.Context) error {
	var all []error
	for _, c := range r.connections {
		all = append(all, c.Close(ctx))
	}
	r.connections = nil
	return errors.Join(all...)
}

// Holding is how a session sits on the rows of a table.
type Holding struct {
	Table      string
	For, Pause time.Duration
}

// HoldRows is a job as it should not be: time and again it locks every row of a table and
// keeps the transaction open while it does something else. It returns when the context
// ends. A server that ends its session is no error: it comes back after the pause.
func HoldRows(ctx context.Context, target drivers.Target, h Holding) error {
	for ctx.Err() == nil {
		err := holdOnce(ctx, target, h)
		if said := code(err); err != nil && ctx.Err() == nil && said != "57P01" && said != "25P03" && !closedByServer(err) {
			return fmt.Errorf("locking the rows of %s: %w", h.Table, err)
		}
		_ = drivers.Pause(ctx, h.Pause) // cut short, it is over
	}
	return nil
}

func closedByServer(err error) bool {
	var said *pgconn.PgError
	return errors.Is(err, errGone) || errors.As(err, &said) && said.Severity == "FATAL"
}

// errGone says that the session was ended while it held the rows.
var errGone = errors.New("the session was ended")

func holdOnce(ctx context.Context, target drivers.Target, h Holding) (err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }() // its transaction ends with it
	tx, err := connection.Begin(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SELECT FROM "+quote(h.Table)+" FOR UPDATE"); err != nil {
		return err
	}
	if drivers.Pause(ctx, h.For) != nil {
		return nil // over
	}
	if err := tx.Rollback(ctx); err != nil {
		return errors.Join(errGone, err)
	}
	return nil
}
