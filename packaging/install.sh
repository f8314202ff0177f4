#!/bin/sh
# Installs the release that this file lies in as a service, below /opt/sampan, or takes it away again. Needs systemd and glibc, and neither a network nor
# Node. It looks at everything first, and changes nothing when something is missing. Run it again as often as you like.
#
#   install.sh                       install, or upgrade to this release. One that does not answer is taken back, and the one before serves
#   install.sh --no-start            put everything into place, and start nothing
#   install.sh --root FOLDER         into another system's root folder, without starting it
#   install.sh --uninstall           take it away. Data, settings and running functions stay
#   install.sh --uninstall --purge   take these away too
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
ROOT=
UNINSTALL='' PURGE='' START=1
HEALTHY_WITHIN_S=${SAMPAN_INSTALL_WAIT:-30}

main() {
  read_words "$@"
  # shellcheck source=packaging/host.sh
  . "$here/packaging/host.sh"
  OPT=$ROOT/opt/sampan
  UNIT=$ROOT/etc/systemd/system/sampan.service
  LINK=$ROOT/usr/local/bin/sampan
  umask 022
  if [ -n "$UNINSTALL" ]; then uninstall; else install_release; fi
}

read_words() {
  while [ $# -gt 0 ]; do
    case $1 in
      --uninstall) UNINSTALL=1 ;;
      --purge) PURGE=1 ;;
      --no-start) START='' ;;
      --root)
        [ $# -gt 1 ] && [ -d "$2" ] || stop '--root needs a folder that is there'
        ROOT=$(cd "$2" && pwd -P) && ROOT=${ROOT%/}
        shift
        ;;
      -h | --help) sed -n '2,/^set/{/^set/d; s/^# \{0,1\}//; p;}' "$0" && exit 0 ;;
      *) stop "install.sh does not know $1: --uninstall, --purge, --no-start and --root are known" ;;
    esac
    shift
  done
  [ -z "$PURGE" ] || [ -n "$UNINSTALL" ] || stop '--purge goes with --uninstall'
  [ -z "$ROOT" ] || START=''
}

stop() {
  echo "install.sh: $*" >&2
  exit 1
}

# ---- What must be so -------------------------------------------------------------------------------------------

# All of it is said at once, a line each.
check_host() {
  PROBLEMS=
  [ "$(id -u)" -eq 0 ] || problem 'root must run this: sudo ./install.sh'
  (cd "$here" && sha256sum --quiet --strict -c SHA256SUMS) >/dev/null 2>&1 ||
    problem "the files in $here are not those of the release: unpack the archive again (sha256sum -c SHA256SUMS says which)"
  check_machine
  check_systemd
  if [ "$(dpkg-query --admindir="$ROOT/var/lib/dpkg" -W -f '${db:Status-Status}' sampan 2>/dev/null)" = installed ]; then
    problem 'the Debian package sampan is installed: upgrade that one (apt install ./sampan_*.deb), or remove it first (apt remove sampan)'
  fi
  grep -q '^root:' "$ROOT/etc/passwd" 2>/dev/null || problem "there is no /etc/passwd with root in ${ROOT:-/}: this is no system's root folder"
  older=$(refuse_older "$(cat "$here/dist/registry-version")" "$OPT/current/dist/registry-version" 2>&1) || problem "$older"
  [ -z "$PROBLEMS" ] || exit 1
}

problem() {
  echo "install.sh: $*" >&2
  PROBLEMS=1
}

check_machine() {
  arch=$(cat "$here/dist/architecture")
  machine=$(uname -m)
  case $arch:$machine in
    amd64:x86_64 | arm64:aarch64) ;;
    *) problem "this archive is for $arch, and the machine is $machine: take the other archive" && return 0 ;;
  esac
  if [ "$(getconf LONG_BIT 2>/dev/null)" = 32 ]; then
    problem "the machine is $machine, but its programs are those of a 32-bit system: install the 64-bit one (of Raspberry Pi OS, too, there are both)"
    return 0
  fi
  libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || libc=
  case $libc in
    'glibc '*) ;;
    *) problem 'this system has no glibc (Alpine has musl, for example), which Node and SQLite need: Debian 12, Ubuntu 22.04 or newer have it' && return 0 ;;
  esac
  version=${libc#glibc }
  # 2.34: what the binding of SQLite was linked with.
  if [ "${version%%.*}" -lt 2 ] || { [ "${version%%.*}" -eq 2 ] && [ "$(minor "$version")" -lt 34 ]; }; then
    problem "glibc $version is too old, 2.34 is needed: Debian 12, Ubuntu 22.04 or newer have it"
    return 0
  fi
  # The last word has the program itself; of another system's root it says nothing.
  [ -n "$ROOT" ] || why=$("$here/bin/node" --version 2>&1) || problem "the Node of this archive does not run here: $why"
}

minor() { echo "${1#*.}" | sed 's/[^0-9].*//'; }

check_systemd() {
  if [ -n "$ROOT" ]; then
    [ -e "$ROOT/usr/lib/systemd/systemd" ] || [ -e "$ROOT/lib/systemd/systemd" ] || problem "there is no systemd in $ROOT, which runs the service"
  else
    [ -d /run/systemd/system ] || problem 'systemd does not run here, and it is what runs the service. docs/operations.md says how to run the daemon otherwise'
  fi
}

# ---- Install ---------------------------------------------------------------------------------------------------

install_release() {
  check_host
  release=$(sed -n 's/^ *"version": "\(.*\)",$/\1/p' "$here/package.json")-$(cut -c 1-12 "$here/dist/commit")
  before=$(readlink "$OPT/current" 2>/dev/null || true)
  if is_in_place && { [ -z "$START" ] || is_serving "$OPT/releases/$release"; }; then
    echo "Sampan $release is installed already"
    return 0
  fi
  make_user
  put_release
  put_settings
  switch_to "releases/$release"
  [ -n "$START" ] || { echo "Sampan $release is in place, and was not started" && return 0; }
  systemctl daemon-reload
  systemctl enable --quiet sampan
  systemctl restart sampan || true
  wait_healthy "$OPT/releases/$release" || go_back
  remove_old
  say_where
}

is_in_place() {
  [ "$before" = "releases/$release" ] && cmp -s "$here/SHA256SUMS" "$OPT/current/SHA256SUMS" && [ -f "$UNIT" ] && unit_text "$here" | cmp -s - "$UNIT"
}

# Under another name until it is whole.
put_release() {
  mkdir -p "$OPT/releases"
  target=$OPT/releases/$release
  [ "$here" != "$target" ] || return 0
  ! cmp -s "$here/SHA256SUMS" "$target/SHA256SUMS" || return 0
  rm -rf "$target.new" "$target.old"
  cp -R "$here" "$target.new"
  chown -R 0:0 "$target.new"
  # The same release with other files: built anew. What runs goes on with the files that it has open.
  [ ! -e "$target" ] || mv "$target" "$target.old"
  mv "$target.new" "$target"
  rm -rf "$target.old"
}

put_settings() {
  mkdir -p "$ROOT/etc/sampan" "${UNIT%/*}" "${LINK%/*}"
  [ -e "$ROOT/etc/sampan/sampan.env" ] || install -m 0640 "$here/systemd/sampan.env" "$ROOT/etc/sampan/sampan.env"
}

# unit_text RELEASE: the unit of the package, with our places in it.
unit_text() {
  sed -e 's,/usr/lib/sampan/dist/watchdog,/opt/sampan/watchdog,' -e 's,/usr/share/doc/sampan/,/opt/sampan/current/,' \
    -e 's,/usr/lib/sampan,/opt/sampan/current,g' "$1/systemd/sampan.service"
}

# switch_to releases/ID: unit, watchdogs and link of one release, each whole or not at all. Containers have the watchdogs by a path without a version, so
# that they start again when their release is gone; those that run keep the file that they have.
switch_to() {
  unit_text "$OPT/$1" >"$UNIT.new"
  mv "$UNIT.new" "$UNIT"
  mkdir -p "$OPT/watchdog"
  for file in "$OPT/$1"/dist/watchdog/fwatchdog-*; do
    name=${file##*/}
    cmp -s "$file" "$OPT/watchdog/$name" || { cp "$file" "$OPT/watchdog/.$name.new" && mv "$OPT/watchdog/.$name.new" "$OPT/watchdog/$name"; }
  done
  ln -sfn "$1" "$OPT/current.new"
  mv -T "$OPT/current.new" "$OPT/current"
  ln -sfn /opt/sampan/current/bin/sampan "$LINK"
}

# Answering is enough: 503 says that Docker is away, which is not the release's fault.
wait_healthy() {
  end=$(($(date +%s) + HEALTHY_WITHIN_S))
  until is_serving "$1"; do
    if [ "$(date +%s)" -ge "$end" ] || [ "$(systemctl show -p ActiveState --value sampan)" = failed ]; then return 1; fi
    sleep 1
  done
}

# Whether the service runs this release, and it answers.
is_serving() {
  pid=$(systemctl show -p MainPID --value sampan 2>/dev/null) || return 1
  [ "${pid:-0}" -gt 0 ] && [ "$(readlink "/proc/$pid/exe")" = "$1/bin/node" ] || return 1
  listen=$(sed -n 's/^SAMPAN_LISTEN=//p' "$ROOT/etc/sampan/sampan.env" | tail -n 1 | tr -d "\"'")
  port=${listen##*:} host=${listen%:*}
  case $host in '' | 0.0.0.0 | '[::]') host=127.0.0.1 ;; esac
  "$1/bin/node" -e 'fetch(process.argv[1], { signal: AbortSignal.timeout(5_000) }).then(
    ({ status }) => process.exit(status === 200 || status === 503 ? 0 : 1), () => process.exit(1))' "http://$host:${port:-8080}/healthz"
}

go_back() {
  {
    echo "install.sh: Sampan $release does not answer within $HEALTHY_WITHIN_S s. Its last words:"
    journalctl -u sampan -n 20 --no-pager -o cat || true
  } >&2
  if [ -n "$before" ] && [ -d "$OPT/$before" ] && [ "$before" != "releases/$release" ]; then
    switch_to "$before"
    systemctl daemon-reload
    systemctl restart sampan || true
    if wait_healthy "$OPT/$before"; then
      stop "went back to ${before#releases/}, which serves"
    fi
    stop "went back to ${before#releases/}, which does not answer either: journalctl -u sampan"
  fi
  systemctl disable --now --quiet sampan || true
  rm -f "$UNIT" "$LINK"
  rm -rf "$OPT"
  systemctl daemon-reload
  stop 'nothing was installed before, so the service was taken away again. Data and settings stay: mend what the last words say, and run this again'
}

# This release and the one before.
remove_old() {
  for folder in "$OPT"/releases/*; do
    case releases/${folder##*/} in
      "releases/$release" | "$before") ;;
      *) rm -rf "$folder" ;;
    esac
  done
}

say_where() {
  echo "Sampan $release serves at http://${host}:${port:-8080}"
  echo "The password of admin: sudo cat $DATA/basic-auth-password"
  echo 'Something does not work? sudo sampan doctor, and journalctl -u sampan'
}

# ---- Uninstall -------------------------------------------------------------------------------------------------

uninstall() {
  [ "$(id -u)" -eq 0 ] || stop 'root must run this: sudo ./install.sh --uninstall'
  if [ -z "$ROOT" ] && [ -d /run/systemd/system ] && [ -f "$UNIT" ]; then systemctl disable --now --quiet sampan || true; fi
  rm -f "$UNIT" "$LINK"
  [ -n "$ROOT" ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload
  if [ -n "$PURGE" ]; then
    [ -n "$ROOT" ] || forget_containers
    remove_data
  fi
  rm -rf "$OPT"
  if [ -n "$PURGE" ]; then echo 'Sampan is gone, with its data, its settings and its functions. The user sampan stays'
  else echo "Sampan is gone. Its data ($DATA), its settings (/etc/sampan) and the functions that run stay: --uninstall --purge takes them too"; fi
}

# In one line, which the shell has read whole: --uninstall removes this very file.
{ main "$@"; exit; }
