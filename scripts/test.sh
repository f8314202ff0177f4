#!/usr/bin/env bash
# Every check, from a clean clone: lint, types, format, unit, integration, end-to-end and watchdog tests, then the
# quickstart itself. Leaves nothing behind: no container, network, image or process of its own.
#
#   REQUIRE_DOCKER=1   a test that would be skipped for want of an engine fails instead (CI sets it)
#   CI=1               nobody else uses this machine: any difference between the host before and after is a failure
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/host-state.sh
. "$(dirname "$0")/host-state.sh"
cd "$ROOT"

export REQUIRE_DOCKER=${REQUIRE_DOCKER:-1}
# Longer ones are for releases: see watchdog/check.sh.
export FUZZ_SECONDS=${FUZZ_SECONDS:-3} SOAK_SECONDS=${SOAK_SECONDS:-10}
LOGS=$ROOT/.build/test-logs
STATE=$ROOT/.build/host-state
DOCKERD_LOG=$ROOT/.build/dockerd.log
DOCKERD_PID_FILE=$ROOT/.build/dockerd.pid
PASSED=0
FAILED=0
SKIPPED=0
BROKEN=()
PREPARING=
# What compiles other versions of nats-server meanwhile.
BUILDING=
# What runs beside the checks: its process, name and start.
BESIDE=
BESIDE_NAME=
BESIDE_START=

main() {
  mkdir -p "$LOGS"
  trap finish EXIT

  step 'Set up'
  # The race detector of Go links with C; the arm watchdogs are run under emulation; pages are looked at in a browser.
  need_packages ca-certificates curl git busybox-static gcc libc6-dev qemu-user-static chromium iproute2 iptables shellcheck strace openssl
  # The package starts a registry of its own where there is a service manager, and at the runlevels of everyday.
  [ -d /run/systemd/system ] || RUNLEVEL=1 need_packages docker-registry
  need_node
  need_go
  need_docker
  need_node_packages
  rm -rf "$STATE"
  host_state_record "$STATE"
  docker images -q --no-trunc --filter label=com.sampan.test.inputs >"$STATE/test-images"

  # Compiles on the second core meanwhile. What fails here fails again below, where it is seen.
  bash scripts/node24-test.sh --prepare >"$LOGS/node24-prepare.log" 2>&1 &
  PREPARING=$!

  build_step types npm run --silent build
  build_step watchdog-build npm run --silent build:watchdog
  build_step nats-build npm run --silent build:nats
  check lint npm run --silent lint
  check format npm run --silent format:check
  check scripts lint_scripts
  wait "$PREPARING" || true
  PREPARING=
  # After all others: it is needed last.
  setsid nice -n 19 bash scripts/nats-versions-test.sh --build >"$LOGS/nats-versions-build.log" 2>&1 </dev/null &
  BUILDING=$!
  tests unit npm run --silent test
  # One half waits for Docker, the other for its own timeouts: together they take as long as one of them.
  beside watchdog env WATCHDOG_PATIENCE=2 sh watchdog/check.sh
  tests integration npm run --silent test:integration
  tests contract npm run --silent test:contract
  tests e2e npm run --silent test:e2e
  wait "$BUILDING" || true
  BUILDING=
  tests nats-versions bash scripts/nats-versions-test.sh
  tests_beside
  tests node24 bash scripts/node24-test.sh
  check quickstart bash scripts/quickstart-test.sh
  as_root host-state-test bash scripts/host-state-test.sh
  # The engine still runs: what belongs to it (docker0, its rules) is there in both.
  remove_test_images
  check host-state host_state_compare "$STATE"
  remove_leftovers
}

# ---- Running checks --------------------------------------------------------------------------------------------

# check NAME COMMAND...: counts as one. A failure is noted, and the checks go on.
check() { run_check "$@" || true; }

# The same for what only root can do.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    check "$@"
  else
    note "$1: skipped, since this is not root"
    SKIPPED=$((SKIPPED + 1))
  fi
}

# The same for what everything after it needs.
build_step() { run_check "$@" || exit 1; }

run_check() {
  local name=$1 start=$SECONDS
  shift
  step "$name"
  if "$@" 2>&1 | tee "$LOGS/$name.log"; then
    PASSED=$((PASSED + 1))
    note "$name: passed in $((SECONDS - start)) s"
    return 0
  fi
  FAILED=$((FAILED + 1))
  BROKEN+=("$name")
  note "$name: FAILED after $((SECONDS - start)) s"
  return 1
}

# tests NAME COMMAND...: counts each test that the runner counted; the runner's own status is held against the count.
tests() {
  local name=$1 start=$SECONDS status=0
  shift
  step "$name tests"
  "$@" 2>&1 | tee "$LOGS/$name.log" || status=1
  tally "$name" "$status" "$start"
}

# beside NAME COMMAND...: as `tests`, but others go on meanwhile. In a session of its own, so that all of it can be ended.
beside() {
  BESIDE_NAME=$1 BESIDE_START=$SECONDS
  shift
  note "$BESIDE_NAME tests run beside the ones that follow: .build/test-logs/$BESIDE_NAME.log"
  setsid "$@" >"$LOGS/$BESIDE_NAME.log" 2>&1 </dev/null &
  BESIDE=$!
}

# Waits for them, shows what they said, and counts.
tests_beside() {
  local start=$SECONDS status=0
  step "$BESIDE_NAME tests"
  wait "$BESIDE" || status=1
  BESIDE=
  cat "$LOGS/$BESIDE_NAME.log"
  note "$BESIDE_NAME: waited $((SECONDS - start)) s for the end"
  tally "$BESIDE_NAME" "$status" "$BESIDE_START"
}

# tally NAME STATUS START
tally() {
  local name=$1 status=$2 start=$3 passed failed skipped
  read -r passed failed skipped < <(count "$LOGS/$name.log")
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
  if [ "$status" -eq 0 ] && [ "$passed" -eq 0 ]; then
    note "$name: its runner counted no test"
    failed=1
  fi
  PASSED=$((PASSED + passed))
  FAILED=$((FAILED + failed))
  SKIPPED=$((SKIPPED + skipped))
  [ "$failed" -eq 0 ] || BROKEN+=("$name")
  note "$name: $passed passed, $failed failed, $skipped skipped in $((SECONDS - start)) s"
}

# Passed, failed and skipped tests in the output of node's runner (its closing lines), or the parts of watchdog/check.sh.
count() {
  awk '
    /^[^a-z]*pass [0-9]+$/ { passed += $NF }
    /^[^a-z]*fail [0-9]+$/ { failed += $NF }
    /^[^a-z]*cancelled [0-9]+$/ { failed += $NF }
    /^[^a-z]*(skipped|todo) [0-9]+$/ { skipped += $NF }
    /^ok +[a-z]/ { passed++ }
    /^FAIL +[a-z]/ { failed++ }
    /^--- skipped: / { skipped++ }
    END { print passed + 0, failed + 0, skipped + 0 }
  ' "$1"
}

# What node's runner says of failed tests under its closing lines; the end of the log of a check that has no such part.
failures_in() {
  step "What failed in $1"
  if grep -q '^✖ failing tests:' "$2"; then
    sed -n '/^✖ failing tests:/,/^ℹ tests/p' "$2" | head -n 80
  else
    tail -n 40 "$2"
  fi
}

lint_scripts() { shellcheck --severity=warning --external-sources scripts/*.sh scripts/package-test/*.sh packaging/*.sh packaging/deb/*.sh bench/*.sh bench/*/*.sh watchdog/*.sh watchdog/*/*.sh .ci/run; }

# ---- Leaving nothing behind ------------------------------------------------------------------------------------

# Images that tests made. Outside CI those stay that were there before or that a container is of: somebody else may be using them.
remove_test_images() {
  local id force=--force
  [ -n "${CI:-}" ] || force=--force=false
  # The newest first, as the engine lists them: one that was made of another goes before that one can.
  for id in $(docker images -q --no-trunc --filter label=com.sampan.test.inputs | awk '!seen[$0]++'); do
    if [ -z "${CI:-}" ] && grep -qF "$id" "$STATE/test-images"; then continue; fi
    docker rmi "$force" "$id" >/dev/null 2>&1 || true
  done
}

# In CI nothing of a failed run shall disturb the next one on the same machine. Elsewhere it may belong to somebody else: it was named, and stays.
remove_leftovers() {
  [ -n "${CI:-}" ] || return 0
  local instance
  for instance in $(instances); do remove_instance "$instance" || true; done
}

# The Sampan instances that own a container or a network which was not there before.
instances() {
  {
    docker ps -aq --no-trunc --filter "label=$INSTANCE_LABEL" | new_ones containers |
      xargs -r docker inspect --format "{{index .Config.Labels \"$INSTANCE_LABEL\"}}"
    docker network ls -q --no-trunc --filter "label=$INSTANCE_LABEL" | new_ones networks |
      xargs -r docker network inspect --format "{{index .Labels \"$INSTANCE_LABEL\"}}"
  } 2>/dev/null | sort -u
}

new_ones() { while read -r id; do grep -qF "$id" "$STATE/$1" || printf '%s\n' "$id"; done; }

finish() {
  local status=$?
  [ -z "$PREPARING" ] || wait "$PREPARING" || true
  local group
  for group in $BESIDE $BUILDING; do
    kill -- "-$group" 2>/dev/null || true
    wait "$group" || true
  done
  if [ -d "$STATE" ] && have docker && docker info >/dev/null 2>&1; then remove_test_images; fi
  stop_own_engine
  explain_ending "$status"
}

explain_ending() {
  [ -z "${FAILED_CLEARLY:-}" ] || exit 1
  [ "$1" -eq 0 ] || [ "$FAILED" -gt 0 ] || { FAILED=1 && BROKEN+=('the script itself'); }
  local name
  # Once more at the end: whoever sees only the last lines shall know what failed, and how.
  for name in ${BROKEN[@]+"${BROKEN[@]}"}; do
    if [ -f "$LOGS/$name.log" ]; then failures_in "$name" "$LOGS/$name.log"; fi
  done
  printf '\n'
  [ ${#BROKEN[@]} -eq 0 ] || printf 'broken: %s (logs in .build/test-logs)\n' "${BROKEN[*]}"
  if [ "$SKIPPED" -gt 0 ]; then
    printf '%s passed, %s failed, %s skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
  else
    printf '%s passed, %s failed\n' "$PASSED" "$FAILED"
  fi
  [ "$FAILED" -eq 0 ] || exit 1
}

main "$@"
