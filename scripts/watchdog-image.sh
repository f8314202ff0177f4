#!/bin/sh
# Makes the local image sampan/watchdog: nothing but the binary, for `COPY --from=sampan/watchdog /fwatchdog …`.
# Builds the binary of this machine's architecture first if there is none. Usage: watchdog-image.sh [tag]
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
tag=${1:-sampan/watchdog}
case $(uname -m) in
  x86_64) arch=amd64 ;;
  aarch64 | arm64) arch=arm64 ;;
  armv7* | armv8l) arch=arm ;;
  *) echo "watchdog-image.sh: no watchdog for $(uname -m)" >&2; exit 1 ;;
esac
binary="$root/dist/watchdog/fwatchdog-$arch"
[ -x "$binary" ] || sh "$root/watchdog/build.sh" "$arch"

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "$binary" "$context/fwatchdog"
chmod 0755 "$context/fwatchdog"
cat >"$context/Dockerfile" <<'DOCKERFILE'
FROM scratch
COPY fwatchdog /fwatchdog
ENTRYPOINT ["/fwatchdog"]
DOCKERFILE
docker build --quiet --tag "$tag" "$context"
