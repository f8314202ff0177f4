#!/usr/bin/env bash
# Runs quickstart.sh twice beside whatever else is on this machine (own ports, instance and data folder), calls the
# function as the README says, takes it down and looks that nothing is left.
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

quickstart=$ROOT/scripts/quickstart.sh
folder=$(mktemp -d)
free_port() { node -e 's = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }
SAMPAN_INSTANCE=quickstart-$$
SAMPAN_DATA_DIR=$folder/data
SAMPAN_LISTEN=127.0.0.1:$(free_port)
SAMPAN_METRICS_LISTEN=127.0.0.1:$(free_port)
SAMPAN_UI_LISTEN=off
export SAMPAN_INSTANCE SAMPAN_DATA_DIR SAMPAN_LISTEN SAMPAN_METRICS_LISTEN SAMPAN_UI_LISTEN

clean_up() {
  local status=$?
  "$quickstart" --down --purge >/dev/null 2>&1 || true
  rm -rf "$folder"
  exit "$status"
}
trap clean_up EXIT

"$quickstart"
first=$(cat "$SAMPAN_DATA_DIR/quickstart.pid")
"$quickstart"
second=$(cat "$SAMPAN_DATA_DIR/quickstart.pid")

[ "$first" != "$second" ] || fail 'the second run did not restart the daemon'
! kill -0 "$first" 2>/dev/null || fail 'the first daemon still runs'
answer=$(curl -fsS "http://$SAMPAN_LISTEN/function/hello" -d reader)
[ "$answer" = 'Hello, reader!' ] || fail "hello answered: $answer"
mode=$(stat -c %a "$SAMPAN_DATA_DIR/basic-auth-password")
[ "$mode" = 600 ] || fail "the password file has mode $mode"
# Not every root may: one in a container cannot lower a score.
if (echo -500 >"/proc/$BASHPID/oom_score_adj") 2>/dev/null; then
  [ "$(cat "/proc/$second/oom_score_adj")" = -500 ] || fail 'the daemon may be the first to go when memory runs out'
fi
# Not through a pipe: grep goes at the first match, and who still writes then fails.
[ "$(id -u)" -ne 0 ] || grep -q -- "--comment sampan-$SAMPAN_INSTANCE " <<<"$(iptables -w 5 -S)" || fail 'no firewall rule keeps functions from the host'

# Two at a time: the second waits for the first, and both end well.
"$quickstart" >"$folder/up.log" 2>&1 &
up=$!
until grep -q '1/6 Tools' "$folder/up.log"; do sleep 0.1; done
down=$("$quickstart" --down 2>&1) || fail "--down during a quickstart failed: $down"
wait "$up" || fail "a quickstart failed because of a --down beside it: $(cat "$folder/up.log")"
grep -q 'waiting for its end' <<<"$down" || fail "--down did not wait for the quickstart: $down"
[ -z "$(docker ps -aq --filter "label=$INSTANCE_LABEL=$SAMPAN_INSTANCE")" ] || fail '--down after a quickstart left containers'

# With another data folder --down leaves alone what is not of that one.
"$quickstart"
second=$(cat "$SAMPAN_DATA_DIR/quickstart.pid")
kept=$(SAMPAN_DATA_DIR=$folder/other "$quickstart" --down 2>&1) || fail "--down of another data folder failed: $kept"
grep -q 'left alone' <<<"$kept" || fail "--down says nothing of what it leaves: $kept"
[ -n "$(docker ps -q --filter "label=$INSTANCE_LABEL=$SAMPAN_INSTANCE")" ] || fail '--down with another data folder removed containers'

# A port that is taken: a clear sentence, status 1, and what runs is left alone.
taken=$(SAMPAN_DATA_DIR=$folder/other "$quickstart" 2>&1) && fail 'the quickstart started on ports that are taken'
grep -q 'is taken by another program' <<<"$taken" || fail "no clear sentence about the taken port: $taken"

"$quickstart" --down --purge
! kill -0 "$second" 2>/dev/null || fail 'the daemon still runs after --down'
left=$(docker ps -aq --filter "label=$INSTANCE_LABEL=$SAMPAN_INSTANCE")$(docker network ls -q --filter "label=$INSTANCE_LABEL=$SAMPAN_INSTANCE")
[ -z "$left" ] || fail "--down left containers or networks: $left"
! grep -q -- "-$SAMPAN_INSTANCE" <<<"$(iptables -w 5 -S 2>/dev/null)" || fail '--down left firewall rules'
[ ! -e "$SAMPAN_DATA_DIR" ] || fail "--purge left $SAMPAN_DATA_DIR"
printf '\nquickstart twice, call, taken port, down: as promised\n'
