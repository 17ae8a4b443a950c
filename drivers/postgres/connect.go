package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"tristore/drivers"
)

// The platform's own pool on PostgreSQL [D]: this floor, DefaultPoolMax as the cap, and
// this long until an idle connection above the floor is closed.
const (
	poolMin  = 2
	poolIdle = 30 * time.Second
	// poolCheck is how often idle connections are looked at.
	poolCheck = 10 * time.Second
)

// address verifies the server's certificate unless the target is self-signed, or its
// URL says in so many words that there shall be no TLS.
func address(target drivers.Target) drivers.URL {
	url := target.URL
	switch {
	case url.Option("sslmode") == "disable":
	case target.SelfSigned:
		url = url.WithOption("sslmode", "require")
	default:
		url = url.WithOption("sslmode", "verify-full")
		if target.CAFile != "" {
			url = url.WithOption("sslrootcert", target.CAFile)
		}
	}
	if target.Application != "" {
		url = url.WithOption("application_name", target.Application)
	}
	return url
}

// dial opens one connection that belongs to no pool.
func dial(ctx context.Context, target drivers.Target) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(address(target).Reveal())
	if err != nil {
		return nil, fmt.Errorf("reading the address of %s: %w", target.URL.HostPort(), err)
	}
	connection, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s as %s: %w", target.URL.HostPort(), target.URL.User(), err)
	}
	readAsContract(connection.TypeMap())
	return connection, nil
}

// openPool opens a pool and waits for one answered query, so that a wrong password or
// certificate is an error here and not the outcome of some operation later. How
// statements are prepared is a URL option of pgx, default_query_exec_mode; its default
// prepares each once per connection.
func openPool(ctx context.Context, target drivers.Target) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(address(target).Reveal())
	if err != nil {
		return nil, fmt.Errorf("reading the address of %s: %w", target.URL.HostPort(), err)
	}
	config.MaxConns = drivers.DefaultPoolMax
	if target.PoolMax > 0 {
		config.MaxConns = int32(target.PoolMax)
	}
	config.MinConns = min(poolMin, config.MaxConns)
	config.MaxConnIdleTime, config.HealthCheckPeriod, config.BeforeClose = poolIdle, poolCheck, closeLine
	config.ConnConfig.DialFunc = dialWire(config.ConnConfig.DialFunc)
	config.AfterConnect = func(_ context.Context, connection *pgx.Conn) error {
		readAsContract(connection.TypeMap())
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening a pool at %s: %w", target.URL.HostPort(), err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening database %s at %s as %s: %w", target.URL.Database(), target.URL.HostPort(), target.URL.User(), err)
	}
	return pool, nil
}

// readAsContract makes a connection read moments as UTC, and whole JSON numbers as
// int64, as a Document promises.
func readAsContract(types *pgtype.Map) {
	types.RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	types.RegisterType(&pgtype.Type{Name: "jsonb", OID: pgtype.JSONBOID, Codec: &pgtype.JSONBCodec{Marshal: json.Marshal, Unmarshal: unmarshal}})
}

// closePool waits for the operations under way, as pgxpool does, but no longer than the context.
func closePool(ctx context.Context, pool *pgxpool.Pool) error {
	closed := make(chan struct{})
	go func() {
		pool.Close()
		close(closed)
	}()
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("closing a pool with %d connections in use: %w", pool.Stat().AcquiredConns(), ctx.Err())
	}
}
