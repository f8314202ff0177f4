#!/usr/bin/env bash
# The tests of the queue's connection on other versions of nats-server than ours: one that is refused, one out of support, the newest.
# Each is built from its Go module into .build/nats once, which takes minutes. NATS_VERSIONS names others.
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
trap explain_exit EXIT

NATS_VERSIONS=${NATS_VERSIONS:-2.9.25 2.12.15 2.15.3}
export NATS_VERSIONS

[ -d "$ROOT/dist/test" ] || fail 'nothing is built: npm run build'
need_go
build_nats
for version in $NATS_VERSIONS; do
  note "nats-server $version"
  sh "$ROOT/scripts/build-nats.sh" "$version" "$ROOT/.build/nats/$version" || fail "nats-server $version does not compile (go install, above)"
done
# --build: the programs only, while other checks run.
[ "${1:-}" != --build ] || exit 0
cd "$ROOT"
node --test --test-concurrency=1 --test-reporter=spec dist/test/integration/nats-versions.test.js
