#!/usr/bin/env bash
# Builds what a release publishes: for each architecture an archive and a Debian package, with everything in it that Sampan needs but Docker,
# their hashes, and a signature if a key is given. The same commit gives the same bytes, wherever and whenever it is built with the same tools
# (docs/decisions/0049-release-archives.md).
#
#   --arch ARCH      amd64 or arm64; may be repeated (both)
#   --out FOLDER     where to (.build/release); files of the same names are replaced
#   --key FILE       Ed25519 private key in PEM that SHA256SUMS is signed with; without one the release is unsigned
#   --version V      instead of package.json's
#   --uncompressed   the same in a tenth of the time, not to be published: for tests
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/shipped-node.sh
. "$(dirname "$0")/shipped-node.sh"
trap 'status=$?; rm -rf "${WORK:-}"; (exit "$status"); explain_exit' EXIT

ARCHES=()
OUT=$ROOT/.build/release
KEY=
VERSION=
COMPRESSED=1
WORK=
export LC_ALL=C TZ=UTC

main() {
  read_words "$@"
  umask 022
  describe_source
  need_go
  mkdir -p "$OUT" "$SHIPPED"
  OUT=$(cd "$OUT" && pwd)
  WORK=$(mktemp -d "$OUT/.work.XXXXXX")
  compile_sources
  local arch
  for arch in "${ARCHES[@]}"; do
    make_tree "$arch"
    pack_archive "$arch"
    bash "$ROOT/packaging/deb/build.sh" "$WORK/$arch" "$arch" "$VERSION" "$OUT" "${COMPRESSED:-0}"
    note "sampan_${VERSION}_$arch.deb $(wc -c <"$OUT/sampan_${VERSION}_$arch.deb") bytes"
  done
  sums_and_signature
}

read_words() {
  while [ $# -gt 0 ]; do
    case $1 in
      --arch) ARCHES+=("${2:?--arch needs amd64 or arm64}") && shift ;;
      --out) OUT=${2:?--out needs a folder} && shift ;;
      --key) KEY=$(readlink -e "${2:?--key needs a file}") || fail "--key: there is no file $2" && shift ;;
      --version) VERSION=${2:?--version needs one} && shift ;;
      --uncompressed) COMPRESSED='' ;;
      *) fail "package.sh does not know $1: --arch, --out, --key, --version and --uncompressed are known" ;;
    esac
    shift
  done
  [ ${#ARCHES[@]} -gt 0 ] || ARCHES=(amd64 arm64)
}

# What the archive says of itself comes from the commit: version, commit, and the one time stamp of everything in it.
describe_source() {
  cd "$ROOT"
  [ -d node_modules/typescript ] || fail 'the npm packages are missing: npm ci'
  VERSION=${VERSION:-$(node -p 'JSON.parse(fs.readFileSync("package.json", "utf8")).version')}
  [[ $VERSION =~ ^[0-9][0-9A-Za-z.+~]*$ ]] || fail "the version $VERSION cannot be one of a Debian package: digits, letters and . + ~"
  COMMIT=$(git rev-parse HEAD) || fail 'this is no clone of the repository: its commit names the release'
  if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
    note 'there are changes that are not committed: what is built calls itself dirty'
    COMMIT=$COMMIT-dirty
  fi
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
  export SOURCE_DATE_EPOCH
  NODE_VERSION=$(shipped_node_version)
  note "sampan $VERSION of ${COMMIT:0:12}, with Node $NODE_VERSION"
}

# What is the same for all architectures.
compile_sources() {
  npx --no-install tsc -p packaging --outDir "$WORK/built" || fail 'the daemon does not compile (tsc, above)'
  TOOLS=$WORK/built/packaging/main.js
  mkdir "$WORK/npm"
  cp -r package.json package-lock.json .npmrc stubs "$WORK/npm/"
  # Optional packages of peers too: TypeScript is one.
  npm ci --silent --prefer-offline --ignore-scripts --omit=dev --omit=peer --omit=optional --prefix "$WORK/npm" ||
    fail 'npm cannot install the production packages (above)'
}

make_tree() {
  local arch=$1 tree=$WORK/$1 strip
  need_shipped_binding "$arch"
  strip=$(tool_prefix "$arch")strip
  mkdir -p "$tree/bin" "$tree/dist" "$tree/licenses/go/std" "$tree/licenses/node"
  "$strip" -o "$tree/bin/node" "$SHIPPED_NODE/bin/node"
  cp "$SHIPPED_NODE/LICENSE" "$tree/licenses/node/"
  cp packaging/sampan.sh "$tree/bin/sampan"
  cp packaging/install.sh "$tree/"
  mkdir "$tree/packaging"
  cp packaging/host.sh "$tree/packaging/"
  printf '%s\n' "$arch" >"$tree/dist/architecture"
  cp -r "$WORK/built/src" "$tree/dist/src"
  printf '%s\n' "$COMMIT" >"$tree/dist/commit"
  add_go "$arch" "$tree"
  cp -rL "$WORK/npm/node_modules" "$tree/node_modules"
  mkdir -p "$tree/node_modules/better-sqlite3/build/Release"
  cp "$SHIPPED_BINDING" "$tree/node_modules/better-sqlite3/build/Release/"
  # What git has: nobody's notes, and nothing that lies about.
  git ls-files -z templates store examples docs systemd licenses LICENSE NOTICE CHANGELOG.md | xargs -0 cp --parents -t "$tree"
  node -e 'const { name, version, ...rest } = JSON.parse(fs.readFileSync("package.json", "utf8"))
    fs.writeFileSync(process.argv[1], JSON.stringify({ name, version: process.argv[2], license: rest.license, type: rest.type, bin: rest.bin }, null, 2) + "\n")' \
    "$tree/package.json" "$VERSION"
  node "$TOOLS" "$ROOT" "$tree" "$arch" || fail "the tree for $arch is not fit to be shipped (above)"
  settle "$tree"
}

add_go() {
  local arch=$1 tree=$2 foreign=arm64
  # The engine may run images for other architectures of its family: an arm64 board those for 32 bits.
  [ "$arch" = amd64 ] || foreign=arm
  WATCHDOG_OUT=$tree/dist/watchdog SAMPAN_COMMIT=${COMMIT:0:12} SAMPAN_VERSION=$VERSION sh watchdog/build.sh "$arch $foreign" >/dev/null
  sh scripts/build-nats.sh '' "$SHIPPED/nats-$arch" "$arch"
  mkdir -p "$tree/dist/nats"
  cp "$SHIPPED/nats-$arch/nats-server" "$tree/dist/nats/"
  cp -r "$SHIPPED/nats-$arch/licenses/." "$tree/licenses/go/"
  cp "$(go env GOROOT)/LICENSE" "$tree/licenses/go/std/"
}

# One time, one owner, two modes, whatever the umask was; and the hashes, by which install.sh and people see that nothing is missing.
settle() {
  find "$1" -type f -exec chmod 0644 {} +
  find "$1" -type d -exec chmod 0755 {} +
  chmod 0755 "$1/bin/node" "$1/bin/sampan" "$1/install.sh" "$1/dist/nats/nats-server" "$1"/dist/watchdog/fwatchdog-*
  (cd "$1" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
  find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# xz and not zstd: every system with a shell and tar has it, and what it makes is smaller. Blocks of one size, so that the number of threads
# changes nothing.
pack_archive() {
  local name=sampan-$VERSION-linux-$1 file
  file=$(archive_name "$1")
  tar -C "$WORK" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=gnu --transform "s,^$1,$name," -cf - "$1" |
    if [ -n "$COMPRESSED" ]; then xz --threads=2 --block-size=24MiB -6; else cat; fi >"$OUT/$file.new"
  mv "$OUT/$file.new" "$OUT/$file"
  note "$file $(wc -c <"$OUT/$file") bytes"
}

archive_name() { echo "sampan-$VERSION-linux-$1.tar${COMPRESSED:+.xz}"; }

sums_and_signature() {
  local name files=()
  for name in "${ARCHES[@]}"; do files+=("$(archive_name "$name")" "sampan_${VERSION}_$name.deb"); done
  (cd "$OUT" && sha256sum "${files[@]}" >SHA256SUMS)
  rm -f "$OUT/SHA256SUMS.sig"
  if [ -z "$KEY" ]; then
    note 'UNSIGNED: no --key was given. SHA256SUMS tells a broken download, and nothing of who made it'
    return 0
  fi
  openssl pkeyutl -sign -rawin -inkey "$KEY" -in "$OUT/SHA256SUMS" -out "$OUT/SHA256SUMS.sig" ||
    fail "openssl cannot sign with $KEY: it must be an Ed25519 private key in PEM (openssl genpkey -algorithm ed25519)"
  note "SHA256SUMS.sig: $(openssl pkey -in "$KEY" -pubout -outform DER | sha256sum | cut -c 1-16) is the beginning of the public key's SHA-256 (DER)"
}

main "$@"
