# shellcheck shell=bash
# What a run of tests could change on the host, as lines of text: recorded at its beginning, compared at its end. To be sourced by bash.
#
#   host_state_record FOLDER    writes one file for each aspect
#   host_state_compare FOLDER   prints what is different now; status 1 when something is that counts
#
# With CI set every difference counts but files that do not look like ours, and what has ended. Elsewhere somebody else may use the same host at the same time: then only what is new and looks like
# ours counts, and what no bystander changes; the rest is a note. Numbers that change by themselves (counters, ages, link states) are left out.

HOST_STATE_ASPECTS=(
  interfaces addresses routes rules firewall settings mounts namespaces
  networks containers images volumes processes files
)
# What names a thing as ours. A process has the run's mark in its environment besides.
HOST_STATE_OURS='sampan|org\.chromium|quickstart-|watchdog-c|^new: (full-disk|docker-config|log-archive|data-folder|credentials|usage|registry|logs)-'
# What tests start, as it stands in command lines.
HOST_STATE_PROGRAMS='(^|/)(dockerd|containerd[a-z0-9-]*|sampan|nats-server|chrom[a-z_-]*|wrk|nginx|fwatchdog[a-z0-9-]*|docker-registry|qemu-[a-z0-9-]*)(:| |$)|/dist/src/main\.js'
# Aspects that no other program changes during a run: a difference counts everywhere.
HOST_STATE_ALWAYS=' rules settings '
# Exported: whatever the run starts inherits it, and can be told from others when it is left over.
SAMPAN_TEST_RUN=${SAMPAN_TEST_RUN:-run-$$-$(date +%s)}
export SAMPAN_TEST_RUN

host_state_record() {
  local aspect
  mkdir -p "$1"
  for aspect in "${HOST_STATE_ASPECTS[@]}"; do
    "list_$aspect" | LC_ALL=C sort -u >"$1/$aspect"
  done
}

host_state_compare() {
  local aspect line status=0 now
  now=$(mktemp -d "$1/now-XXXXXX")
  host_state_record "$now"
  for aspect in "${HOST_STATE_ASPECTS[@]}"; do
    while IFS= read -r line; do
      [ -n "$line" ] || continue
      if host_state_counts "$aspect" "$line"; then
        printf '%s: %s\n' "$aspect" "$line"
        status=1
      else
        printf 'note, perhaps of somebody else: %s: %s\n' "$aspect" "$line"
      fi
    done < <(
      LC_ALL=C comm -13 "$1/$aspect" "$now/$aspect" | sed 's/^/new: /'
      LC_ALL=C comm -23 "$1/$aspect" "$now/$aspect" | sed 's/^/gone: /'
    )
  done
  rm -rf "$now"
  return "$status"
}

host_state_counts() {
  case "$HOST_STATE_ALWAYS" in *" $1 "*) return 0 ;; esac
  if [ -n "${CI:-}" ]; then
    case $1 in
      # Whatever runs the tests may have files there, too.
      files) ;;
      # What ends meanwhile is not ours to keep.
      processes | namespaces | mounts) [[ $2 != 'new: '* ]] || return 0 ;;
      *) return 0 ;;
    esac
  fi
  [[ $2 != *docker0* ]] || return 0
  [[ $2 == 'new: '* ]] && { [[ $2 =~ $HOST_STATE_OURS ]] || [[ $2 == *"$SAMPAN_TEST_RUN"* ]]; }
}

# ---- Network ---------------------------------------------------------------------------------------------------

# The number tells a bridge that was made anew from the old one of the same name.
list_interfaces() {
  ip -o link show | awk '{
    sub(/:$/, "", $1)
    sub(/@.*|:$/, "", $2)
    mtu = ""
    for (at = 3; at < NF; at++) if ($at == "mtu") mtu = $(at + 1)
    print $2, "number", $1, "mtu", mtu
  }'
}

# The kernel gives a bridge its link-local address, and routes, when the first container is plugged in.
list_addresses() { ip -o addr show | awk '$4 !~ /^fe80:/ { print $2, $3, $4 }'; }

list_routes() {
  { ip route show table all && { ip -6 route show table all 2>/dev/null || true; }; } | sed -E 's/ (linkdown|dead)\b//g; s/ expires [^ ]+//; s/ +$//' |
    awk '!/(^| )(fe80:|ff00:)/'
}

# The second has nothing to say where there is no IPv6.
list_rules() { ip rule show && { ip -6 rule show 2>/dev/null || true; }; }

# A table that was looked at exists from then on, empty: its built-in chains, which accept, say nothing.
list_firewall() {
  local program
  for program in iptables-save ip6tables-save iptables-legacy-save ip6tables-legacy-save; do
    command -v "$program" >/dev/null 2>&1 || continue
    # Only root may read them.
    { "$program" 2>/dev/null || true; } | awk -v program="$program" '
      /^\*/ { table = substr($0, 2) }
      /^:/ { if ($2 != "ACCEPT") print program, table, $1, $2 }
      /^-/ { sub(/ *\[[0-9]+:[0-9]+\]/, ""); print program, table, $0 }
    '
  done
}

list_settings() {
  local file
  for file in /proc/sys/net/ipv4/{ip_forward,ip_local_port_range,ip_unprivileged_port_start,ping_group_range} \
    /proc/sys/net/ipv{4,6}/conf/{all,default}/* /proc/sys/net/bridge/* /proc/sys/net/core/somaxconn \
    /proc/sys/net/netfilter/nf_conntrack_max /proc/sys/vm/{overcommit_memory,max_map_count} \
    /proc/sys/kernel/{core_pattern,pid_max,unprivileged_userns_clone} /proc/sys/fs/file-max; do
    case $file in */stable_secret) continue ;; esac
    [ -f "$file" ] && [ -r "$file" ] || continue
    printf '%s = %s\n' "${file#/proc/sys/}" "$(tr '\n\t' '  ' <"$file")"
  done
}

# ---- Kernel ----------------------------------------------------------------------------------------------------

# Docker clears up the network namespaces of containers that are gone once a minute.
list_mounts() {
  awk '{ place = $5; sub(/.* - /, ""); if (place !~ "/run/docker/netns/") print place, $1 }' /proc/self/mountinfo
}

# Those with a name, and those that processes have.
list_namespaces() {
  ip netns list 2>/dev/null | awk '{ print "named", $1 }'
  readlink /proc/[0-9]*/ns/net 2>/dev/null || true
}

# Programs that tests start, by name, and what has the run's mark, whatever it is. What this script was started by and what it runs itself
# is spared, and an engine of its own: what a test leaves running has lost its parents.
list_processes() {
  local pid
  comm -23 <(ps -eo pid= | tr -d ' ' | sort) <(host_state_spared | sort) | while read -r pid; do
    host_state_process "$pid" 2>/dev/null || true
  done
}

# A process that is dead and was not waited for has no command line.
host_state_process() {
  local mark='' words
  words=$(tr '\0' ' ' <"/proc/$1/cmdline" | cut -c 1-160) || return 1
  [ -n "$words" ] || return 1
  if grep -qzxF "SAMPAN_TEST_RUN=$SAMPAN_TEST_RUN" "/proc/$1/environ"; then mark=" of $SAMPAN_TEST_RUN"; fi
  [ -n "$mark" ] || [[ $words =~ $HOST_STATE_PROGRAMS ]] || return 0
  printf '%s%s: %s\n' "$1" "$mark" "$words"
}

host_state_spared() {
  ps -eo pid=,ppid= | awk -v self=$$ -v engine="${DOCKERD_PID:-0}" '
    { parent[$1] = $2 }
    END {
      for (pid = self; pid > 0; pid = parent[pid]) print pid
      for (one in parent) {
        for (pid = one; pid > 1 && pid != self && pid != engine; pid = parent[pid]) continue
        if (pid > 1) print one
      }
    }'
}

# ---- Docker ----------------------------------------------------------------------------------------------------

list_networks() { docker network ls --no-trunc --format '{{.Name}} {{.Driver}} {{.ID}}' 2>/dev/null || true; }

list_containers() { docker ps -a --no-trunc --format '{{.Names}} {{.Image}} {{.ID}}' 2>/dev/null || true; }

# Without those that tests make and keep for the next: they are known by their label, and test.sh removes them.
list_images() {
  local kept
  kept=$(docker images -aq --no-trunc --filter label=com.sampan.test.inputs 2>/dev/null) || return 0
  docker images -a --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | grep -vF "${kept:-no image}" || true
}

list_volumes() { docker volume ls --format '{{.Name}} {{.Driver}}' 2>/dev/null || true; }

# ---- Files -----------------------------------------------------------------------------------------------------

# What lies directly in the folders for temporary files, and what has our name where programs keep their state.
list_files() {
  find /tmp /var/tmp /dev/shm -mindepth 1 -maxdepth 1 -printf '%f in %h\n' 2>/dev/null || true
  find /run /var/lib /var/log /etc/systemd/system -mindepth 1 -maxdepth 1 -name '*sampan*' -printf '%f in %h\n' 2>/dev/null || true
}
