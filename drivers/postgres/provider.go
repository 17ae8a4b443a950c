package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// SetPassword gives an existing role a new password, on a session of the target's
// account. The server is sent a SCRAM verifier and never the password, which its log could show.
func SetPassword(ctx context.Context, target drivers.Target, role string, password drivers.Secret) error {
	verifier, err := scramVerifier(password)
	if err != nil {
		return fmt.Errorf("setting the password of %s: %w", role, err)
	}
	return Exec(ctx, target, "ALTER ROLE "+pgx.Identifier{role}.Sanitize()+" PASSWORD '"+verifier+"'")
}

// Settings asks the server for settings in force by name; one that it does not know is
// not in the answer.
func Settings(ctx context.Context, target drivers.Target, names []string) (settings map[string]string, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	settings = map[string]string{}
	rows, err := connection.Query(ctx, "SELECT n, current_setting(n, true) FROM unnest($1::text[]) AS n WHERE current_setting(n, true) IS NOT NULL", names)
	if err != nil {
		return nil, fmt.Errorf("asking %s for settings: %w", target.URL.HostPort(), err)
	}
	var name, value string
	if _, err := pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		settings[name] = value
		return nil
	}); err != nil {
		return nil, fmt.Errorf("reading the settings of %s: %w", target.URL.HostPort(), err)
	}
	return settings, nil
}
