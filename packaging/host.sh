# shellcheck shell=sh
# What the Debian package and install.sh both do to a host. To be sourced; the package's scripts have it pasted in.
# ROOT is the system's root without a slash at its end: empty for this very one.

DATA=/var/lib/sampan
RUNTIME=/run/sampan

# registry_version FILE: the version of the schema in a registry that no process has open: 32 bits at byte 60 of a SQLite file.
registry_version() {
  # shellcheck disable=SC2046 # Four numbers.
  set -- $(od -An -tu1 -j60 -N4 "$1" 2>/dev/null)
  [ $# -eq 4 ] && echo $((($1 << 24) + ($2 << 16) + ($3 << 8) + $4))
}

# refuse_older KNOWN INSTALLED: a sentence, and false, when the registry is newer than the version KNOWN that a program has. INSTALLED is the file in
# which the program in place says what it knows: while it runs, the registry's own file may not say it yet.
refuse_older() {
  [ -f "$ROOT$DATA/registry.db" ] || return 0
  if [ -f "$2" ]; then found=$(cat "$2"); else found=$(registry_version "$ROOT$DATA/registry.db" || echo 0); fi
  [ "$found" -gt "$1" ] || return 0
  echo "the registry in $DATA has version $found, and this release knows $1: an older release cannot read it." \
    "Nothing was changed. To go back, put the copy made before the upgrade into its place:" \
    "$(find "$ROOT$DATA" -maxdepth 1 -name 'registry.db.v*' 2>/dev/null | sort | tr '\n' ' ' | sed 's/ $//; s/^$/there is none in the folder/')" >&2
  return 1
}

# The user of the daemon, and the group by which it speaks to Docker: systemd starts no service with a group that is not there. Docker's own
# packages take the group that they find.
make_user() {
  set -- ${ROOT:+--prefix "$ROOT"}
  grep -q '^docker:' "$ROOT/etc/group" || groupadd "$@" --system docker
  grep -q '^sampan:' "$ROOT/etc/group" || groupadd "$@" --system sampan
  grep -q '^sampan:' "$ROOT/etc/passwd" ||
    useradd "$@" --system --gid sampan --home-dir "$DATA" --no-create-home --shell /usr/sbin/nologin sampan
}

# What Docker and the firewall hold for this data folder: containers run on with secrets in them after the daemon is gone. Images stay.
forget_containers() {
  what="--filter label=com.sampan.data-dir=$DATA"
  if ! timeout 20 docker version >/dev/null 2>&1; then
    echo "Docker does not answer, so containers of functions may be left. When it does:" >&2
    echo "  docker ps -aq $what | xargs -r docker rm -f" >&2
    echo "  docker network ls -q $what | xargs -r docker network rm" >&2
  else
    # shellcheck disable=SC2086 # Two words.
    docker ps -aq $what | xargs -r docker rm -f >/dev/null || true
    # shellcheck disable=SC2086
    docker network ls -q $what | xargs -r docker network rm >/dev/null || true
  fi
  instance=$(sed -n 's/^SAMPAN_INSTANCE=//p' "$ROOT/etc/sampan/sampan.env" 2>/dev/null | tail -n 1 | tr -d "\"'")
  forget_firewall iptables "${instance:-default}"
  forget_firewall ip6tables "${instance:-default}"
}

# forget_firewall PROGRAM INSTANCE: the jumps to our chains, which carry a comment, and the chains that they lead to.
forget_firewall() {
  command -v "$1" >/dev/null 2>&1 || return 0
  jumps=$("$1" -w 5 -S 2>/dev/null | tr -d '"' | grep -E -- "^-A .* --comment sampan-$2 " || true)
  printf '%s\n' "$jumps" | while read -r _ rule; do
    # shellcheck disable=SC2086 # A rule, word by word.
    [ -z "$rule" ] || "$1" -w 5 -D $rule || true
  done
  # The chains last: one that is jumped to cannot go.
  for chain in $(printf '%s\n' "$jumps" | awk '{ print $NF }' | grep '^SAMPAN-' | sort -u); do
    "$1" -w 5 -F "$chain" && "$1" -w 5 -X "$chain" || true
  done
}

# Everything that the daemon wrote, and its settings. The user stays: files of it elsewhere must not become somebody else's.
remove_data() { rm -rf "$ROOT$DATA" "$ROOT$RUNTIME" "$ROOT/etc/sampan"; }
