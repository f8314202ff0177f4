# Runs the handler for one call: the watchdog starts this for each.
set -euo pipefail

method=$Http_Method path=$Http_Path query=${Http_Query:-}

# header NAME: the value of a header of the call, or nothing.
header() {
  local words word name=
  IFS=- read -ra words <<<"${1,,}"
  for word in "${words[@]}"; do name+=_${word^}; done
  name=Http$name
  printf '%s' "${!name:-}"
}

# answer STATUS ['Name: value'…]: the head of the answer, before any output.
answer() {
  local status=$1 line headers=
  shift
  for line; do headers+="${headers:+,}$(quoted "${line%%:*}"):$(quoted "${line#*: }")"; done
  printf '{"status":%d,"headers":{%s}}\n' "$status" "$headers" >&"$FWATCHDOG_CTRL_FD"
}

# quoted TEXT: as JSON has it.
quoted() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

cd /home/app/function
# shellcheck source=/dev/null
. ./handler.sh
handle
