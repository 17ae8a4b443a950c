package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// Footprint is how large a database is, and its cluster's cache, in bytes.
func Footprint(ctx context.Context, target drivers.Target) (bytes, cache int64, err error) {
	err = oneSession(ctx, target, func(connection *pgx.Conn) error {
		return connection.QueryRow(ctx, `SELECT pg_database_size(current_database()), (SELECT setting::int8 * current_setting('block_size')::int8 FROM pg_settings WHERE name = 'shared_buffers')`).Scan(&bytes, &cache)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("asking %s how large it is: %w", target.URL.HostPort(), err)
	}
	return bytes, cache, nil
}

// reloadMax bounds the wait until a changed setting is in force.
const reloadMax = 10 * time.Second

// Reconfigure changes settings that need no restart, as a superuser, and returns when they
// are in force for new sessions. An empty value takes a change back.
func Reconfigure(ctx context.Context, target drivers.Target, settings map[string]string) error {
	return oneSession(ctx, target, func(connection *pgx.Conn) error {
		for name, value := range settings {
			statement := "ALTER SYSTEM RESET " + quote(name)
			if value != "" {
				statement = "ALTER SYSTEM SET " + quote(name) + " = " + literal(value)
			}
			if _, err := connection.Exec(ctx, statement); err != nil {
				return fmt.Errorf("setting %s: %w", name, err)
			}
		}
		var before time.Time
		if err := connection.QueryRow(ctx, `SELECT pg_conf_load_time()`).Scan(&before); err != nil {
			return err
		}
		if _, err := connection.Exec(ctx, `SELECT pg_reload_conf()`); err != nil {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, reloadMax)
		defer cancel()
		for { // this session reads the files again between two statements
			var since time.Time
			if err := connection.QueryRow(waiting, `SELECT pg_conf_load_time()`).Scan(&since); err != nil {
				return fmt.Errorf("waiting for settings to be in force: %w", err)
			}
			if since.After(before) {
				return nil
			}
			if err := drivers.Pause(waiting, 10*time.Millisecond); err != nil {
				return errors.Join(errors.New("settings did not come into force"), err)
			}
		}
	})
}
