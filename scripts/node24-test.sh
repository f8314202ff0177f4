#!/usr/bin/env bash
# Unit tests, those of the call path over real sockets, and the whole daemon, on the Node that operators are told to take. It comes from npm and
# stays in .build/node24, with a copy of the tree and packages of its own: SQLite's binding is built for one Node.
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
trap explain_exit EXIT

readonly VERSION=24.21.0
readonly HOME_DIR=$ROOT/.build/node24

runtime="node-linux-$(node -p process.arch)"
if [ ! -x "$HOME_DIR/runtime/node_modules/$runtime/bin/node" ]; then
  mkdir -p "$HOME_DIR/runtime"
  npm install --silent --no-save --no-audit --no-fund --prefix "$HOME_DIR/runtime" "$runtime@$VERSION" ||
    fail "npm has no $runtime@$VERSION for this machine"
fi

mkdir -p "$HOME_DIR/app"
find "$HOME_DIR/app" -mindepth 1 -maxdepth 1 ! -name node_modules ! -name .build -exec rm -rf {} +
(cd "$ROOT" && git ls-files -z | xargs -0 cp -p --parents -t "$HOME_DIR/app")

export PATH="$HOME_DIR/runtime/node_modules/$runtime/bin:$PATH"
cd "$HOME_DIR/app"
# In this shell: the tests build an image with the `go` that it finds.
need_go
# Its own copy of the set-up steps, which work on the tree that they lie in.
bash -Eeuo pipefail -c '. scripts/lib.sh; need_node; need_node_packages; build_daemon; build_watchdog'
node --test --test-reporter=spec dist/test/unit/*.test.js dist/test/integration/call-path*.test.js \
  dist/test/integration/hostile-listener.test.js dist/test/e2e/first-light.test.js
