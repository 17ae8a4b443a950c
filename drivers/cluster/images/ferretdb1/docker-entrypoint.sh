#!/bin/bash
# FerretDB 1 as an unprivileged user. All else is FerretDB's own flags and environment;
# the password of the first administrator may also come from the file that
# FERRETDB_SETUP_PASSWORD_FILE names.
set -Eeuo pipefail

if [ "$(id -u)" = 0 ] && [ "${1:-}" = ferretdb ]; then
	find /var/lib/ferretdb \! -user ferretdb -exec chown ferretdb:ferretdb '{}' +
	exec setpriv --reuid=ferretdb --regid=ferretdb --clear-groups env HOME=/var/lib/ferretdb "$BASH_SOURCE" "$@"
fi
if [ -n "${FERRETDB_SETUP_PASSWORD_FILE:-}" ]; then
	FERRETDB_SETUP_PASSWORD=$(<"$FERRETDB_SETUP_PASSWORD_FILE")
	export FERRETDB_SETUP_PASSWORD
	unset FERRETDB_SETUP_PASSWORD_FILE
fi
exec "$@"
