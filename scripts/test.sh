#!/usr/bin/env bash
# Every check, from a clean clone: lint, types, format, unit, integration, end-to-end and watchdog tests, then the
# quickstart itself. Leaves nothing behind: no container, network, image or process of its own.
#
#   REQUIRE_DOCKER=1   a test that would be skipped for want of an engine fails instead (CI sets it)
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

export REQUIRE_DOCKER=${REQUIRE_DOCKER:-1}
# Longer ones are for releases: see watchdog/check.sh.
export FUZZ_SECONDS=${FUZZ_SECONDS:-3} SOAK_SECONDS=${SOAK_SECONDS:-10}
LOGS=$ROOT/.build/test-logs
DOCKERD_LOG=$ROOT/.build/dockerd.log
DOCKERD_PID_FILE=$ROOT/.build/dockerd.pid
PASSED=0
FAILED=0
SKIPPED=0
BROKEN=()

main() {
  mkdir -p "$LOGS"
  trap finish EXIT

  step 'Set up'
  # The race detector of Go links with C; the arm watchdogs are run under emulation; pages are looked at in a browser.
  need_packages ca-certificates curl git busybox-static gcc libc6-dev qemu-user-static chromium
  need_node
  need_go
  need_docker
  need_node_packages
  local before
  before=$(instances)

  build_step types npm run --silent build
  build_step watchdog-build npm run --silent build:watchdog
  check lint npm run --silent lint
  check format npm run --silent format:check
  check scripts lint_scripts
  tests unit npm run --silent test
  tests integration npm run --silent test:integration
  tests e2e npm run --silent test:e2e
  tests watchdog sh watchdog/check.sh
  tests node24 bash scripts/node24-test.sh
  check quickstart bash scripts/quickstart-test.sh
  remove_leftovers "$before"
}

# ---- Running checks --------------------------------------------------------------------------------------------

# check NAME COMMAND...: counts as one. A failure is noted, and the checks go on.
check() { run_check "$@" || true; }

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
  local passed failed skipped
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

lint_scripts() {
  local script
  for script in scripts/*.sh bench/*.sh bench/*/*.sh watchdog/*.sh .ci/run; do
    [ -f "$script" ] || continue
    case "$(head -n 1 "$script")" in
      *bash | '#'[!!]*) bash -n "$script" ;;
      *) sh -n "$script" ;;
    esac || return 1
  done
}

# ---- Leaving nothing behind ------------------------------------------------------------------------------------

# The Sampan instances that own a container or a network on the engine.
instances() {
  {
    docker ps -aq --filter "label=$INSTANCE_LABEL" | xargs -r docker inspect --format "{{index .Config.Labels \"$INSTANCE_LABEL\"}}"
    docker network ls -q --filter "label=$INSTANCE_LABEL" | xargs -r docker network inspect --format "{{index .Labels \"$INSTANCE_LABEL\"}}"
  } 2>/dev/null | sort -u
}

# Instances that were not there before the tests: the tests should have removed them, so each one is a failure. Outside CI
# they may belong to somebody else who uses the engine at the same time: then they are named, not removed.
remove_leftovers() {
  local left instance
  left=$(comm -13 <(printf '%s\n' "$1") <(instances) | grep . || true)
  if [ -z "$left" ]; then
    PASSED=$((PASSED + 1))
    note 'no container and no network was left behind'
    return 0
  fi
  FAILED=$((FAILED + 1))
  BROKEN+=(leftovers)
  for instance in $left; do
    if [ -n "${CI:-}" ]; then
      note "left behind, removed now: instance $instance"
      remove_instance "$instance" || true
    else
      note "left behind, if nobody else uses this engine: docker ps -a --filter label=$INSTANCE_LABEL=$instance"
    fi
  done
}

finish() {
  local status=$?
  if have docker && docker info >/dev/null 2>&1; then
    docker images -q --filter label=com.sampan.test.inputs | sort -u | xargs -r docker rmi -f >/dev/null 2>&1 || true
  fi
  stop_own_engine
  explain_ending "$status"
}

explain_ending() {
  [ -z "${FAILED_CLEARLY:-}" ] || exit 1
  [ "$1" -eq 0 ] || [ "$FAILED" -gt 0 ] || { FAILED=1 && BROKEN+=('the script itself'); }
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
