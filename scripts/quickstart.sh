#!/usr/bin/env bash
# From a clean clone to an answering function: sudo ./scripts/quickstart.sh
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

usage() {
  cat <<'TEXT'
Usage: quickstart.sh [--down [--purge]]

Installs what is missing (Docker engine, npm packages, Go; a C toolchain only if needed), builds Sampan,
starts it in the background, deploys the example function and calls it. Safe to run again: it rebuilds,
restarts the daemon (functions run on meanwhile) and deploys again.

  --down           stop the daemon and remove the containers, networks and firewall rules of its functions
  --down --purge   the same, then delete the data folder and the example image too

The daemon's SAMPAN_ variables are passed on (docs/config.md), for example:
  SAMPAN_LISTEN=127.0.0.1:9080 SAMPAN_METRICS_LISTEN=127.0.0.1:9082 ./scripts/quickstart.sh
TEXT
}

trap explain_exit EXIT

DATA_DIR=${SAMPAN_DATA_DIR:-/var/lib/sampan}
INSTANCE=${SAMPAN_INSTANCE:-default}
ADMIN=${SAMPAN_ADMIN_USER:-admin}
LISTEN=${SAMPAN_LISTEN:-127.0.0.1:8080}
METRICS_LISTEN=${SAMPAN_METRICS_LISTEN:-127.0.0.1:8082}
PID_FILE=$DATA_DIR/quickstart.pid
LOG_FILE=$DATA_DIR/quickstart.log
ANSWER_FILE=$DATA_DIR/quickstart.answer
MADE_BY_US=$DATA_DIR/.made-by-quickstart
PASSWORD_FILE=$DATA_DIR/basic-auth-password
# The registry host "localhost" keeps the name from ever meaning somebody's image on a public registry.
HELLO_IMAGE=localhost/sampan/hello:latest

# A listener on every interface is reached at the loopback address.
host=${LISTEN%:*}
case "$host" in '' | 0.0.0.0 | '[::]') host=127.0.0.1 ;; esac
URL=http://$host:${LISTEN##*:}

main() {
  local down='' purge=''
  for argument in "$@"; do
    case "$argument" in
      --down) down=1 ;;
      --purge) purge=1 ;;
      -h | --help) usage && exit 0 ;;
      *) usage >&2 && fail "unknown argument: $argument" ;;
    esac
  done
  [ -z "$purge" ] || [ -n "$down" ] || fail '--purge goes with --down'

  if [ -n "$down" ]; then take_down "$purge"; else bring_up; fi
}

bring_up() {
  make_data_dir
  # Two at a time would stop each other's daemon, and build into each other's folder.
  until only_one 9 "$DATA_DIR"; do make_data_dir; done
  only_one 8 "$ROOT"

  step '1/6 Tools'
  need_packages curl git ca-certificates
  need_node
  need_go
  step '2/6 Docker engine'
  need_docker
  step '3/6 Build'
  need_node_packages
  note 'daemon'
  build_daemon
  note 'watchdog'
  build_watchdog
  note 'nats-server'
  build_nats
  step '4/6 Daemon'
  # After this its functions still run, and the new daemon adopts them.
  stop_daemon
  check_ports
  start_daemon
  step '5/6 Example function'
  note "image $HELLO_IMAGE"
  build_hello "$HELLO_IMAGE"
  deploy_hello
  step '6/6 Call'
  call_hello
  call_hello_later
  show_next_steps
}

make_data_dir() {
  if [ ! -d "$DATA_DIR" ] && mkdir -p "$DATA_DIR" 2>/dev/null; then
    chmod 0700 "$DATA_DIR"
    (umask 077 && touch "$MADE_BY_US")
  fi
  [ -w "$DATA_DIR" ] ||
    fail "$DATA_DIR cannot be written: run this script as root (sudo), or choose another folder with SAMPAN_DATA_DIR"
  # For this user alone, as all that the daemon writes there. Not the umask of this script: what it builds may be for others too.
  (umask 077 && touch "$LOG_FILE" "$ANSWER_FILE")
}

# ---- Daemon ----------------------------------------------------------------------------------------------------

# The process of the pid file, if it still is our daemon and not a stranger who got the same number.
daemon_pid() {
  local pid
  [ -f "$PID_FILE" ] || return 1
  pid=$(cat "$PID_FILE")
  [ -r "/proc/$pid/cmdline" ] && grep -q 'dist/src/main.js' <<<"$(tr '\0' ' ' <"/proc/$pid/cmdline")" || return 1
  printf '%s' "$pid"
}

stop_daemon() {
  local pid tries=0
  pid=$(daemon_pid) || return 0
  note "stopping the daemon, process $pid"
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -le 300 ] || { note 'it does not end: killing it' && kill -9 "$pid"; }
    sleep 0.2
  done
  rm -f "$PID_FILE"
}

check_ports() {
  local name address
  for name in SAMPAN_LISTEN="$LISTEN" SAMPAN_METRICS_LISTEN="$METRICS_LISTEN"; do
    address=${name#*=}
    node -e '
      const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(process.argv[1])
      const server = require("net").createServer()
      server.on("error", (error) => process.exit(error.code === "EADDRINUSE" ? 1 : 0))
      server.listen({ host: host || "0.0.0.0", port: Number(port) }, () => server.close())
    ' "$address" || fail "$address is taken by another program. Stop it, or choose another port: ${name%%=*}=127.0.0.1:PORT $0"
  done
}

start_daemon() {
  [ -n "${SAMPAN_ADMIN_PASSWORD:-}" ] || note "password in $PASSWORD_FILE"
  SAMPAN_DATA_DIR=$DATA_DIR setsid node "$ROOT/dist/src/main.js" >>"$LOG_FILE" 2>&1 </dev/null 8>&- 9>&- &
  local pid=$! tries=0
  (umask 077 && printf '%s\n' "$pid" >"$PID_FILE")
  # As the service has it: when the host runs out of memory functions go first. Only root may.
  { echo -500 >"/proc/$pid/oom_score_adj"; } 2>/dev/null || true
  until curl -fsS -o /dev/null "$URL/healthz" 2>/dev/null; do
    tries=$((tries + 1))
    if ! kill -0 "$pid" 2>/dev/null; then
      rm -f "$PID_FILE"
      fail_with_log "$LOG_FILE" 'the daemon ended at once'
    fi
    [ "$tries" -le 150 ] || fail_with_log "$LOG_FILE" "the daemon runs but $URL/healthz does not answer 200 after 30 s"
    sleep 0.2
  done
  note "process $pid answers at $URL, log in $LOG_FILE"
}

# ---- Example function ------------------------------------------------------------------------------------------

# api METHOD PATH BODY: prints the status. The password travels in a private file: a command line is visible to all.
api() {
  local config status
  config=$(mktemp)
  chmod 0600 "$config"
  printf 'user = "%s:%s"\n' "$ADMIN" "$(password | sed 's/[\\"]/\\&/g')" >"$config"
  status=$(curl -sS -K "$config" -o "$ANSWER_FILE" -w '%{http_code}' -X "$1" \
    -H 'Content-Type: application/json' --max-time 90 -d "$3" "$URL$2") || status=000
  rm -f "$config"
  printf '%s' "$status"
}

password() {
  if [ -n "${SAMPAN_ADMIN_PASSWORD:-}" ]; then printf '%s' "$SAMPAN_ADMIN_PASSWORD"; else cat "$PASSWORD_FILE"; fi
}

deploy_hello() {
  local body status
  body="{\"service\":\"hello\",\"image\":\"$HELLO_IMAGE\"}"
  status=$(api PUT /system/functions "$body")
  [ "$status" != 404 ] || status=$(api POST /system/functions "$body")
  case "$status" in
    200 | 202) note "deployed as hello" ;;
    401) fail "the daemon at $URL does not take the password of $PASSWORD_FILE" ;;
    *) fail "deploying hello was answered with $status: $(cat "$ANSWER_FILE" 2>/dev/null)" ;;
  esac
}

call_hello() {
  local answer
  note "curl $URL/function/hello"
  answer=$(curl -fsS --max-time 60 "$URL/function/hello") ||
    fail "the function does not answer; see $LOG_FILE and: docker ps -a --filter label=$INSTANCE_LABEL=$INSTANCE"
  note "$answer"
}

# An asynchronous call, and its answer: both were kept by the queue until somebody asks.
call_hello_later() {
  local id status tries=0
  note "curl -X POST $URL/async-function/hello -d later"
  # NATS may be a moment behind the gateway; the outbox takes the call then.
  id=$(curl -fsS --max-time 20 -D - -o /dev/null -H 'X-Async-Store: 1' -d later "$URL/async-function/hello" |
    tr -d '\r' | sed -n 's/^[Xx]-[Cc]all-[Ii]d: //p') || fail "asynchronous calls are not taken; see $LOG_FILE"
  note "202, call id $id"
  until status=$(api GET "/system/async/calls/$id/result" '') && [ "$status" = 200 ]; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || fail "the asynchronous call has no answer after 20 s ($status); see $LOG_FILE"
    sleep 0.2
  done
  note "$(cat "$ANSWER_FILE")"
}

show_next_steps() {
  local where="in $PASSWORD_FILE" print="cat $PASSWORD_FILE"
  if [ -n "${SAMPAN_ADMIN_PASSWORD:-}" ]; then
    where='the SAMPAN_ADMIN_PASSWORD that you set'
    print='printenv SAMPAN_ADMIN_PASSWORD'
  fi
  cat <<TEXT

Sampan runs.

  URL        $URL
  user       $ADMIN
  password   $where

Try next:
  curl $URL/function/hello -d 'some text'
  curl -i $URL/async-function/hello -d 'some text'
  $print | faas-cli login --gateway $URL --username $ADMIN --password-stdin
  faas-cli list --gateway $URL
  curl http://$METRICS_LISTEN/metrics

Stop it, functions included:
  $(settings_given)$0 --down
TEXT
}

# The settings that --down must be given again, as they would be typed.
settings_given() {
  [ -z "${SAMPAN_DATA_DIR:-}" ] || printf 'SAMPAN_DATA_DIR=%s ' "$SAMPAN_DATA_DIR"
  [ -z "${SAMPAN_INSTANCE:-}" ] || printf 'SAMPAN_INSTANCE=%s ' "$SAMPAN_INSTANCE"
}

# ---- Down ------------------------------------------------------------------------------------------------------

take_down() {
  step 'Down'
  [ ! -d "$DATA_DIR" ] || only_one 9 "$DATA_DIR" || true
  stop_daemon
  if have docker && docker info >/dev/null 2>&1; then
    note "removing the containers, networks and firewall rules of instance $INSTANCE"
    remove_instance "$INSTANCE" "$DATA_DIR"
    # Each quickstart made one; a function elsewhere keeps the one that it is of.
    [ -z "$1" ] || docker image ls -q --filter "label=$TAG_LABEL=$HELLO_IMAGE" | sort -u | xargs -r docker image rm >/dev/null 2>&1 || true
    note 'the Docker engine itself is left running'
  else
    note 'no Docker engine answers: nothing to remove there'
  fi
  if [ -n "$1" ]; then
    # Only a folder that this script made: never whatever SAMPAN_DATA_DIR happens to name.
    if [ -f "$MADE_BY_US" ]; then
      rm -rf "$DATA_DIR"
      note "deleted $DATA_DIR"
    else
      note "$DATA_DIR was not made by this script: left alone"
    fi
  else
    note "the data stays in $DATA_DIR (delete it with --down --purge)"
  fi
}

main "$@"
