#!/bin/sh
# The command `sampan`, and with `serve` the daemon, on the Node that lies beside this file. It may be called by a link, and with an empty PATH.
here=$(command -p readlink -f "$0") || exit 1
here=${here%/*}
exec "$here/node" "$here/../dist/src/cli/main.js" "$@"
