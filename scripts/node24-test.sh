#!/usr/bin/env bash
# Unit tests, those of the call path over real sockets, and the whole daemon, on the Node that release archives bring, with the binding of SQLite
# that they bring (scripts/shipped-node.sh). What is built is run as it is, and all packages but that one are those of the tree.
#
#   --prepare   only fetch the Node and make the binding, which takes a minute
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/shipped-node.sh
. "$(dirname "$0")/shipped-node.sh"
trap explain_exit EXIT

readonly HOME_DIR=$ROOT/.build/node24
readonly APP=$HOME_DIR/app

main() {
  [ -d "$ROOT/node_modules/better-sqlite3" ] || fail 'the npm packages are missing: npm ci'
  need_runtime
  link_packages
  need_binding
  [ "${1:-}" != --prepare ] || return 0

  [ -d "$ROOT/dist/test" ] && [ -d "$ROOT/dist/watchdog" ] || fail 'nothing is built: npm run build && npm run build:watchdog'
  # In this shell: the tests build images with the `go` that they find.
  need_go
  copy_tree
  cd "$APP"
  # What only reads the sources says the same on every Node.
  rm dist/test/unit/regexps.test.js
  node --test --test-concurrency=4 --test-reporter=spec dist/test/unit/*.test.js dist/test/integration/call-path*.test.js \
    dist/test/integration/hostile-listener.test.js dist/test/e2e/first-light.test.js
}

need_runtime() {
  need_shipped_node "$(host_arch)"
  export PATH="$SHIPPED_NODE/bin:$PATH"
  note "node $(node --version)"
}

link_packages() {
  mkdir -p "$APP/node_modules"
  find "$APP/node_modules" -mindepth 1 -maxdepth 1 ! -name better-sqlite3 -exec rm -rf {} +
  local package
  for package in "$ROOT"/node_modules/* "$ROOT"/node_modules/.bin; do
    [ "${package##*/}" = better-sqlite3 ] || ln -s "$package" "$APP/node_modules/"
  done
}

# What git has and what was built.
copy_tree() {
  find "$APP" -mindepth 1 -maxdepth 1 ! -name node_modules ! -name .build -exec rm -rf {} +
  (cd "$ROOT" && git ls-files -z | xargs -0 cp -p --parents -t "$APP" && cp -pr dist "$APP/")
}

# All of the package but the binding is what the tree has.
need_binding() {
  local package=$APP/node_modules/better-sqlite3
  need_shipped_binding "$(host_arch)"
  if ! cmp -s "$SHIPPED_BINDING" "$package/build/Release/better_sqlite3.node" || ! cmp -s "$ROOT/node_modules/better-sqlite3/package.json" "$package/package.json"; then
    rm -rf "$package"
    cp -r "$ROOT/node_modules/better-sqlite3" "$package"
    rm -rf "$package/build"
    mkdir -p "$package/build/Release"
    cp "$SHIPPED_BINDING" "$package/build/Release/"
  fi
  (cd "$APP" && node -e "new (require('better-sqlite3'))(':memory:').close()") || fail "the binding of better-sqlite3 was made, but does not load: $SHIPPED_BINDING"
}

main "$@"
