#!/bin/sh
# build.sh [FLAGS of `tristore images`]: builds the local images, and first sets up what
# that needs on a bare Debian machine as root: a Docker daemon and mmdebstrap. A second
# run finds them made; two at once build once.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/daemon.sh"
if ! command -v mmdebstrap >/dev/null; then
	command -v apt-get >/dev/null || { echo "build.sh: mmdebstrap is needed and this is no Debian: install it by hand" >&2; exit 2; }
	[ "$(id -u)" = 0 ] || { echo "build.sh: mmdebstrap is needed: apt-get install --no-install-recommends mmdebstrap" >&2; exit 2; }
	echo "build.sh: installing mmdebstrap" >&2
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends mmdebstrap >/dev/null ||
		{ apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends mmdebstrap >/dev/null; }
fi
cd "$here/../../.."
lock=${TMPDIR:-/tmp}/tristore-images.$(id -u).lock
exec flock "$lock" go run . images "$@"
