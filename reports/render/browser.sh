#!/bin/sh
# browser.sh: Debian's chromium, as root. Two at once are safe: apt waits for its lock.
set -u
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "browser.sh: installing chromium" >&2
apt-get update -q >"$log" 2>&1
DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends chromium >>"$log" 2>&1 && exit 0
# The tests themselves say that there is no browser, and how to get one.
echo "browser.sh: chromium cannot be installed; the report's browser test is skipped. The last lines of apt:" >&2
tail -n 3 "$log" >&2
