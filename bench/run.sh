#!/usr/bin/env bash
# npm run bench: brings what the measurement needs (wrk, nginx, an engine, the builds), measures, prints one table.
#
#   SAMPAN_BENCH_SECONDS=5   length of each load     SAMPAN_BENCH_ROUNDS=3   rounds; the table has their medians
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"
cd "$ROOT"
trap explain_exit EXIT

[ "$(id -u)" -eq 0 ] || fail 'the benchmark enters the network namespace of a container: run it as root'
step 'Set up'
# Debian starts nginx when it installs it. The benchmark starts one of its own.
if ! have nginx; then
  need_packages nginx-light
  [ ! -d /run/systemd/system ] || systemctl disable --now nginx >/dev/null 2>&1 || true
fi
need_packages wrk util-linux
need_node
need_go
need_docker
need_node_packages
build_daemon
build_watchdog

step 'Measure'
status=0
node dist/bench/main.js || status=$?
docker images -q --filter label=com.sampan.test.inputs | sort -u | xargs -r docker rmi -f >/dev/null 2>&1 || true
stop_own_engine
exit "$status"
