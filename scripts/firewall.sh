#!/usr/bin/env bash
# Sets the firewall rules that keep functions from this host, once, for a daemon that may not do so itself. To be run as root, again after each
# start of the host and after each new namespace. Takes the daemon's settings (docs/config.md) from the environment or, when that does not name
# SAMPAN_INSTANCE, from /etc/sampan/sampan.env.
#
#   scripts/firewall.sh          set the rules of SAMPAN_INSTANCE
#   scripts/firewall.sh --down   take them away
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
trap explain_exit EXIT

[ "$(id -u)" -eq 0 ] || fail 'only root may change the rules of this host: sudo scripts/firewall.sh'
if [ -z "${SAMPAN_INSTANCE:-}" ] && [ -f /etc/sampan/sampan.env ]; then
  set -a
  # shellcheck source=/dev/null
  . /etc/sampan/sampan.env
  set +a
fi

case "${1:-}" in
  '')
    need_node
    [ -f "$ROOT/dist/src/provider/docker/host/firewall-command.js" ] || fail 'Sampan is not built: npm ci && npm run build'
    node "$ROOT/dist/src/provider/docker/host/firewall-command.js"
    ;;
  --down) remove_firewall "${SAMPAN_INSTANCE:-default}" ;;
  *) fail "unknown argument: $1. Usage: firewall.sh [--down]" ;;
esac
