#!/bin/sh
# The watchdog against httputil.ReverseProxy, the bare function and the floor of a fork: one table.
# Settings are in watchdog/bench/main.go. About two minutes; 127.0.0.1 only.
set -eu
cd "$(dirname "$0")/../../watchdog"
exec go run ./bench
