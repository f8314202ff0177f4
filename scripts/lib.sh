# shellcheck shell=bash
# Set-up steps shared by quickstart.sh, test.sh and bench/run.sh. To be sourced by bash, not run.
# Each step looks first and changes only what is missing, so that all of them can run again and again.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
readonly NODE_FLOOR=20.19.0
readonly INSTANCE_LABEL=com.sampan.instance
readonly TAG_LABEL=com.sampan.tag
readonly DATA_DIR_LABEL=com.sampan.data-dir

step() { printf '\n==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

# Ends the script with one clear sentence. Sets a flag, so that an EXIT trap does not add a second one.
fail() {
  FAILED_CLEARLY=1
  printf '\nerror: %s\n' "$*" >&2
  exit 1
}

# Names the step that broke when a command fails without a sentence of its own.
explain_exit() {
  local status=$?
  if [ "$status" -ne 0 ] && [ -z "${FAILED_CLEARLY:-}" ]; then
    printf '\nerror: a command failed with status %s (see the lines above)\n' "$status" >&2
  fi
  return "$status"
}

# at_least 20.20.2 20.19.0: whether the first dotted version is the second one or newer.
at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# only_one FD FOLDER: waits until no other script works on the folder, and holds it as descriptor 8 or 9 until this script ends. The lock is on the
# folder itself, so nothing is left of it. What runs on after the script must not inherit the descriptors. False when the folder is gone meanwhile.
only_one() {
  have flock || return 0
  eval "exec $1<\"\$2\"" 2>/dev/null || return 1
  if ! flock -n "$1"; then
    note "another run of this script works on $2: waiting for its end"
    flock "$1"
  fi
  [ "$2" -ef "/proc/self/fd/$1" ]
}

# ---- Debian packages -------------------------------------------------------------------------------------------

# Installs the named packages that are missing. Updates the package lists once, only when something is missing.
need_packages() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *' installed' ]] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0

  have apt-get || fail "these packages are missing and there is no apt-get to install them: ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || fail "these packages are missing: ${missing[*]}. Run this script as root (sudo) and it installs them."
  note "installing ${missing[*]}"
  apt_get update
  apt_get install --no-install-recommends "${missing[@]}"
}

apt_get() {
  local log
  log=$(mktemp)
  if ! DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 8>&- 9>&-; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    fail "apt-get $* failed (its last lines are above)"
  fi
  rm -f "$log"
}

# ---- Node, npm packages ----------------------------------------------------------------------------------------

need_node() {
  local hint="Node $NODE_FLOOR or newer is needed: install it from nodejs.org, with a version manager, or from your distribution"
  # sudo replaces PATH: look where tarballs are usually unpacked, too.
  have node || PATH="$PATH:/usr/local/bin:/usr/local/node/bin:/opt/node/bin"
  if ! have node; then
    # shellcheck disable=SC2016 # The user is to type $PATH as it stands.
    fail "there is no node on the PATH. $hint; if it is there for you and sudo hides it: sudo env \"PATH=\$PATH\" $0"
  fi
  local version
  version=$(node -p 'process.versions.node') || fail "node does not run. $hint"
  at_least "$version" "$NODE_FLOOR" || fail "$(command -v node) is Node $version. $hint"
  have npm || fail "npm is not on the PATH, but node is. Install npm (it comes with Node from nodejs.org; Debian's package is called npm)"
  note "node $version, npm $(npm --version 2>/dev/null)"
}

# npm packages as the lock file has them; installed again only when lock file, Node or machine changed.
need_node_packages() {
  local stamp="$ROOT/node_modules/.sampan-stamp" wanted
  wanted="$(cksum <"$ROOT/package-lock.json") node $(node -p 'process.versions.modules + process.arch')"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && sqlite_loads; then
    note 'npm packages are in place'
    return 0
  fi
  use_node_headers

  note 'npm ci'
  if ! npm_ci; then
    if have make && have g++ && have python3; then
      fail_with_log "$ROOT/.build/npm-ci.log" 'npm ci failed'
    fi
    note 'no prebuilt SQLite binding could be had: building it needs a C toolchain'
    need_packages build-essential python3
    npm_ci || fail_with_log "$ROOT/.build/npm-ci.log" 'npm ci failed, with a C toolchain too'
  fi
  sqlite_loads || fail "the npm package better-sqlite3 was installed, but its native part does not load: see $ROOT/.build/npm-ci.log"
  printf '%s' "$wanted" >"$stamp"
}

# A build from source needs Node's own headers; use those that came with this Node instead of a download.
use_node_headers() {
  local prefix
  prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  if [ -f "$prefix/include/node/node_version.h" ]; then export npm_config_nodedir="$prefix"; fi
}

npm_ci() {
  mkdir -p "$ROOT/.build"
  (cd "$ROOT" && npm ci --no-audit --no-fund) >"$ROOT/.build/npm-ci.log" 2>&1
}

sqlite_loads() {
  (cd "$ROOT" && node -e "new (require('better-sqlite3'))(':memory:').close()") >/dev/null 2>&1
}

fail_with_log() {
  tail -n 20 "$1" >&2
  fail "$2 (last lines above, all of it in $1)"
}

# ---- Go --------------------------------------------------------------------------------------------------------

# A go command that can build the watchdog. From 1.21 on, go fetches a newer toolchain by itself when go.mod asks for it.
need_go() {
  local wanted
  wanted=$(awk '$1 == "go" { print $2 }' "$ROOT/watchdog/go.mod")
  # sudo replaces PATH, and Debian's newer versions are on nobody's: look where they lie.
  local place
  for place in /usr/local/go/bin /usr/lib/go-1.*/bin; do
    if ! go_is_enough "$wanted" && [ -x "$place/go" ]; then PATH="$place:$PATH"; fi
  done
  if ! go_is_enough "$wanted"; then
    note "no Go for go.mod's $wanted on the PATH: taking Debian's, from its backports"
    need_debian_go
    go_is_enough "$wanted" ||
      fail "Go $wanted or newer is needed to build the watchdog and could not be installed; install it from go.dev and put it on the PATH"
  fi
  note "$(go version | cut -d' ' -f1-3)"
}

go_is_enough() {
  have go || return 1
  local version
  version=$(cd / && GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
  version=${version#go}
  at_least "$version" "$1" || at_least "$version" 1.21
}

# Debian 12 itself has 1.19; its backports have a newer one. The mirror is whichever this machine uses already.
need_debian_go() {
  local hint='install it from go.dev and put it on the PATH'
  have apt-get || fail "Go is missing, or too old, and there is no apt-get to install it: $hint"
  [ "$(id -u)" -eq 0 ] || fail "Go is missing, or too old: $hint, or run this script as root (sudo) and it takes Debian's"
  apt_get update
  local version
  version=$(newest_debian_go)
  if ! at_least "${version:-0}" 1.21; then
    local codename mirror
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016 # apt's own placeholder.
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' "Codename: $codename" | head -n 1)
    [ -n "$mirror" ] || fail "Debian's package lists have no Go from 1.21 on: $hint"
    printf 'deb %s %s-backports main\n' "$mirror" "$codename" >/etc/apt/sources.list.d/sampan-backports.list
    apt_get update
    version=$(newest_debian_go)
    at_least "${version:-0}" 1.21 || fail "Debian's package lists have no Go from 1.21 on, backports included: $hint"
  fi
  need_packages "golang-$version-go"
  PATH="/usr/lib/go-$version/bin:$PATH"
}

newest_debian_go() {
  apt-cache search --names-only '^golang-1\.[0-9]+-go$' | sed 's/^golang-//; s/-go .*//' | sort -V | tail -n 1
}

# ---- Docker ----------------------------------------------------------------------------------------------------

# An engine that answers `docker info`. Starts one only where none answers; DOCKERD_PID says that we did.
need_docker() {
  if have docker && docker info >/dev/null 2>&1; then
    note "Docker engine $(docker version --format '{{.Server.Version}}') answers"
    return 0
  fi
  [ -z "${DOCKER_HOST:-}" ] || fail "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST"
  [ "$(id -u)" -eq 0 ] || fail "no Docker engine answers for $(id -un). Run this script as root (sudo), or join the docker group and start Docker"
  local running
  running=$(pgrep -x dockerd || true)
  if ! have dockerd; then
    need_packages docker.io iptables ca-certificates
  fi
  have docker || need_packages docker-cli
  start_engine
  # Installing the package may have started it through an init script: then it is ours all the same.
  if [ -z "$running" ] && [ ! -d /run/systemd/system ]; then DOCKERD_PID=$(pgrep -x dockerd | head -n 1); fi
}

start_engine() {
  if [ -d /run/systemd/system ]; then
    note 'starting docker.service'
    systemctl enable --now docker >/dev/null 2>&1 || true
  elif ! pgrep -x dockerd >/dev/null 2>&1; then
    # Without systemd nobody mounts the control groups on small hosts.
    [ -n "$(ls -A /sys/fs/cgroup 2>/dev/null)" ] || { need_packages cgroupfs-mount && cgroupfs-mount; }
    local log="${DOCKERD_LOG:-/var/log/sampan-dockerd.log}"
    note "no service manager here: starting dockerd in the background, log in $log"
    setsid dockerd >"$log" 2>&1 </dev/null 8>&- 9>&- &
    DOCKERD_PID=$!
    printf '%s\n' "$DOCKERD_PID" >"${DOCKERD_PID_FILE:-/run/sampan-dockerd.pid}"
  fi
  local tries=0
  until docker info >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 60 ]; then
      [ -n "${log:-}" ] && tail -n 10 "$log" >&2
      fail 'the Docker engine was started but does not answer after 60 s'
    fi
    if [ -n "${DOCKERD_PID:-}" ] && ! kill -0 "$DOCKERD_PID" 2>/dev/null; then
      tail -n 10 "$log" >&2
      fail 'dockerd ended at once (its last lines are above)'
    fi
    sleep 1
  done
  note "Docker engine $(docker version --format '{{.Server.Version}}') answers"
}

# Stops the dockerd that this run of a script started, and no other.
stop_own_engine() {
  [ -n "${DOCKERD_PID:-}" ] || return 0
  kill "$DOCKERD_PID" 2>/dev/null || return 0
  local tries=0
  while kill -0 "$DOCKERD_PID" 2>/dev/null && [ "$tries" -lt 30 ]; do
    tries=$((tries + 1))
    sleep 1
  done
  rm -f "${DOCKERD_PID_FILE:-/run/sampan-dockerd.pid}"
}

# Architecture of the engine, in Go's words: amd64, arm64, arm.
engine_arch() {
  case "$(docker version --format '{{.Server.Arch}}')" in
    amd64 | x86_64) echo amd64 ;;
    arm64 | aarch64) echo arm64 ;;
    arm*) echo arm ;;
    *) fail "the Docker engine runs on $(docker version --format '{{.Server.Arch}}'); amd64, arm64 and arm v7 are known here" ;;
  esac
}

# build_image TAG FOLDER: the image has its tag as a label, so that it is found when a newer one has taken the tag. With BuildKit or without, whichever the engine and its client can do.
build_image() {
  local log
  log=$(mktemp)
  local words=(-q -t "$1" --label "$TAG_LABEL=$1" "$2")
  if docker build "${words[@]}" >"$log" 2>&1 || DOCKER_BUILDKIT=0 docker build "${words[@]}" >>"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  tail -n 20 "$log" >&2
  rm -f "$log"
  fail "docker build of $1 failed (its last lines are above)"
}

# remove_instance NAME [DATA_DIR]: containers, networks and firewall rules of one Sampan instance; with a data folder only what was made for that one, or
# does not say for which.
remove_instance() {
  local ids
  ids=$(made_for "${2:-}" ps -a --filter "label=$INSTANCE_LABEL=$1")
  # shellcheck disable=SC2086 # A list of ids.
  [ -z "$ids" ] || docker rm -f $ids >/dev/null
  ids=$(made_for "${2:-}" network ls --filter "label=$INSTANCE_LABEL=$1")
  # shellcheck disable=SC2086
  [ -z "$ids" ] || docker network rm $ids >/dev/null
  ids=$(made_for '' ps -a --filter "label=$INSTANCE_LABEL=$1")$(made_for '' network ls --filter "label=$INSTANCE_LABEL=$1")
  if [ -n "$ids" ]; then
    note "left alone: what instance $1 has for another data folder than ${2:-any}"
  else
    remove_firewall "$1"
  fi
}

# made_for DATA_DIR docker-words…: ids of what the words list, made for that folder or for none that it names; all of it for an empty one.
made_for() {
  local folder=$1
  shift
  docker "$@" --format "{{.ID}} {{.Label \"$DATA_DIR_LABEL\"}}" |
    while read -r id made; do
      if [ -z "$folder" ] || [ -z "$made" ] || [ "$made" = "$folder" ]; then printf '%s ' "$id"; fi
    done
}

# The rules that the daemon, or firewall.sh, has set for one instance: jumps that carry its comment, and the chains that they lead to. Nothing
# where there is no iptables, or no right to use it: then there are none of ours either, unless root has set them by hand.
remove_firewall() {
  local tool line chains
  for tool in iptables ip6tables; do
    have "$tool" || continue
    # The chains first: without jumps nothing names them any more.
    chains=$("$tool" -w 5 -S 2>/dev/null | awk -v comment="sampan-$1" '$0 ~ "--comment \"?" comment "\"? " { print $NF }' | sort -u)
    while read -r line; do
      # shellcheck disable=SC2086 # A rule, word by word.
      [ -z "$line" ] || "$tool" -w 5 -D ${line#-A }
    done < <("$tool" -w 5 -S 2>/dev/null | tr -d '"' | grep -E -- "^-A .* --comment sampan-$1 " || true)
    for line in $chains; do
      "$tool" -w 5 -F "$line" && "$tool" -w 5 -X "$line"
    done
  done
}

# ---- Sampan itself ---------------------------------------------------------------------------------------------

build_daemon() {
  (cd "$ROOT" && npm run --silent build) || fail 'the daemon does not compile (tsc, above)'
}

build_watchdog() {
  (cd "$ROOT" && npm run --silent build:watchdog) || fail 'the watchdog does not compile (go build, above)'
}

build_nats() {
  (cd "$ROOT" && npm run --silent build:nats) || fail 'nats-server does not compile (go install, above)'
}

# build_hello TAG: the example function. Go program and watchdog are built here, the image holds just those two,
# so that no image registry is needed.
build_hello() {
  local arch context
  arch=$(engine_arch)
  context="$ROOT/.build/hello-image"
  rm -rf "$context"
  mkdir -p "$context"
  cp "$ROOT/examples/hello/Dockerfile" "$context/"
  cp "$ROOT/dist/watchdog/fwatchdog-$arch" "$context/fwatchdog"
  (cd "$ROOT/examples/hello" && CGO_ENABLED=0 GOOS=linux GOARCH=$arch GOARM=7 go build -trimpath -ldflags='-s -w' -o "$context/hello" .) ||
    fail 'the example function does not compile (go build, above)'
  build_image "$1" "$context"
}
