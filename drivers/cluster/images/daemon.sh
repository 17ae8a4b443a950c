#!/bin/sh
# daemon.sh [start|stop]: a Docker daemon on a bare Debian machine.
#
# start (the default) does nothing where a daemon answers. Elsewhere, as root, it installs
# docker.io and iptables by package name and starts dockerd detached. Two at once are safe:
# the second waits and then finds a daemon that answers. stop ends only the daemon that
# this script started.
set -eu

state=${TRISTORE_DAEMON_DIR:-/var/lib/tristore-daemon}
log=$state/dockerd.log
pid_file=$state/dockerd.pid
patience=60 # seconds for the daemon to answer

say() { echo "daemon.sh: $*" >&2; }
answers() { timeout 10 docker info >/dev/null 2>&1; }

# ours prints the pid of our daemon if it still is the process that we started: a pid
# alone may have gone to another program since.
ours() {
	read -r pid started 2>/dev/null <"$pid_file" || return 1
	[ "$(start_time "$pid")" = "$started" ] && echo "$pid"
}

# start_time is field 22 of /proc/PID/stat, counted after the name, which may hold spaces.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

install_packages() {
	command -v dockerd >/dev/null && command -v docker >/dev/null && command -v iptables >/dev/null && return
	command -v apt-get >/dev/null || { say "no daemon answers and this is no Debian: install Docker by hand"; exit 2; }
	say "installing docker.io and iptables"
	# Installing must not start the service: policy-rc.d 101 says so, where there is no policy yet.
	policy=
	[ -e /usr/sbin/policy-rc.d ] || { policy=/usr/sbin/policy-rc.d; printf '#!/bin/sh\nexit 101\n' >$policy; chmod 755 $policy; }
	trap '[ -z "$policy" ] || rm -f "$policy"' EXIT
	apt-get update -q >"$state/apt.log" 2>&1 || say "apt-get update was not complete; see $state/apt.log"
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends docker.io iptables >>"$state/apt.log" 2>&1 || {
		say "installing docker.io failed; the last lines of $state/apt.log:"
		tail -n 5 "$state/apt.log" >&2
		exit 2
	}
	[ -z "$policy" ] || rm -f "$policy"
	trap - EXIT
}

start() {
	answers && return
	[ "$(id -u)" = 0 ] || { say "no Docker daemon answers; start one, or run this as root"; exit 2; }
	mkdir -p "$state"
	exec 9>"$state/lock"
	flock -w 600 9 || { say "another start holds $state/lock for ten minutes"; exit 2; }
	answers && return
	install_packages
	answers && return
	if ! ours >/dev/null; then
		rm -f /var/run/docker.pid # of a daemon that died with its machine
		setsid nohup dockerd >>"$log" 2>&1 </dev/null 9>&- &
		echo "$! $(start_time $!)" >"$pid_file"
	fi
	waited=0
	until answers; do
		ours >/dev/null || { say "dockerd ended; the last lines of $log:"; tail -n 5 "$log" >&2; exit 2; }
		[ $waited -lt $patience ] || { say "dockerd does not answer after $patience s; see $log"; exit 2; }
		sleep 1
		waited=$((waited + 1))
	done
	say "dockerd answers; log $log; end it with: $0 stop"
}

stop() {
	pid=$(ours) || { say "no daemon of ours runs"; return; }
	kill -TERM "$pid"
	waited=0
	while ours >/dev/null; do
		[ $waited -lt $patience ] || { say "dockerd (pid $pid) does not end"; exit 1; }
		sleep 1
		waited=$((waited + 1))
	done
	rm -f "$pid_file"
}

case ${1:-start} in
start) start ;;
stop) stop ;;
*) say "usage: daemon.sh [start|stop]"; exit 2 ;;
esac
