#!/usr/bin/env bash
# Shows that host-state.sh sees what it is there for: plants one thing of each kind, looks that it is named, and removes it.
# What belongs to the kernel is planted in namespaces of this script's own, so that nothing of the host is touched.
set -Eeuo pipefail
here=$(readlink /proc/self/ns/net)
[ -n "${HOST_STATE_OUTSIDE:-}" ] || HOST_STATE_OUTSIDE=$here exec unshare --net --mount "$0" "$@"

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/host-state.sh
. "$(dirname "$0")/host-state.sh"
[ "$HOST_STATE_OUTSIDE" != "$here" ] || fail 'this is not a network namespace of its own: nothing is planted'

name=sampan-planted-$$
work=$(mktemp -d "${TMPDIR:-/tmp}/$name-XXXXXX")
planted_process=''

clean_up() {
  local status=$?
  unplant >/dev/null 2>&1 || true
  rm -rf "$work" "/tmp/bystander-$$"
  exit "$status"
}
trap clean_up EXIT

plant() {
  ip link add planted0 type bridge
  ip addr add 192.0.2.77/32 dev planted0
  ip link set planted0 up
  ip route add 198.51.100.0/24 dev planted0
  ip rule add from 192.0.2.77 table 77
  iptables -A INPUT -s 192.0.2.77 -j DROP
  echo 1 >/proc/sys/net/ipv4/conf/default/arp_notify
  mkdir "$work/mount"
  mount -t tmpfs "$name" "$work/mount"
  ip netns add "$name"
  docker network create "$name" >/dev/null
  tar -C "$work" -c --files-from /dev/null | docker import - "$name" >/dev/null
  docker create --name "$name" "$name" true >/dev/null
  docker volume create "$name" >/dev/null
  # Its parent ends at once, as that of a process which a test has forgotten.
  # shellcheck disable=SC2016 # The inner shell's own number.
  (setsid sh -c 'echo $$ >"$0"; exec sleep 600' "$work/pid" >/dev/null 2>&1 &)
  until [ -s "$work/pid" ]; do sleep 0.05; done
  planted_process=$(cat "$work/pid")
  touch "/tmp/$name"
}

unplant() {
  ip link del planted0
  ip rule del from 192.0.2.77 table 77
  iptables -D INPUT -s 192.0.2.77 -j DROP
  echo 0 >/proc/sys/net/ipv4/conf/default/arp_notify
  umount "$work/mount"
  ip netns del "$name"
  docker rm -f "$name"
  docker network rm "$name"
  docker volume rm "$name"
  docker rmi "$name"
  [ -z "$planted_process" ] || kill "$planted_process"
  rm -f "/tmp/$name"
}

# sees CI LINE...: whether the comparison names each line, and ends with 1.
sees() {
  local ci=$1 line
  shift
  ! CI=$ci host_state_compare "$work/before" >"$work/seen" || fail "a difference was not a failure (CI=$ci)"
  for line in "$@"; do
    grep -qE "^$line" "$work/seen" || fail "not seen (CI=$ci): $line. Seen: $(cat "$work/seen")"
  done
}

ip link set lo up
ip link add docker0 type bridge
touch "/tmp/bystander-$$"
host_state_record "$work/before"

plant
everywhere=(
  'rules: new: .*from 192.0.2.77' 'settings: new: .*arp_notify = 1' 'settings: gone: .*arp_notify = 0'
  "mounts: new: $work/mount tmpfs" "namespaces: new: named $name" "networks: new: $name bridge"
  "containers: new: $name " "images: new: $name:latest" "volumes: new: $name local"
  "processes: new: $planted_process of $SAMPAN_TEST_RUN: sleep 600" "files: new: $name in /tmp"
)
sees 1 "${everywhere[@]}" 'interfaces: new: planted0 ' 'addresses: new: planted0 ' 'routes: new: 198.51.100.0/24 ' \
  'firewall: new: iptables-save filter -A INPUT -s 192.0.2.77'
sees '' "${everywhere[@]}" 'note, perhaps of somebody else: interfaces: new: planted0 '

# What somebody else has removed meanwhile, and what nobody may.
rm "/tmp/bystander-$$"
sees '' "note, perhaps of somebody else: files: gone: bystander-$$ in /tmp"

unplant >/dev/null
planted_process=''
CI=1 host_state_compare "$work/before" >"$work/seen" || true
! grep -E "planted|192\.0\.2\.77|arp_notify" "$work/seen" || fail 'seen although it was removed (above)'

# The bridge of the engine's default network, made anew by somebody.
ip link del docker0
ip link add docker0 type bridge
sees '' 'interfaces: gone: docker0 number' 'interfaces: new: docker0 number'

note 'what a run may leave behind is seen: one of each kind'
