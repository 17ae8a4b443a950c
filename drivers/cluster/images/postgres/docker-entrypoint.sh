#!/bin/bash
# The part of the official PostgreSQL image's entry point that callers rely on, so that
# what is written for that image (testcontainers' modules too) runs on this one unchanged:
# POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS (each also as _FILE),
# POSTGRES_INITDB_WALDIR, POSTGRES_HOST_AUTH_METHOD, PGDATA, /docker-entrypoint-initdb.d,
# "ready to accept connections" twice on the first start, and never a server as root.
set -Eeuo pipefail

# file_env NAME [DEFAULT]: NAME from the environment or from the file that NAME_FILE names.
file_env() {
	local name=$1 file="$1_FILE" default=${2:-}
	if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
		echo >&2 "error: both $name and $file are set (but are exclusive)"
		exit 1
	fi
	local value=$default
	if [ -n "${!name:-}" ]; then
		value=${!name}
	elif [ -n "${!file:-}" ]; then
		value=$(<"${!file}")
	fi
	export "$name"="$value"
	unset "$file"
}

run_sql() { # run_sql [psql arguments]
	PGHOST='' PGHOSTADDR='' PGPASSWORD=$POSTGRES_PASSWORD psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password \
		--username "$POSTGRES_USER" --host "$sockets" "$@"
}

init_database() {
	local -a wal=()
	[ -z "${POSTGRES_INITDB_WALDIR:-}" ] || wal=(--waldir "$POSTGRES_INITDB_WALDIR")
	eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") "${wal[@]}" '"$POSTGRES_INITDB_ARGS"' "$@"'
	{
		echo
		[ "$POSTGRES_HOST_AUTH_METHOD" != trust ] || echo '# trust: anyone who can connect is let in, as POSTGRES_HOST_AUTH_METHOD asked'
		echo "host all all all $POSTGRES_HOST_AUTH_METHOD"
	} >>"$PGDATA/pg_hba.conf"
}

run_init_files() {
	local file
	for file in /docker-entrypoint-initdb.d/*; do
		case $file in
		*.sh)
			if [ -x "$file" ]; then
				echo "$0: running $file"
				"$file"
			else
				echo "$0: sourcing $file"
				# shellcheck disable=SC1090
				. "$file"
			fi
			;;
		*.sql) echo "$0: running $file"; run_sql --dbname "$POSTGRES_DB" -f "$file" ;;
		*.sql.gz) echo "$0: running $file"; gunzip -c "$file" | run_sql --dbname "$POSTGRES_DB" ;;
		*/\*) ;;
		*) echo "$0: ignoring $file" ;;
		esac
	done
}

first_start() { # first_start SERVER-ARGUMENTS
	if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
		echo >&2 'Error: Database is uninitialized and superuser password is not specified.'
		exit 1
	fi
	init_database
	# The temporary server listens on the socket only, so that nobody outside takes it for the real one.
	NOTIFY_SOCKET='' pg_ctl -D "$PGDATA" -w start -o "$(printf '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}")"
	if [ "$POSTGRES_DB" != postgres ] &&
		[ -z "$(run_sql --dbname postgres --set db="$POSTGRES_DB" --tuples-only <<<"SELECT 1 FROM pg_database WHERE datname = :'db'")" ]; then
		run_sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db"'
	fi
	run_init_files
	pg_ctl -D "$PGDATA" -m fast -w stop
	echo
	echo 'PostgreSQL init process complete; ready for start up.'
	echo
}

main() {
	case ${1:-} in -*) set -- postgres "$@" ;; esac
	if [ "${1:-}" != postgres ]; then exec "$@"; fi
	for argument in "$@"; do
		case $argument in -\? | --help | -V | --version | --describe-config) exec "$@" ;; esac
	done
	sockets=/var/run/postgresql
	if [ "$(id -u)" = 0 ]; then
		mkdir -p "$PGDATA" "$sockets"
		chmod 700 "$PGDATA" || :
		find "$PGDATA" "$sockets" \! -user postgres -exec chown postgres:postgres '{}' +
		if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
			mkdir -p "$POSTGRES_INITDB_WALDIR"
			chmod 700 "$POSTGRES_INITDB_WALDIR"
			chown -R postgres:postgres "$POSTGRES_INITDB_WALDIR"
		fi
		exec setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql "$BASH_SOURCE" "$@"
	fi
	# These binaries would put the socket into /tmp; a caller's own -c comes later and wins.
	shift
	set -- postgres -c "unix_socket_directories=$sockets" "$@"
	if [ ! -s "$PGDATA/PG_VERSION" ]; then
		file_env POSTGRES_PASSWORD
		file_env POSTGRES_USER postgres
		file_env POSTGRES_DB "$POSTGRES_USER"
		file_env POSTGRES_INITDB_ARGS
		# As in the official images: md5 was the default until 13.
		local method=scram-sha-256
		case $(postgres --version) in *' '12.* | *' '13.*) method=md5 ;; esac
		POSTGRES_HOST_AUTH_METHOD=${POSTGRES_HOST_AUTH_METHOD:-$method}
		first_start "${@:2}"
	else
		echo
		echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
		echo
	fi
	unset POSTGRES_PASSWORD
	exec "$@"
}

main "$@"
