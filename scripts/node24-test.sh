#!/usr/bin/env bash
# Unit tests, those of the call path over real sockets, and the whole daemon, on the Node that operators are told to take. It comes from npm
# and stays in .build/node24. What is built is run as it is, and all packages but one are those of the tree: only SQLite's binding is made
# for one Node.
#
#   --prepare   only fetch the Node and make the binding, which takes a minute where no prebuilt one can be had
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
trap explain_exit EXIT

readonly VERSION=24.21.0
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
  local runtime
  runtime="node-linux-$(node -p process.arch)"
  if [ ! -x "$HOME_DIR/runtime/node_modules/$runtime/bin/node" ]; then
    mkdir -p "$HOME_DIR/runtime"
    npm install --silent --no-save --no-audit --no-fund --prefix "$HOME_DIR/runtime" "$runtime@$VERSION" ||
      fail "npm has no $runtime@$VERSION for this machine"
  fi
  export PATH="$HOME_DIR/runtime/node_modules/$runtime/bin:$PATH"
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

need_binding() {
  local package=$APP/node_modules/better-sqlite3 log=$HOME_DIR/binding.log wanted
  wanted=$(cat "$ROOT/node_modules/better-sqlite3/package.json")
  if [ -f "$package/package.json" ] && [ "$(cat "$package/package.json")" = "$wanted" ] && binding_loads; then return 0; fi
  rm -rf "$package"
  cp -r "$ROOT/node_modules/better-sqlite3" "$package"
  rm -rf "$package/build"
  use_node_headers
  if ! make_binding "$log"; then
    note 'no prebuilt SQLite binding could be had: building it needs a C toolchain'
    need_packages build-essential python3
    make_binding "$log" || fail_with_log "$log" 'the binding of better-sqlite3 cannot be built'
  fi
  binding_loads || fail "the binding of better-sqlite3 was made, but does not load: see $log"
}

make_binding() { (cd "$APP/node_modules/better-sqlite3" && npm run install) >"$1" 2>&1; }

binding_loads() { (cd "$APP" && node -e "new (require('better-sqlite3'))(':memory:').close()") >/dev/null 2>&1; }

main "$@"
