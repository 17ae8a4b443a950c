package postgres

import (
	"context"
	"errors"
	"fmt"

	"tristore/drivers"
)

// Powers asks the server what the target's own account may do beyond what it was
// granted: superuser, createrole, createdb, replication, bypassrls, or membership in a
// predefined role. None is the sound answer for an application role.
func Powers(ctx context.Context, target drivers.Target) (powers []string, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	const ask = `SELECT unnest(array_remove(ARRAY[CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolcreaterole THEN 'createrole' END,
			CASE WHEN rolcreatedb THEN 'createdb' END, CASE WHEN rolreplication THEN 'replication' END, CASE WHEN rolbypassrls THEN 'bypassrls' END], NULL))
			FROM pg_roles WHERE rolname = current_user
		UNION ALL SELECT 'member of ' || g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles r ON r.oid = m.member
			WHERE r.rolname = current_user AND g.rolname LIKE 'pg\_%'
		ORDER BY 1`
	powers, err = texts(ctx, connection, ask)
	if err != nil {
		return nil, fmt.Errorf("asking %s what %s may do: %w", target.URL.HostPort(), target.URL.User(), err)
	}
	return powers, nil
}
