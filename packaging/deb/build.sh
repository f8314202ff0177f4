#!/usr/bin/env bash
# build.sh TREE ARCH VERSION OUT COMPRESSED: the Debian package of a tree that scripts/package.sh has made, by dpkg-deb alone; 0: not compressed.
# SOURCE_DATE_EPOCH is the time of everything in it.
set -euo pipefail
tree=$1 arch=$2 version=$3 out=$4 compression=(-Zxz -z6)
[ "$5" != 0 ] || compression=(-Znone)
here=$(cd "$(dirname "$0")" && pwd)
umask 022
work=$(mktemp -d "$out/.deb.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
share=$root/usr/share/doc/sampan

mkdir -p "$root/DEBIAN" "$root/usr/lib/systemd/system" "$root/usr/bin" "$root/usr/share/man/man1" "$root/usr/share/lintian/overrides" \
  "$root/etc/sampan" "$share"
cp -r "$tree" "$root/usr/lib/sampan"
rm -r "$root/usr/lib/sampan/install.sh" "$root/usr/lib/sampan/packaging" "$root/usr/lib/sampan/systemd" "$root/usr/lib/sampan/SHA256SUMS"
mv "$root/usr/lib/sampan/docs" "$share/docs"
mv "$root/usr/lib/sampan/CHANGELOG.md" "$share/CHANGELOG.md"
maintainer=${SAMPAN_MAINTAINER:-The Sampan authors <sampan@sampan.invalid>}
printf 'sampan (%s) stable; urgency=medium\n\n  * What is new: CHANGELOG.md beside this file.\n\n -- %s  %s\n' \
  "$version" "$maintainer" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$share/changelog.gz"
cp "$here/copyright" "$share/copyright"
cp "$tree/systemd/sampan.service" "$root/usr/lib/systemd/system/"
install -m 0640 "$tree/systemd/sampan.env" "$root/etc/sampan/sampan.env"
ln -s ../lib/sampan/bin/sampan "$root/usr/bin/sampan"
gzip -9nc "$here/sampan.1" >"$root/usr/share/man/man1/sampan.1.gz"
install -m 0644 "$here/lintian-overrides" "$root/usr/share/lintian/overrides/sampan"
(cd "$root/usr/lib/sampan" && find . -type f ! -name SHA256SUMS -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >SHA256SUMS)

printf '/etc/sampan/sampan.env\n' >"$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
# What the files have: the size of a folder is the file system's affair.
size=$(find "$root/usr" -type f -printf '%s\n' | awk '{ sum += $1 } END { print int(sum / 1024) }')
sed -e "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@SIZE@/$size/" \
  -e "s/@MAINTAINER@/$maintainer/" "$here/control" >"$root/DEBIAN/control"
for script in preinst postinst prerm postrm; do
  {
    printf '#!/bin/sh\nset -e\nROOT=\nKNOWN=%s\n' "$(cat "$tree/dist/registry-version")"
    cat "$here/../host.sh" "$here/$script"
  } >"$root/DEBIAN/$script"
  chmod 0755 "$root/DEBIAN/$script"
done
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
# The threads are named: with one alone xz writes another stream.
DPKG_DEB_THREADS_MAX=2 dpkg-deb --root-owner-group "${compression[@]}" --build "$root" "$out/sampan_${version}_$arch.deb" >/dev/null
