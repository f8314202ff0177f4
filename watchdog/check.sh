#!/bin/sh
# Everything that the watchdog's code must pass: format, vet, unit tests, fuzz targets, conformance
# (shipped, race-built and emulated binaries), soak and container tests. Ends non-zero on any failure.
#
#   FUZZ_SECONDS=10   each fuzz target (release: 60)
#   SOAK_SECONDS=20   the abuse test of the shipped binary, all modes at once (release: 600)
#   SKIP="docker arm" parts to leave out, by name: vet unit fuzz conformance race arm soak docker
set -u
cd "$(dirname "$0")" || exit 1
fuzz_seconds=${FUZZ_SECONDS:-10}
soak_seconds=${SOAK_SECONDS:-20}
skip=" ${SKIP:-} "
work=$(mktemp -d /var/tmp/watchdog-check-XXXXXX)
trap 'rm -rf "$work"' EXIT
failed=""

# part NAME COMMAND... runs one part, says how it went and how long it took.
part() {
	name=$1
	shift
	case $skip in *" ${name%%:*} "*)
		echo "--- skipped: $name"
		return
		;;
	esac
	begin=$(date +%s)
	if "$@" >"$work/log" 2>&1; then
		echo "ok   $name ($(($(date +%s) - begin)) s)"
	else
		echo "FAIL $name ($(($(date +%s) - begin)) s)"
		cat "$work/log"
		failed="$failed $name"
	fi
}

formatted() {
	unformatted=$(gofmt -l .)
	[ -z "$unformatted" ] || {
		echo "not formatted: $unformatted"
		return 1
	}
}

# build_for ARCH OUTPUT [ARM]: as the shipped binaries are built, without the version stamp.
build_for() { CGO_ENABLED=0 GOOS=linux GOARCH=$1 GOARM=${3:-} go build -trimpath -ldflags='-s -w -buildid=' -o "$2" .; }

conformance() { go test -count=1 -timeout 15m -run "$1" ./conformance; }

# One instrumented binary for all targets of a package, two of them at a time with a worker each. A target is FOLDER:NAME.
fuzz_all() {
	# shellcheck disable=SC2046 # A list of names.
	set -- $(grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sed 's|/[^/]*_test.go:func |:|' | sort)
	for folder in $(printf '%s\n' "$@" | sed 's/:.*//' | sort -u); do
		mkdir -p "$work/fuzz/$folder"
		go test -c -fuzz=Fuzz -o "$work/fuzz/$folder/test" "$folder" || return 1
	done
	broken=''
	while [ $# -gt 0 ]; do
		fuzz_one "$1" &
		first=$!
		second=''
		if [ $# -gt 1 ]; then
			fuzz_one "$2" &
			second=$!
			shift
		fi
		shift
		wait "$first" || broken=yes
		[ -z "$second" ] || wait "$second" || broken=yes
	done
	[ -z "$broken" ]
}

# The fuzzer of Go sometimes ends a clean run with "context deadline exceeded" when the time is over (golang/go#75804, gone in
# Go 1.27); a real finding always says where its input was written.
fuzz_one() (
	cd "${1%%:*}" || exit 1
	tools="$work/fuzz/${1%%:*}"
	name=${1#*:}
	# After everything else: it takes whatever time of the processors it is given.
	nice -n 19 "$tools/test" -test.run '^$' -test.fuzz "^$name\$" -test.fuzztime "${fuzz_seconds}s" -test.parallel 1 \
		-test.fuzzcachedir "$tools/cache" >"$tools/$name.log" 2>&1 && exit 0
	echo "== $1"
	cat "$tools/$name.log"
	grep -q 'context deadline exceeded' "$tools/$name.log" || exit 1
	if grep -q 'Failing input written' "$tools/$name.log"; then exit 1; fi
)

emulated() { # ARCH EMULATOR GOARCH [GOARM]
	command -v "$2" >/dev/null || {
		echo "$2 is not installed (Debian: qemu-user-static)"
		return 1
	}
	build_for "$3" "$work/fwatchdog-$1" "${4:-}" || return 1
	WATCHDOG_BIN="$work/fwatchdog-$1" WATCHDOG_RUNNER=$2 CONFORMANCE_SHORT=1 conformance '^TestWatchdog$|^TestCase'
}

shipped() {
	WATCHDOG_BIN="$work/fwatchdog" conformance '^TestWatchdog$|^TestCase'
}

race_built() {
	CGO_ENABLED=1 go build -race -o "$work/fwatchdog-race" . || return 1
	WATCHDOG_BIN="$work/fwatchdog-race" WATCHDOG_RACE=1 conformance '^TestWatchdog$' || return 1
	WATCHDOG_BIN="$work/fwatchdog-race" WATCHDOG_RACE=1 SOAK_SECONDS=5 conformance '^TestSoak$'
}

part format formatted
part vet go vet ./...
part unit go test -race -count=1 . ./internal/...
build_for amd64 "$work/fwatchdog" || exit 1
# The binary that is shipped, when it is there and no older than the sources.
shipped=../dist/watchdog/fwatchdog-amd64
if [ -x $shipped ] && [ -z "$(find ./*.go internal -name '*.go' -newer $shipped)" ]; then
	cp $shipped "$work/fwatchdog"
fi
part conformance shipped
part race race_built
part arm:64 emulated arm64 qemu-aarch64-static arm64
part arm:v7 emulated arm qemu-arm-static arm 7
part soak env WATCHDOG_BIN="$work/fwatchdog" SOAK_SECONDS="$soak_seconds" go test -count=1 -timeout 30m -run '^TestSoak$' ./conformance
part docker env WATCHDOG_BIN="$work/fwatchdog" WATCHDOG_DOCKER=1 go test -count=1 -timeout 15m -run '^TestDocker$' ./conformance
part fuzz fuzz_all

if [ -n "$failed" ]; then
	echo "failed:$failed"
	exit 1
fi
echo "watchdog: all parts passed"
