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

// Watcher reads the statistics of a live cluster through one connection, and one more for
// a moment where a database must be looked at from inside. Every reading is one read-only
// transaction with a time limit of its own, sent in one round trip; nothing is set for
// longer than that, so that a pooler may stand between. It is for one goroutine.
type Watcher struct {
	target     drivers.Target
	connection *pgx.Conn
	version    int // server_version_num
	spent      time.Duration
	dialled    int
	refused    int
	statements string          // the schema of pg_stat_statements, once it was found
	asked      map[string]bool // what the first connection has been asked before
}

// How long a reading may take on the server, and wait for a lock there.
const (
	watchMax     = "5s"
	watchLockMax = "100ms"
)

// OpenWatcher connects and asks for the version.
func OpenWatcher(ctx context.Context, target drivers.Target) (*Watcher, error) {
	w := &Watcher{target: target, asked: map[string]bool{}}
	connection, err := w.dial(ctx, target)
	if err != nil {
		return nil, err
	}
	w.connection = connection
	if err := connection.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&w.version); err != nil {
		return nil, errors.Join(fmt.Errorf("asking %s for its version: %w", target.URL.HostPort(), err), connection.Close(ctx))
	}
	return w, nil
}

// Close ends the connection.
func (w *Watcher) Close(ctx context.Context) error { return w.connection.Close(ctx) }

// Major is the server's major version.
func (w *Watcher) Major() int { return w.version / 10000 }

// Spent is how long the server was busy with this watcher, connecting included.
func (w *Watcher) Spent() time.Duration { return w.spent }

// Slots is how many connections were asked for, and how many of them the server had no slot for.
func (w *Watcher) Slots() (asked, refused int) { return w.dialled, w.refused }

func (w *Watcher) dial(ctx context.Context, target drivers.Target) (*pgx.Conn, error) {
	defer w.spend(time.Now())
	w.dialled++
	connection, err := dial(ctx, target)
	if NoSlot(err) {
		w.refused++
	}
	return connection, err
}

// NoSlot tells whether a server refused a connection because all its slots are taken.
func NoSlot(err error) bool { return code(err) == "53300" }

// code is the SQLSTATE of an error, or empty.
func code(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Code
	}
	return ""
}

func (w *Watcher) spend(since time.Time) { w.spent += time.Since(since) }

// question is one query of a reading and what becomes of its rows.
type question struct {
	ask  string
	args []any
	see  func(pgx.Rows) error
}

// read asks questions in one read-only transaction and one round trip. It costs what the
// server says that the transaction took. Where a statement is new to the connection it is
// parsed before, and then all of the time until the answer counts.
func (w *Watcher) read(ctx context.Context, on *pgx.Conn, questions ...question) error {
	began, took, known := time.Now(), -1.0, on == w.connection
	for _, q := range questions {
		known = known && w.asked[q.ask]
		w.asked[q.ask] = true
	}
	defer func() {
		if known && took >= 0 {
			w.spent += time.Duration(took * float64(time.Second))
		} else {
			w.spend(began)
		}
	}()
	batch := &pgx.Batch{}
	batch.Queue("BEGIN READ ONLY")
	batch.Queue("SET LOCAL statement_timeout = '" + watchMax + "'")
	batch.Queue("SET LOCAL lock_timeout = '" + watchLockMax + "'")
	for _, q := range questions {
		batch.Queue(q.ask, q.args...).Query(q.see)
	}
	batch.Queue("SELECT extract(epoch FROM clock_timestamp() - transaction_timestamp())::float8").Query(func(rows pgx.Rows) error { return single(rows, &took) })
	batch.Queue("COMMIT")
	err := on.SendBatch(ctx, batch).Close()
	if err != nil && !on.IsClosed() && on.PgConn().TxStatus() != idle {
		_, endErr := on.Exec(ctx, "ROLLBACK")
		err = errors.Join(err, endErr)
	}
	if err != nil {
		return fmt.Errorf("reading the statistics of %s: %w", w.target.URL.HostPort(), err)
	}
	return nil
}

// inside asks questions in another database, over a connection for that moment. why is
// filled, and no error, where this account may not connect there.
func (w *Watcher) inside(ctx context.Context, database string, questions ...question) (why string, err error) {
	on := w.connection
	if database != w.target.URL.Database() {
		if on, err = w.dial(ctx, w.target.WithDatabase(database)); err != nil {
			if said := code(err); said == "42501" || said == "3D000" || len(said) == 5 && said[:2] == "28" || NoSlot(err) {
				return "this account could not connect to it (SQLSTATE " + said + ")", nil
			}
			return "", err
		}
		defer func() { err = errors.Join(err, on.Close(ctx)) }()
	}
	return "", w.read(ctx, on, questions...)
}
