#!/bin/sh
# base.sh OUT.tar: the file system that every local image stands on.
#
# Debian 13 without package management: a shell, the libraries of the servers, and the
# PostgreSQL client programs 15, 17 and 18 (each server image puts the one that fits its
# server on PATH). Packages come from the mirror that this machine's apt already uses.
# Needs mmdebstrap, and root or user namespaces.
set -eu
out=$1

mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' |
	awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
[ -n "$mirror" ] || {
	echo "base.sh: apt knows no Debian archive here; run apt-get update on a Debian machine first" >&2
	exit 2
}
keys=/usr/share/keyrings/debian-archive-keyring.gpg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for suite in trixie bookworm forky; do
	echo "deb [signed-by=$keys] $mirror $suite main"
done >"$work/sources"

# Only what trixie lacks comes from its neighbours: client 15 from bookworm; client 18 and
# the libpq that all three use from forky, whose C library requirement trixie meets.
cat >"$work/clients" <<'HOOK'
set -eu
root=$1
mkdir -p "$root/fetched"
cd "$root/fetched"
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
apt-get download -q postgresql-client-15/bookworm postgresql-client-17/trixie postgresql-client-18/forky libpq5/forky
for package in *.deb; do dpkg-deb -x "$package" files; done
mkdir -p "$root/usr/lib/postgresql"
cp -a files/usr/lib/postgresql/. "$root/usr/lib/postgresql/"
for library in files/usr/lib/*-linux-gnu/libpq.so.5*; do cp -a "$library" "$root/${library#files/}"; done
cd /
rm -rf "$root/fetched"

# There is no client 16 in Debian. Client 17 reads a 16 server well, but what it writes
# begins by setting transaction_timeout, which a 16 server does not know. In a copy for
# servers before 17 that line sets statement_timeout, as the line before it does.
cd "$root/usr/lib/postgresql"
cp -a 17 17-for-16
mkdir 17-for-16/libexec
for program in pg_dump pg_restore; do
	sed 's/SET transaction_timeout = 0;/SET statement_timeout   = 0;/' 17/bin/$program >17-for-16/libexec/$program
	! cmp -s 17/bin/$program 17-for-16/libexec/$program || { echo "base.sh: $program 17 no longer sets transaction_timeout" >&2; exit 2; }
	# It says what it is, so that a report that prints the version does too.
	cat >17-for-16/bin/$program <<'END'
#!/bin/sh
real=${0%/*/*}/libexec/${0##*/}
[ "$*" != --version ] || { echo "$("$real" --version), without transaction_timeout"; exit; }
exec "$real" "$@"
END
	chmod 755 17-for-16/bin/$program 17-for-16/libexec/$program
done
HOOK

cat >"$work/accounts" <<'HOOK'
set -eu
root=$1
ln -sf bash "$root/usr/bin/sh" # entry points of others use pipefail under sh
ln -sf mawk "$root/usr/bin/awk"
cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
postgres:x:999:999::/var/lib/postgresql:/bin/bash
ferretdb:x:998:998::/var/lib/ferretdb:/usr/sbin/nologin
END
cat >"$root/etc/group" <<'END'
root:x:0:
nogroup:x:65534:
postgres:x:999:
ferretdb:x:998:
END
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/root" "$root/run" "$root/docker-entrypoint-initdb.d"
chmod 1777 "$root/tmp"
install -d -o 999 -g 999 -m 700 "$root/var/lib/postgresql" "$root/var/lib/postgresql/data"
install -d -o 998 -g 998 -m 700 "$root/var/lib/ferretdb"
rm -rf "$root/var/run" "$root/var/lock"
ln -s /run "$root/var/run"
ln -s /run/lock "$root/var/lock"
rm -rf "$root/var/lib/apt" "$root/var/lib/dpkg" "$root"/usr/lib/*-linux-gnu/perl-base "$root/var/cache/apt"
chroot "$root" /sbin/ldconfig
HOOK

mmdebstrap --quiet --variant=extract --skip=check/empty \
	--aptopt='APT::Install-Recommends "false"' \
	--aptopt='APT::Default-Release "trixie"' \
	--aptopt='Acquire::Check-Valid-Until "false"' \
	--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
	--dpkgopt='path-exclude=/usr/lib/*-linux-gnu/gconv/*' \
	--include=base-files,bash,dash,coreutils,grep,sed,mawk,util-linux,libc-bin,tzdata,libstdc++6,libgcc-s1,gzip,findutils,tar,procps,libreadline8t64,libzstd1,liblz4-1,zlib1g,libssl3t64,libgssapi-krb5-2,libldap2 \
	--extract-hook="sh $work/clients \"\$1\"" --extract-hook="sh $work/accounts \"\$1\"" \
	trixie "$out" "$work/sources"
