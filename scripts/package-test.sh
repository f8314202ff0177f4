#!/usr/bin/env bash
# What a release does on a real system, which takes too long for every commit: the Debian package and install.sh on a Debian 12 with systemd and a Docker
# engine of its own, in a container without a network; the arm64 archive under emulation; the same bytes from two compilers' runs; lintian. For releases, as root.
#
#   package-test.sh [PART...]   all of: build, package, archive, emulated; a later part needs what build made
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/shipped-node.sh
. "$(dirname "$0")/shipped-node.sh"
# shellcheck source=scripts/package-test/box.sh
. "$(dirname "$0")/package-test/box.sh"

readonly MADE=$ROOT/.build/package-test
export PASSED=0

main() {
  local parts=("$@") part
  [ "$(id -u)" -eq 0 ] || fail 'root must run this: it makes a Debian and starts it'
  cd "$ROOT"
  [ ${#parts[@]} -gt 0 ] || parts=(build package archive emulated)
  need_packages debootstrap lintian qemu-user-static g++-aarch64-linux-gnu dpkg-dev
  need_docker
  trap 'status=$?; box_end; (exit "$status"); explain_exit' EXIT
  for part in "${parts[@]}"; do
    step "$part"
    # shellcheck source=/dev/null
    . "$ROOT/scripts/package-test/$part.sh"
    "test_$part"
  done
  printf '\n%s passed\n' "$PASSED"
}

main "$@"
