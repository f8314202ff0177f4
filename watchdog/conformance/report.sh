#!/bin/sh
# Runs the conformance suite and the container tests and writes their outcome between the two
# markers of docs/conformance.md.
set -eu
cd "$(dirname "$0")"
document=../../docs/conformance.md
table=$(mktemp)
trap 'rm -f "$table" "$table.doc"' EXIT
status=0
CONFORMANCE_REPORT="$table" SOAK_SECONDS=0 WATCHDOG_DOCKER="${WATCHDOG_DOCKER-1}" go test -count=1 -timeout 15m . || status=$?
awk -v table="$table" '
	/<!-- watchdog:begin -->/ { print; while ((getline line < table) > 0) print line; skip = 1 }
	/<!-- watchdog:end -->/ { skip = 0 }
	!skip || /<!-- watchdog:begin -->/ { if (!/<!-- watchdog:begin -->/) print }
' "$document" >"$table.doc"
cat "$table.doc" >"$document"
exit $status
