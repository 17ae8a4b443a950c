package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tristore/drivers"
)

// Admin makes and drops roles and databases, as the administrator of a cluster.
type Admin struct {
	target     drivers.Target
	connection *pgx.Conn
	version    int // server_version_num
}

// OpenAdmin connects to the maintenance database. An Admin is for one caller at a time.
func OpenAdmin(ctx context.Context, target drivers.Target) (*Admin, error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return nil, err
	}
	admin := &Admin{target: target, connection: connection}
	if err := connection.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&admin.version); err != nil {
		return nil, errors.Join(fmt.Errorf("asking %s for its version: %w", target.URL.HostPort(), err), connection.Close(ctx))
	}
	return admin, nil
}

// Close ends the administrator's session.
func (a *Admin) Close(ctx context.Context) error { return a.connection.Close(ctx) }

// CreateRole makes the application role, or gives an existing one this password and
// these limits: it signs in, and is nothing more. The server is sent a SCRAM verifier
// and never the password, which its log could show.
func (a *Admin) CreateRole(ctx context.Context, name string, password drivers.Secret) (restricted bool, why string, err error) {
	verifier, err := scramVerifier(password)
	if err != nil {
		return false, "", fmt.Errorf("creating role %s: %w", name, err)
	}
	var exists bool
	if err := a.connection.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name).Scan(&exists); err != nil {
		return false, "", fmt.Errorf("looking for role %s: %w", name, err)
	}
	verb := "CREATE"
	if exists {
		verb = "ALTER"
	}
	limits := " LOGIN NOCREATEDB NOCREATEROLE PASSWORD '" + verifier + "'"
	if err := a.run(ctx, verb+" ROLE "+quote(name)+limits); err != nil {
		return false, "", fmt.Errorf("creating role %s: %w", name, err)
	}
	if err := a.join(ctx, name); err != nil {
		return false, "", err
	}
	// NOSUPERUSER is the default and only a superuser may write it out: read it back instead.
	const powers = `SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = $1`
	has, names := [5]bool{}, [5]string{"SUPERUSER", "CREATEROLE", "CREATEDB", "BYPASSRLS", "REPLICATION"}
	if err := a.connection.QueryRow(ctx, powers, name).Scan(&has[0], &has[1], &has[2], &has[3], &has[4]); err != nil {
		return false, "", fmt.Errorf("reading role %s back: %w", name, err)
	}
	var held []string
	for i, power := range names {
		if has[i] {
			held = append(held, power)
		}
	}
	if len(held) > 0 {
		return false, "pg_roles says that " + name + " has " + strings.Join(held, ", "), nil
	}
	return true, "pg_roles says that " + name + " may sign in and has no other attribute", nil
}

// join makes an administrator who is no superuser, as on a managed service, a member of
// the role: it may then read, dump and drop what the role made, and end its sessions.
func (a *Admin) join(ctx context.Context, name string) error {
	var superuser bool
	if err := a.connection.QueryRow(ctx, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&superuser); err != nil {
		return fmt.Errorf("asking whether the administrator is a superuser: %w", err)
	}
	if superuser {
		return nil
	}
	if err := a.run(ctx, "GRANT "+quote(name)+" TO CURRENT_USER"); err != nil {
		return fmt.Errorf("making the administrator a member of role %s: %w", name, err)
	}
	return nil
}

// CreateDatabase makes an empty database in which role has what the documents grant
// [D]: CREATE and USAGE on schema public, and the four row privileges on what the
// administrator makes there now and later. The administrator stays its owner.
func (a *Admin) CreateDatabase(ctx context.Context, name, role string) error {
	return a.CreateDatabaseIn(ctx, name, role, "")
}

// CreateDatabaseIn is CreateDatabase in an encoding of its own, such as LATIN1; the empty
// one is the server's.
func (a *Admin) CreateDatabaseIn(ctx context.Context, name, role, encoding string) error {
	from := quote("template0")
	if encoding != "" {
		from += " ENCODING " + literal(encoding) + " LC_COLLATE 'C' LC_CTYPE 'C'"
	}
	if err := a.create(ctx, name, from); err != nil {
		return err
	}
	if err := errors.Join(a.admit(ctx, name, role), a.grant(ctx, name, role)); err != nil {
		return errors.Join(err, a.DropDatabase(context.WithoutCancel(ctx), name))
	}
	return nil
}

// CloneDatabase copies a migrated database with everything in it: objects stay owned by
// whoever migrated the source, and grants inside it are copied. What PostgreSQL keeps
// outside, who may connect, is set again. Sessions on the source make it wait, briefly.
func (a *Admin) CloneDatabase(ctx context.Context, source, name, role string) error {
	if err := a.create(ctx, name, quote(source)); err != nil {
		return err
	}
	if err := a.admit(ctx, name, role); err != nil {
		return errors.Join(err, a.DropDatabase(context.WithoutCancel(ctx), name))
	}
	return nil
}

// DropDatabase ends every session on a database and removes it; one that is not there is no error.
func (a *Admin) DropDatabase(ctx context.Context, name string) error {
	if a.version >= 130000 {
		if err := a.run(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("dropping database %s: %w", name, err)
		}
		return nil
	}
	// 12 has no FORCE: nobody new may come in, and those inside are ended.
	err := a.whileInUse(ctx, func() error {
		const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`
		if _, err := a.connection.Exec(ctx, end, name); err != nil {
			return err
		}
		return a.run(ctx, "DROP DATABASE IF EXISTS "+quote(name))
	})
	if err != nil {
		return fmt.Errorf("dropping database %s: %w", name, err)
	}
	return nil
}

// create makes a database from a template's quoted name and what may follow it.
func (a *Admin) create(ctx context.Context, name, source string) error {
	err := a.whileInUse(ctx, func() error {
		return a.run(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE "+source)
	})
	if err != nil {
		return fmt.Errorf("creating database %s from %s: %w", name, source, err)
	}
	return nil
}

// admit lets the role, and nobody else who is no superuser, connect.
func (a *Admin) admit(ctx context.Context, name, role string) error {
	for _, statement := range []string{
		"REVOKE ALL ON DATABASE " + quote(name) + " FROM PUBLIC",
		"GRANT CONNECT ON DATABASE " + quote(name) + " TO " + quote(role),
	} {
		if err := a.run(ctx, statement); err != nil {
			return fmt.Errorf("letting %s into database %s: %w", role, name, err)
		}
	}
	return nil
}

func (a *Admin) grant(ctx context.Context, name, role string) error {
	const rows = "SELECT, INSERT, UPDATE, DELETE"
	inside, err := dial(ctx, a.target.WithDatabase(name))
	if err != nil {
		return err
	}
	for _, statement := range []string{
		"GRANT CREATE, USAGE ON SCHEMA public TO " + quote(role),
		"GRANT " + rows + " ON ALL TABLES IN SCHEMA public TO " + quote(role),
		"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT " + rows + " ON TABLES TO " + quote(role),
	} {
		if _, err := inside.Exec(ctx, statement); err != nil {
			return errors.Join(fmt.Errorf("granting to %s in database %s: %w", role, name, err), inside.Close(ctx))
		}
	}
	return inside.Close(ctx)
}

func (a *Admin) run(ctx context.Context, statement string) error {
	_, err := a.connection.Exec(ctx, statement)
	return err
}

// inUse is object_in_use: somebody is connected to that database.
const inUse = "55006"

// whileInUse tries until no session is in the way any more: a backend takes a moment to
// leave after its client has. 100 times, 50 ms apart.
func (a *Admin) whileInUse(ctx context.Context, do func() error) error {
	var last error
	for range 100 {
		last = do()
		var said *pgconn.PgError
		if !errors.As(last, &said) || said.Code != inUse {
			return last
		}
		if err := drivers.Pause(ctx, 50*time.Millisecond); err != nil {
			return errors.Join(last, err)
		}
	}
	return last
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
