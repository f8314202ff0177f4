#!/usr/bin/env bash
# What our seccomp profile allows and the Moby project's does not ("+"), and the other way round ("-"), without regard to arguments. To be looked
# at when a new version of theirs comes out: scripts/seccomp-diff.sh [VERSION]. Needs `npm run build` and Go, for its module client.
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

need_go
folder=$(cd / && go mod download -json "github.com/moby/profiles/seccomp@${1:-v0.3.0}" | node -p 'JSON.parse(require("fs").readFileSync(0)).Dir')
# shellcheck disable=SC2016 # It is JavaScript.
node --input-type=module -e '
  const [theirFile, ourModule] = process.argv.slice(1)
  const { readFileSync } = await import("node:fs")
  const { seccompProfile } = await import(ourModule)
  const isCapability = ({ includes }) => (includes?.caps ?? []).length > 0
  const allowed = ({ syscalls }) =>
    new Set(syscalls.filter((rule) => rule.action === "SCMP_ACT_ALLOW" && !isCapability(rule)).flatMap(({ names }) => names))
  const theirs = allowed(JSON.parse(readFileSync(theirFile, "utf8")))
  const ours = allowed(JSON.parse(seccompProfile()))
  const only = (some, others) => [...some].filter((name) => !others.has(name)).sort()
  for (const name of only(ours, theirs)) console.log(`+ ${name}`)
  for (const name of only(theirs, ours)) console.log(`- ${name}`)
' "$folder/default.json" "$ROOT/dist/src/provider/docker/host/seccomp-profile.js"
