#!/bin/sh
# Checks the stand-in of the Claude Messages API with the official SDKs, pinned: every scenario through both of them
# against golden files, then the Python SDK's own tests, then those tests again against a deliberately broken copy,
# which must fail. Ends with "N passed, N failed". Needs cargo, node 20 or newer with npm, python3 with venv.
#
# Usage: run.sh [--write]     --write makes the golden files anew; read the difference before committing it.
#
# SIM_UPSTREAM names a built binary; without it cargo builds one.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${CARGO_TARGET_DIR:-$root/target}/sdk-check
version=2.12.0
sdist_sha256=571e6d250bcd6bbaf5fd5f3c764b8e11af9901ad2e44b025f8e773c6cc7a7173
tests=110
write=${1:-}
passed=0
failed=0
pids=

mkdir -p "$cache"
# Settings of this machine must not change a result, and a proxy can't reach this machine's loopback.
for name in $(env | sed -n 's/^\(ANTHROPIC_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
NO_PROXY="127.0.0.1${NO_PROXY:+,$NO_PROXY}"
no_proxy=$NO_PROXY
export NO_PROXY no_proxy

stop_all() {
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
}
trap stop_all EXIT
trap 'exit 1' INT TERM

# Counts what a step printed in its last line as "N passed, N failed".
count() {
  line=$(printf '%s\n' "$1" | tail -n 1)
  case $line in
    *' passed, '*' failed')
      passed=$((passed + ${line%% passed*}))
      line=${line#* passed, }
      failed=$((failed + ${line%% failed*}))
      ;;
    *) failed=$((failed + 1)) ;;
  esac
}

# Starts a stand-in with these options; its address is left in $url.
start() {
  out=$cache/listening.$$
  : >"$out"
  "$sim" --listen 127.0.0.1:0 --rate 0 --ttft 0 "$@" >"$out" &
  pid=$!
  pids="$pids $pid"
  tries=0
  while ! grep -q listening "$out"; do
    kill -0 "$pid" 2>/dev/null || { echo "sim-upstream did not start" >&2; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || { echo "sim-upstream is not ready after 10 s" >&2; exit 1; }
    sleep 0.1
  done
  url=$(sed 's/.* on //' "$out")
  rm -f "$out"
}

# Whether a folder was made from exactly this file, and marks it as made.
made_from() { [ -f "$1/.made-from" ] && cmp -s "$1/.made-from" "$2"; }
mark_made() { cp "$2" "$1/.made-from"; }

if [ -n "${SIM_UPSTREAM:-}" ]; then
  sim=$SIM_UPSTREAM
else
  (cd "$root" && cargo build -q -p madang-testkit --bin sim-upstream)
  sim=${CARGO_TARGET_DIR:-$root/target}/debug/sim-upstream
fi

if ! made_from "$here/node/node_modules" "$here/node/package-lock.json"; then
  echo "== installing the Node SDK"
  (cd "$here/node" && npm ci --no-audit --no-fund --loglevel=error)
  mark_made "$here/node/node_modules" "$here/node/package-lock.json"
fi
venv=$cache/venv
if ! made_from "$venv" "$here/python/requirements.txt"; then
  echo "== installing the Python SDK"
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check --no-deps -r "$here/python/requirements.txt"
  mark_made "$venv" "$here/python/requirements.txt"
fi
sdk_tests=$cache/anthropic-$version
if [ ! -d "$sdk_tests/tests" ]; then
  echo "== fetching the Python SDK's own tests"
  "$venv/bin/pip" download -q --disable-pip-version-check --no-deps --no-binary :all: -d "$cache" "anthropic==$version"
  echo "$sdist_sha256  $cache/anthropic-$version.tar.gz" | sha256sum -c --quiet
  tar -xzf "$cache/anthropic-$version.tar.gz" -C "$cache"
fi

start
echo "== Node: @anthropic-ai/sdk drives every scenario"
result=$(cd "$here/node" && node drive.mjs "$url" $write) || true
printf '%s\n' "$result"
count "$result"

echo "== Python: anthropic drives every scenario"
result=$(cd "$here/python" && PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" drive.py "$url" $write) || true
printf '%s\n' "$result"
count "$result"

# Runs the SDK's own tests of messages and models; leaves the summary line in $summary.
own_tests() {
  summary=$(cd "$sdk_tests" && TEST_API_BASE_URL="$url" "$venv/bin/python" -m pytest -q -n0 -p no:cacheprovider \
    tests/api_resources/test_messages.py tests/api_resources/test_models.py 2>&1 | tail -n 1) || true
}

echo "== the Python SDK's own tests"
own_tests
echo "$summary"
case $summary in
  "$tests passed in "*) passed=$((passed + tests)) ;;
  *) failed=$((failed + 1)) && echo "FAILED not all of the $tests tests passed" ;;
esac

echo "== the same tests against a broken stand-in, which must fail"
start --broken usage-string
own_tests
echo "$summary"
case $summary in
  *[0-9]' failed, '*' passed in '*) passed=$((passed + 1)) ;;
  *) failed=$((failed + 1)) && echo "FAILED the broken stand-in was not found out" ;;
esac

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
