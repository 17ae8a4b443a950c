package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// ServerInfo asks the server for its version and its settings in force, by name and in
// the server's own units. It is a real query over the target's TLS, fit to tell readiness.
func ServerInfo(ctx context.Context, target drivers.Target) (version string, settings map[string]string, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	rows, err := connection.Query(ctx, `SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY($1)`, telling())
	if err != nil {
		return "", nil, fmt.Errorf("asking %s for its settings: %w", target.URL.HostPort(), err)
	}
	settings = map[string]string{}
	var name, value string
	if _, err := pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		settings[name] = value
		return nil
	}); err != nil {
		return "", nil, fmt.Errorf("reading the settings of %s: %w", target.URL.HostPort(), err)
	}
	return settings["server_version"], settings, nil
}

// telling are the settings that a result must be read with: what an acknowledged write
// may rely on, what the server may use, and how it can be reached.
func telling() []string {
	return []string{
		"server_version", "server_version_num", "server_encoding", "ssl", "ssl_min_protocol_version", "password_encryption", "port", "listen_addresses",
		"fsync", "synchronous_commit", "full_page_writes", "wal_level", "wal_sync_method", "archive_mode", "synchronous_standby_names",
		"max_connections", "superuser_reserved_connections", "reserved_connections", "shared_buffers", "work_mem", "maintenance_work_mem", "effective_cache_size",
		"max_wal_size", "min_wal_size", "checkpoint_timeout", "autovacuum", "jit", "random_page_cost", "effective_io_concurrency",
		"max_worker_processes", "max_parallel_workers", "shared_preload_libraries", "track_io_timing", "log_statement", "log_destination",
		"default_transaction_isolation", "default_transaction_read_only", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
		"max_prepared_transactions", "max_locks_per_transaction", "data_checksums", "TimeZone", "huge_pages", "wal_segment_size", "block_size",
	}
}

// Identity names one database of one cluster, across addresses and renamings: the
// cluster's system identifier and the database's oid. A cluster copied file by file
// keeps its identity.
func Identity(ctx context.Context, target drivers.Target) (identity string, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	const ask = `SELECT s.system_identifier::text || '/' || d.oid::text
		FROM pg_control_system() s, pg_database d WHERE d.datname = current_database()`
	if err := connection.QueryRow(ctx, ask).Scan(&identity); err != nil {
		return "", fmt.Errorf("asking %s who it is: %w", target.URL.HostPort(), err)
	}
	return identity, nil
}
