# Shared by the scripts here: sourced, never run.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*"; }
die() {
  printf '%s\n' "$*" >&2
  exit 1
}

steps_passed=0
steps_failed=()

# step NAME COMMAND…: runs it, says how long it took, and goes on after a failure so that one run shows them all.
step() {
  local name=$1 started=$SECONDS
  shift
  say "" "== $name"
  if "$@"; then
    steps_passed=$((steps_passed + 1))
    say "== $name: passed in $((SECONDS - started)) s"
  else
    steps_failed+=("$name")
    say "== $name: FAILED after $((SECONDS - started)) s"
  fi
}

# finish: names what failed, prints the closing line, and fails if any step did.
finish() {
  local name
  say ""
  for name in ${steps_failed[@]+"${steps_failed[@]}"}; do say "failed: $name"; done
  say "$steps_passed passed, ${#steps_failed[@]} failed"
  [ ${#steps_failed[@]} -eq 0 ]
}
