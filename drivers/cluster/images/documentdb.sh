#!/bin/sh
# documentdb.sh OUT.tar: the file system of the FerretDB 2 image.
#
# PostgreSQL 18 with the DocumentDB extension as Debian packages it, which its next
# release alone does; so this one image cannot stand on the base of the others. PostGIS is
# taken without its raster half, whose libraries are three times the rest.
# Needs mmdebstrap, and root or user namespaces.
set -eu
out=$1

mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' |
	awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
[ -n "$mirror" ] || {
	echo "documentdb.sh: apt knows no Debian archive here; run apt-get update on a Debian machine first" >&2
	exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror forky main" >"$work/sources"

cat >"$work/server" <<'HOOK'
set -eu
root=$1
mkdir -p "$root/fetched"
cd "$root/fetched"
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
apt-get download -q postgresql-18 postgresql-client-18 postgresql-18-documentdb postgresql-18-cron \
	postgresql-18-pgvector postgresql-18-rum postgresql-18-postgis-3 postgresql-18-postgis-3-scripts
for package in *.deb; do dpkg-deb -x "$package" files; done
cp -a files/usr/lib/postgresql "$root/usr/lib/"
mkdir -p "$root/usr/share/postgresql"
cp -a files/usr/share/postgresql/. "$root/usr/share/postgresql/"
# The package's set-up script, which is not run, would choose among versions by this link.
ln -s postgis-3.control "$root/usr/share/postgresql/18/extension/postgis.control"
cd /
rm -rf "$root/fetched"
rm -rf "$root"/usr/lib/postgresql/18/lib/bitcode "$root"/usr/lib/postgresql/18/lib/postgis_raster-3.so \
	"$root"/usr/lib/postgresql/18/lib/postgis_sfcgal-3.so "$root"/usr/share/postgresql/18/contrib
HOOK

cat >"$work/accounts" <<'HOOK'
set -eu
root=$1
ln -sf bash "$root/usr/bin/sh"
ln -sf mawk "$root/usr/bin/awk"
cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
ferretdb:x:998:998::/var/lib/ferretdb:/bin/bash
END
cat >"$root/etc/group" <<'END'
root:x:0:
nogroup:x:65534:
ferretdb:x:998:
END
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/root"
chmod 1777 "$root/tmp"
install -d -o 998 -g 998 -m 700 "$root/var/lib/ferretdb"
rm -rf "$root/var/run" "$root/var/lock"
ln -s /run "$root/var/run"
ln -s /run/lock "$root/var/lock"
rm -rf "$root/var/lib/apt" "$root/var/lib/dpkg" "$root"/usr/lib/*-linux-gnu/perl-base "$root/var/cache/apt"
chroot "$root" /sbin/ldconfig
HOOK

mmdebstrap --quiet --variant=extract --skip=check/empty \
	--aptopt='APT::Install-Recommends "false"' \
	--aptopt='Acquire::Check-Valid-Until "false"' \
	--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
	--dpkgopt='path-exclude=/usr/lib/*-linux-gnu/gconv/*' \
	--dpkgopt='path-exclude=/usr/share/proj/*' --dpkgopt='path-include=/usr/share/proj/proj.db' \
	--include=base-files,bash,dash,coreutils,grep,sed,mawk,util-linux,libc-bin,tzdata,libstdc++6,libgcc-s1,gzip,findutils,tar,procps \
	--include=libicu78,libldap2,liblz4-1,libnuma1,libpam0g,libpq5,libselinux1,libssl3t64,libsystemd0,liburing2,libuuid1,libxml2-16,libxslt1.1,libzstd1,zlib1g,libreadline8t64 \
	--include=libbson2-2,libpcre2-8-0,libgeos-c1t64,libjson-c5,libproj25,libprotobuf-c1 \
	--extract-hook="sh $work/server \"\$1\"" --extract-hook="sh $work/accounts \"\$1\"" \
	forky "$out" "$work/sources"
