# shellcheck shell=bash
# What is published, built twice; and what the other parts install.

test_build() {
  local clone=$MADE/another/folder
  rm -rf "$MADE"
  mkdir -p "$MADE" "${clone%/*}"
  need_go

  passes 'a release is built for both architectures' bash scripts/package.sh --out "$MADE/release"
  passes 'no file of it is larger than 50 MB' sizes "$MADE/release"
  git clone -q "$ROOT" "$clone"
  cp -a node_modules "$clone/"
  # Compiled anew there, for both architectures.
  passes 'the same commit gives the same bytes in another folder, with another umask' another_build "$clone"
  passes 'lintian finds no error in the packages' lintian --fail-on error --tag-display-limit 0 "$MADE"/release/*.deb
  grep -v '^I:' "$MADE/last.log" || true
  rm -rf "${clone%/*}"

  step 'Versions to install'
  small_release 0.1.0
  small_release 0.1.1
  vary 0.1.2 breaks
  vary 0.2.0 registry_of_tomorrow
}

sizes() { [ -z "$(find "$1" -type f -size +50000000c)" ]; }

another_build() {
  (umask 077 && TZ=Asia/Tokyo bash "$1/scripts/package.sh" --out "$MADE/second") || return 1
  # A clone has no changes that are not committed; nor may this tree have any.
  cmp "$MADE/release/SHA256SUMS" "$MADE/second/SHA256SUMS"
}

small_release() {
  bash scripts/package.sh --arch "$(host_arch)" --uncompressed --version "$1" --out "$MADE/small" >/dev/null
  tar -C "$MADE" -xf "$MADE/small/sampan-$1-linux-$(host_arch).tar"
  mv "$MADE/sampan-$1-linux-$(host_arch)" "$MADE/$1"
}

# vary VERSION HOW: a release that is made of 0.1.1.
vary() {
  local tree=$MADE/$1
  cp -r "$MADE/0.1.1" "$tree"
  sed -i "s/0\.1\.1/$1/" "$tree/package.json"
  "$2" "$tree"
  (cd "$tree" && find . -type f ! -name SHA256SUMS -print0 | xargs -0 sha256sum >SHA256SUMS)
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) bash packaging/deb/build.sh "$tree" "$(host_arch)" "$1" "$MADE/small" 0
}

breaks() { printf 'console.error("broken on purpose"); process.exit(1)\n' >"$1/dist/src/main.js"; }

registry_of_tomorrow() { printf '999\n' >"$1/dist/registry-version"; }
