#!/usr/bin/env bash
# Kills, power losses, storms, everyone back at once, hours of use with restarts: one line of result each.
# docs/reliability.md says what each shows and what came out last. What to change, with what it is otherwise:
#   MADANG_KILL_CYCLES=200   MADANG_POWER_CYCLES=100   MADANG_STORM_SECONDS=600   MADANG_STORM_SEED=$RANDOM
#   MADANG_CODEMIRROR_CASES=1000000   MADANG_CODEMIRROR_SEED=$RANDOM   MADANG_DOCUMENT_SEEDS=10000   MADANG_DOCUMENT_SEED=$RANDOM
#   MADANG_RECONNECT=10000   MADANG_SOAK_SECONDS=3600   MADANG_SOAK_RESTART=300
# Names of parts as arguments run those alone: kill power storm changes documents reconnect soak.
. "$(dirname "$0")/lib.sh"

log=$(mktemp -d)
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(kill power storm changes documents reconnect soak)

# one PART COMMAND…: keeps what it says, and shows the lines of it that are results.
one() {
  local part=$1 started=$SECONDS
  shift
  if "$@" >"$log/$part" 2>&1; then
    steps_passed=$((steps_passed + 1))
    printf '%-10s passed in %s s: %s\n' "$part" "$((SECONDS - started))" "$(result "$part")"
  else
    steps_failed+=("$part")
    printf '%-10s FAILED after %s s, see %s\n' "$part" "$((SECONDS - started))" "$log/$part"
    tail -n 20 "$log/$part"
  fi
}

result() {
  case $1 in
    kill) grep -E '^cycle ' "$log/kill" | tail -n 1 ;;
    power) grep -E '^(cycle|skipped)' "$log/power" | tail -n 1 ;;
    storm) grep -E '^storm: ' "$log/storm" | tail -n 1 ;;
    changes) grep -E '^codemirror: ' "$log/changes" | tail -n 1 ;;
    documents) grep -E '^documents: ' "$log/documents" | tail -n 1 ;;
    reconnect | soak) grep -E '^\| ' "$log/$1" | grep -v '^| what' | sed -E 's/^\| ([^|]*) \| ([^|]*) \|.*/\1: \2/' | paste -sd ';' ;;
  esac
}

# it PACKAGE TEST [OPTION…]
it() { cargo test --quiet --package "$1" "${@:3}" --test it -- --nocapture --exact "$2"; }
bench() { target/release/madang-bench "$@"; }

kill_cycles() {
  MADANG_KILL_CYCLES=${MADANG_KILL_CYCLES:-200} it madang-store kill::rs5_a_kill_at_any_moment_loses_nothing_acked
}
power_losses() {
  MADANG_POWER_CYCLES=${MADANG_POWER_CYCLES:-100} cargo test --quiet --package madang-store --test it -- --nocapture power::
}
storm() {
  MADANG_STORM_SECONDS=${MADANG_STORM_SECONDS:-600} MADANG_STORM_SEED=${MADANG_STORM_SEED:-$RANDOM} \
    it madang-server storm::dc1_rs1_rs2_rs5_cm2_after_a_storm_everyone_has_the_same_log
}
# Both in a release build: they compute, and nothing else.
changes() {
  scripts/setup.sh --test
  MADANG_CODEMIRROR_CASES=${MADANG_CODEMIRROR_CASES:-1000000} MADANG_CODEMIRROR_SEED=${MADANG_CODEMIRROR_SEED:-$RANDOM} \
    it madang-session codemirror::do2_changes_are_codemirrors --release
}
documents() {
  MADANG_DOCUMENT_SEEDS=${MADANG_DOCUMENT_SEEDS:-10000} MADANG_DOCUMENT_SEED=${MADANG_DOCUMENT_SEED:-$RANDOM} \
    it madang-session clients::do9_all_mirrors_are_equal_and_nothing_typed_is_lost --release
}

# The servers of the last two parts are the optimised program.
case " ${parts[*]} " in
  *" reconnect "* | *" soak "*)
    [ -x target/release/madang ] || scripts/build.sh
    cargo build --quiet --release --package madang-bench
    ;;
esac

for part in "${parts[@]}"; do
  case $part in
    kill) one kill kill_cycles ;;
    power) one power power_losses ;;
    storm) one storm storm ;;
    changes) one changes changes ;;
    documents) one documents documents ;;
    reconnect) one reconnect bench reconnect --connections "${MADANG_RECONNECT:-10000}" ;;
    soak) one soak bench soak --seconds "${MADANG_SOAK_SECONDS:-3600}" --restart-every "${MADANG_SOAK_RESTART:-300}" ;;
    *) die "there is no part $part: kill power storm changes documents reconnect soak" ;;
  esac
done
finish
