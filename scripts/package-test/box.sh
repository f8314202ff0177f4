# shellcheck shell=bash
# A Debian 12 with systemd and Docker in a container without a network, for package-test.sh. To be sourced after lib.sh.

readonly BOX=sampan-package-test-$$
export BOX_IMAGE=localhost/sampan/package-test:bookworm PLAIN_IMAGE=localhost/sampan/package-test:plain
export PLAIN_PACKAGES=systemd,systemd-sysv,dbus,init,iproute2,curl,procps,libstdc++6
export BOX_PACKAGES=$PLAIN_PACKAGES,docker.io,iptables,kmod,ca-certificates

# passes SENTENCE COMMAND...: says that it does, or ends the test.
passes() {
  local sentence=$1
  shift
  if ! "$@" >"$MADE/last.log" 2>&1; then
    cat "$MADE/last.log" >&2
    fail "NOT: $sentence"
  fi
  PASSED=$((PASSED + 1))
  note "ok: $sentence"
}

# box_image TAG PACKAGES: debootstrap writes it, once.
box_image() {
  docker image inspect "$1" >/dev/null 2>&1 && return 0
  local root mirror
  root=$(mktemp -d "$MADE/root.XXXXXX")
  # shellcheck disable=SC2016 # apt's own placeholder.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 'Codename: bookworm' | head -n 1)
  note "debootstrap of $1"
  debootstrap --variant=minbase "--include=$2" bookworm "$root" ${mirror:+"$mirror"} >"$MADE/debootstrap.log" 2>&1 || fail_with_log "$MADE/debootstrap.log" 'debootstrap failed'
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  tar -C "$root" -c . | docker import - "$1" >/dev/null
  rm -rf "$root"
}

# box_start IMAGE [docker's words]: systemd with cgroups of its own, below those of the container, which it may write. Docker 20.10 mounts them to be read, and a
# mount may be made writable by whoever has SYS_ADMIN. Not --privileged: that needs rights that not every host has.
box_start() {
  local image=$1
  shift
  box_end
  docker run -d --name "$BOX" --hostname box --network none --cgroupns=private \
    --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add NET_RAW --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add MKNOD --cap-add DAC_READ_SEARCH \
    --security-opt seccomp=unconfined --security-opt apparmor=unconfined --device-cgroup-rule 'a *:* rwm' \
    --tmpfs /run --tmpfs /run/lock --tmpfs /tmp -v /var/lib/docker -v "$MADE:/made:ro" "$@" -t "$image" \
    sh -c 'for mount in $(awk "\$3 ~ /^cgroup/ { print \$2 }" /proc/mounts); do mount -o remount,bind,rw "$mount"; done; exec /sbin/init' >/dev/null
  until_true 60 'systemd is up' box "systemctl is-system-running | grep -qE 'running|degraded'"
}

# box TEXT: shell lines in it, of which the first that fails ends it. `sh -e` overlooks what is negated, or comes before a `&&`: `not` and lines instead.
box() {
  docker exec -i "$BOX" sh -euc "not() { if \"\$@\"; then return 1; fi; }
found() { grep -qE \"\$@\"; }
$1"
}

box_end() { docker rm -fv "$BOX" >/dev/null 2>&1 || true; }

# until_true SECONDS WHAT COMMAND...
until_true() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || fail "not within the time: $what"
    sleep 0.3
  done
}

# The example function, which answers from an image without a shell, goes into the box.
box_hello() {
  docker image inspect localhost/sampan/hello >/dev/null 2>&1 || build_hello localhost/sampan/hello:latest
  docker save localhost/sampan/hello:latest | docker exec -i "$BOX" docker load >/dev/null
}

# api METHOD PATH [BODY]: of the daemon in the box, as admin; the answer's status is in its last line.
api() {
  box "curl -sS -m 30 -u admin:\$(cat /var/lib/sampan/basic-auth-password) -X $1 ${3:+-H 'Content-Type: application/json' -d '$3'} -w '\n%{http_code}' http://127.0.0.1:8080$2"
}

status_is() { [ "$(box "curl -s -m 30 -o /dev/null -w '%{http_code}' http://127.0.0.1:8080$2" || true)" = "$1" ]; }

deb() { box "DEBIAN_FRONTEND=noninteractive dpkg -i /made/small/sampan_$1_$(host_arch).deb"; }

deploy_hello() {
  api POST /system/secrets '{"name":"word","value":"c2VjcmV0"}' | tail -n 1 | grep -q '^20' &&
    api POST /system/functions '{"service":"hello","image":"localhost/sampan/hello:latest","secrets":["word"]}' | tail -n 1 | grep -q 202 || return 1
  until_true 60 'the function answers' status_is 200 /function/hello
}

function_ids() { box 'docker ps -q --no-trunc --filter label=com.sampan.registry | sort'; }
