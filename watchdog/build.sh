#!/bin/sh
# Builds the static watchdog binaries for every platform into dist/watchdog. The same sources give the same bytes.
# SAMPAN_COMMIT and SAMPAN_VERSION override what is stamped; without git the commit is "unknown". WATCHDOG_OUT is another folder.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
out=${WATCHDOG_OUT:-$root/dist/watchdog}
version=${SAMPAN_VERSION:-$(sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' "$root/package.json" | head -n 1)}
commit=${SAMPAN_COMMIT:-$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)}
flags="-s -w -buildid= -X main.version=${version:-dev} -X main.commit=$commit"

if ! command -v go >/dev/null 2>&1; then
  PATH="$PATH:/usr/local/go/bin"
fi
command -v go >/dev/null 2>&1 || { echo "build.sh: go 1.23 or later is needed in PATH" >&2; exit 1; }

build() { # architecture, GOARM
  target="$out/fwatchdog-$1"
  (cd "$root/watchdog" && CGO_ENABLED=0 GOOS=linux GOARCH="$1" GOARM="$2" GOFLAGS=-mod=mod \
    go build -trimpath -buildvcs=false -ldflags "$flags" -o "$target.new" .)
  mv "$target.new" "$target"
  echo "$target $(wc -c <"$target") bytes"
}

mkdir -p "$out"
for arch in ${1:-amd64 arm64 arm}; do
  build "$arch" 7
done
