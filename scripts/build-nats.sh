#!/bin/sh
# Builds the nats-server that the daemon starts into dist/nats/nats-server, from its Go module; does nothing when it is there in this version.
# The licences of all that is linked into it go to dist/nats/licenses.
#
#   build-nats.sh                  the version that we ship and promise for
#   build-nats.sh VERSION FOLDER   another one, for tests
#   build-nats.sh '' FOLDER ARCH   ours for another architecture, in Go's words: for release archives
set -eu

# The one place that says which. docs/decisions/0033-nats-server.md says why, and CHANGELOG.md what a change means for stores.
PINNED=2.14.10

root=$(cd "$(dirname "$0")/.." && pwd)
version=${1:-$PINNED}
out=${2:-$root/dist/nats}
arch=${3:-}
target=$out/nats-server

if [ -z "$arch" ] && [ -x "$target" ] && [ "$("$target" --version 2>/dev/null)" = "nats-server: v$version" ]; then exit 0; fi

command -v go >/dev/null 2>&1 || PATH="$PATH:/usr/local/go/bin"
command -v go >/dev/null 2>&1 || { echo "build-nats.sh: go is needed in PATH" >&2; exit 1; }

# What was built for another machine does not run here: Go says what it is.
is_it() {
  go version -m "$target" 2>/dev/null | awk -v version="v$version" -v arch="GOARCH=$arch" '
    $1 == "mod" && $3 == version { right++ } $1 == "build" && $2 == arch { right++ } END { exit right != 2 }'
}
if [ -n "$arch" ] && is_it; then exit 0; fi

mkdir -p "$out"
work=$(cd "$out" && mktemp -d "$PWD/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT
cache=$(cd / && go env GOMODCACHE)

# A module's own go.mod decides about what is linked in. Never whatever go.mod this folder happens to be in.
# Below GOPATH and not by GOBIN, which go refuses for other architectures.
(cd / && GOPATH="$work/go" GOMODCACHE="$cache" GOBIN='' GOFLAGS=-mod=mod CGO_ENABLED=0 GOARCH="${arch:-$(go env GOHOSTARCH)}" \
  go install -trimpath -ldflags '-s -w' "github.com/nats-io/nats-server/v2@v$version")
find "$work/go/bin" -type f -name nats-server -exec mv {} "$work/nats-server" \;

# mod PATH VERSION, dep PATH VERSION: the modules in the binary, whose sources the build has left in Go's cache. Capitals are "!c" there.
go version -m "$work/nats-server" | awk '$1 == "mod" || $1 == "dep" { print $2, $3 }' | while read -r module at; do
  folder=$cache/$(printf '%s@%s' "$module" "$at" | sed 's/[A-Z]/!\L&/g')
  mkdir -p "$work/licenses/$module"
  found=
  for file in "$folder"/LICENSE* "$folder"/LICENCE* "$folder"/COPYING* "$folder"/NOTICE* "$folder"/PATENTS*; do
    [ -f "$file" ] || continue
    cp "$file" "$work/licenses/$module/"
    chmod u+w "$work/licenses/$module/${file##*/}"
    found=1
  done
  [ -n "$found" ] || { echo "build-nats.sh: $module $at has no licence file" >&2; exit 1; }
done

rm -rf "$out/licenses"
mv "$work/licenses" "$out/licenses"
mv "$work/nats-server" "$target"
echo "$target $version $(wc -c <"$target") bytes"
