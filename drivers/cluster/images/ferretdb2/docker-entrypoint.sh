#!/bin/bash
# FerretDB 2 and the PostgreSQL behind it, as an unprivileged user: `ferretdb [-c
# NAME=VALUE]... [FLAG]...`, where -c are PostgreSQL's settings and flags are FerretDB's.
# The first administrator is FERRETDB_SETUP_USERNAME with FERRETDB_SETUP_PASSWORD or the
# content of the file FERRETDB_SETUP_PASSWORD_FILE. PostgreSQL listens on a socket that
# no other user can enter; when either server ends, so does the other.
set -Eeuo pipefail

if [ "${1:-}" != ferretdb ]; then exec "$@"; fi
home=/var/lib/ferretdb
if [ "$(id -u)" = 0 ]; then
	find "$home" \! -user ferretdb -exec chown ferretdb:ferretdb '{}' +
	exec setpriv --reuid=ferretdb --regid=ferretdb --clear-groups env HOME="$home" "$BASH_SOURCE" "$@"
fi
shift
settings=()
while [ "${1:-}" = -c ]; do
	settings+=(-c "$2")
	shift 2
done
sockets=$home/socket
mkdir -p -m 700 "$sockets"

run_sql() { psql --no-psqlrc -q -v ON_ERROR_STOP=1 -h "$sockets" -U postgres -d postgres "$@"; }

first_start() {
	initdb -D "$PGDATA" -U postgres --auth-local=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
	cat >>"$PGDATA/postgresql.conf" <<-END
		listen_addresses = ''
		unix_socket_directories = '$sockets'
		shared_preload_libraries = 'pg_cron, pg_documentdb_core, pg_documentdb'
		cron.database_name = 'postgres'
		documentdb.localhost_connection_string = 'host=$sockets'
		jit = off
	END
}

# The administrator is made when PostgreSQL runs and before FerretDB listens, so that
# nobody is served without it.
make_administrator() {
	local password=${FERRETDB_SETUP_PASSWORD:-}
	[ -z "${FERRETDB_SETUP_PASSWORD_FILE:-}" ] || password=$(<"$FERRETDB_SETUP_PASSWORD_FILE")
	run_sql -c 'CREATE EXTENSION IF NOT EXISTS documentdb CASCADE' 2>/dev/null
	[ -n "${FERRETDB_SETUP_USERNAME:-}" ] || return 0
	[ -z "$(run_sql -At -v name="$FERRETDB_SETUP_USERNAME" <<<"SELECT 1 FROM pg_roles WHERE rolname = :'name'")" ] || return 0
	run_sql -v name="$FERRETDB_SETUP_USERNAME" -v password="$password" >/dev/null <<-'END'
		SELECT documentdb_api.create_user(json_build_object('createUser', :'name', 'pwd', :'password',
			'roles', json_build_array(json_build_object('role', 'clusterAdmin', 'db', 'admin'),
				json_build_object('role', 'readWriteAnyDatabase', 'db', 'admin')))::text::documentdb_core.bson);
	END
}

[ -s "$PGDATA/PG_VERSION" ] || first_start
postgres -D "$PGDATA" "${settings[@]}" &
postgres=$!
trap 'kill -INT $postgres 2>/dev/null; [ -z "${ferretdb:-}" ] || kill $ferretdb 2>/dev/null' EXIT
trap 'exit 143' TERM INT
until run_sql -c 'SELECT 1' >/dev/null 2>&1; do
	kill -0 $postgres 2>/dev/null || exit 1
	sleep 0.05
done
make_administrator
unset FERRETDB_SETUP_PASSWORD
ferretdb --postgresql-url="postgres:///postgres?host=$sockets&user=postgres" --state-dir="$home" \
	--telemetry=disable --debug-addr=- --log-level=warn "$@" &
ferretdb=$!
wait -n $postgres $ferretdb
